#include "endpoints/login/login_audit.h"

#include <cstddef>
#include <cstdint>

namespace sessiond {

void LoginAudit::loggedIn(const Request& request, const SessionId& session, std::string_view name,
                          std::string_view user_id) {
  audit("login", {{"session", pseudonym(log_key_, session.bytes())},
                  {"user", pseudonym(log_key_, name)},
                  {"user_id", pseudonym(log_key_, user_id)},
                  {"address", addressOf(request)}});
}

void LoginAudit::refused(const Request& request, LoginOutcome outcome, std::string_view limit, std::string_view name) {
  std::uint64_t count = 1;
  if (isCheap(outcome)) {
    const auto due = summaries_[static_cast<std::size_t>(outcome)].count(clock_.steadyNow());
    if (!due) return;
    count = *due;
  }
  audit("login_refused", {{"reason", nameOf(outcome)},
                          {"user", name.empty() ? "" : pseudonym(log_key_, name)},
                          {"address", addressOf(request)},
                          {"limit", limit},
                          {"count", count}});
}

std::string LoginAudit::addressOf(const Request& request) const {
  const std::string_view address = request.paramOrEmpty("SESSIOND_ADDR");
  return addresses_ == AuditAddresses::kFull ? std::string(address) : pseudonym(log_key_, address);
}

}  // namespace sessiond
