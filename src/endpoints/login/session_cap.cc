#include "endpoints/login/session_cap.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "endpoints/account/sessions_page.h"

namespace sessiond {
namespace {

/// A damaged index stays damaged, and its user out, until somebody deletes it.
Unexpected<LoginOutcome> unavailable(StoreError error) {
  if (error == StoreError::kCorrupt) {
    logError(
        "login: the index of the user's sessions holds something else; delete that key, checks make it anew; until "
        "they have met all sessions of the user, sessionctl session revoke --user ID --scan ends them");
  }
  return Unexpected(LoginOutcome::kUnavailable);
}

}  // namespace

Expected<void, LoginOutcome> SessionCap::admit(const IndexedSession& session,
                                               std::span<const SessionId> leaving) const {
  const SessionLimit& limit = parts_.settings.session.per_user;
  if (limit.max == 0) {
    if (const auto added = parts_.index.add(session); !added) return unavailable(added.error());
    return {};
  }
  const auto dead = parts_.list.prune(session.user_id, limit.max);
  if (!dead) return unavailable(dead.error());
  // They take nobody's place, and would not come back to life with an old password.
  if (!parts_.ender.endListed(session.user_id, *dead, "limit")) return Unexpected(LoginOutcome::kUnavailable);
  const Expected<Admission, StoreError> admission = parts_.index.admit(session, limit, leaving);
  if (!admission) return unavailable(admission.error());
  if (!admission->admitted) return Unexpected(LoginOutcome::kTooManySessions);
  // What cannot be ended now stays listed, and is surplus to the next login.
  if (!parts_.ender.endListed(session.user_id, admission->surplus, "limit"))
    return Unexpected(LoginOutcome::kUnavailable);
  return {};
}

Response SessionCap::offer(const Request& request, const std::string& user_id, std::string_view name,
                           const std::string& action) const {
  const auto sessions = parts_.list.of(user_id, std::nullopt);
  const CsrfGuard::Ticket ticket = parts_.csrf.issue(request);
  PageValues values = sessions ? sessionsPage(*sessions, parts_.settings.session.touch_interval) : PageValues();
  values.message("error", "too_many_sessions").text("name", name).text("csrf", ticket.token).text("action", action);
  values.text("ticket", parts_.tickets.issue(user_id)).flag("others", false);
  Response page = parts_.pages.show(PageName::kSessions, 409, std::move(values), request);
  if (ticket.set_cookie) page.add("Set-Cookie", *ticket.set_cookie);
  return page;
}

SessionCap::Answer SessionCap::endOne(const Request& request, const FormFields& form) const {
  const Answer answer = endIfTheirs(request, form);
  switch (answer) {
    case Answer::kEnded:
      ends_.success.add();
      break;
    case Answer::kGone:
    case Answer::kExpired:
      ends_.refused.add();
      break;
    case Answer::kUnavailable:
      ends_.unavailable.add();
      break;
  }
  return answer;
}

SessionCap::Answer SessionCap::endIfTheirs(const Request& request, const FormFields& form) const {
  const std::optional<std::string> user_id = parts_.tickets.read(formField(form, "ticket").value_or(""));
  if (!user_id || parts_.csrf.check(request, formField(form, "csrf").value_or("")) != CsrfVerdict::kGenuine) {
    return Answer::kExpired;
  }
  const auto found = parts_.list.find(*user_id, formField(form, "end").value_or(""));
  if (!found) return Answer::kUnavailable;
  if (!*found) return Answer::kGone;
  return parts_.ender.end(std::span(&**found, 1), "list") ? Answer::kEnded : Answer::kUnavailable;
}

}  // namespace sessiond
