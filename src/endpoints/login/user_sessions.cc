#include "endpoints/login/user_sessions.h"

#include <optional>
#include <utility>

#include "base/log.h"
#include "endpoints/login/address_prefix.h"
#include "endpoints/login/program_name.h"
#include "endpoints/own_cookies.h"
#include "endpoints/session_cookie.h"
#include "session/user_id.h"

namespace sessiond {
namespace {

std::string programOf(const Request& request) {
  const ProgramName name = programNameOf(request.paramOrEmpty("HTTP_USER_AGENT"));
  if (name.family.empty() && name.system.empty()) return "";
  return std::string(name.family).append("/").append(name.system);
}

}  // namespace

Expected<UserSession, UserSessions::Refused> UserSessions::start(const Request& request, User user,
                                                                 std::string_view name) const {
  std::string user_id = userIdIn(user.json, parts_.settings.session);
  if (user_id.empty()) {
    if (const auto count = nobodys_log_.count(parts_.clock.steadyNow())) {
      logError("login: a user has no id at session.user_id_at, so nobody could find and end their sessions; refused",
               {{"user", pseudonym(parts_.log_key, name)}, {"count", *count}});
    }
    return Unexpected(Refused{LoginOutcome::kDamagedEntry});
  }
  Expected<StartedSession, NoStart> session =
      parts_.starter.start(user.json,
                           {.address = addressPrefix(request.paramOrEmpty("SESSIOND_ADDR")),
                            .auth = user.auth,
                            .program = programOf(request),
                            .login = name},
                           isHttps(request));
  if (!session) return Unexpected(unstarted(session.error(), name));
  const auto admitted = parts_.cap.admit({.user_id = user_id, .id = session->id, .life = session->life},
                                         verifiedSessions(request, parts_.settings.cookie.name, parts_.signer));
  if (!admitted) {
    parts_.starter.withdraw(*session);
    return Unexpected(Refused{.outcome = admitted.error(), .user_id = std::move(user_id)});
  }
  return UserSession{.session = *std::move(session), .user = std::move(user), .user_id = std::move(user_id)};
}

UserSessions::Refused UserSessions::unstarted(const NoStart& why, std::string_view name) const {
  if (why.store_failed) return {LoginOutcome::kUnavailable};
  LogSummary& log = why.identity.empty() ? damaged_log_ : nameless_log_;
  if (const auto count = log.count(parts_.clock.steadyNow())) {
    logError("login: the session of a user would be refused by every check; the login is refused",
             {{"user", pseudonym(parts_.log_key, name)},
              {"why", why.identity.empty() ? wordsOf(why.damage, parts_.settings.session.max_bytes).meaning
                                           : "no value that can be sent as it stands: " + why.identity},
              {"count", *count}});
  }
  return {LoginOutcome::kDamagedEntry};
}

std::vector<CookieAttributes> UserSessions::endPrevious(const Request& request) const {
  const std::vector<SessionId> ids = verifiedSessions(request, parts_.settings.cookie.name, parts_.signer);
  if (ids.empty()) return {};
  std::vector<CookieAttributes> cookies = storedCookies(parts_.finder, ids);
  parts_.end(ids, "new_login");
  return cookies;
}

}  // namespace sessiond
