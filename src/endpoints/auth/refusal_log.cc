#include "endpoints/auth/refusal_log.h"

#include <string>
#include <utility>

#include "base/log.h"

namespace sessiond {

RefusalLog::~RefusalLog() {
  sumUp(*window_.lock());
}

bool RefusalLog::admit(CheckStatus status, SteadyTime now) {
  Window over;
  bool singly = false;
  {
    auto window = window_.lock();
    if (now >= window->end) {
      over = std::exchange(*window, Window{});
      window->end = now + kWindow;
    }
    singly = window->logged < kSinglyInAWindow;
    if (singly) {
      ++window->logged;
    } else {
      ++window->left_out;
      ++window->by_status[static_cast<std::size_t>(status)];
    }
  }
  sumUp(over);
  return singly;
}

void RefusalLog::write(const Refusal& refusal) const {
  const std::string session = refusal.session.empty() ? std::string() : pseudonym(log_key_, refusal.session);
  logInfo("auth: refused", {{"status", nameOf(refusal.status)},
                            {"policy", refusal.policy},
                            {"location_policy", refusal.location},
                            {"session", session}});
}

void RefusalLog::sumUp(const Window& window) {
  if (window.left_out == 0) return;
  std::string statuses;
  for (std::size_t i = 0; i < kCheckStatuses; ++i) {
    if (window.by_status[i] == 0) continue;
    if (!statuses.empty()) statuses += ' ';
    statuses.append(nameOf(static_cast<CheckStatus>(i))).append(":").append(std::to_string(window.by_status[i]));
  }
  logInfo("auth: refused, and not logged one by one", {{"checks", window.left_out}, {"statuses", statuses}});
}

}  // namespace sessiond
