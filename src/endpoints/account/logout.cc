#include "endpoints/account/logout.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "endpoints/account/done_note.h"
#include "endpoints/account/ending_answer.h"
#include "endpoints/account/logout_pages.h"
#include "endpoints/cross_site.h"
#include "endpoints/login_mark.h"
#include "endpoints/media_type.h"
#include "endpoints/own_cookies.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "http/form.h"
#include "http/safe_redirect.h"
#include "http/set_cookie.h"
#include "json/json_tree.h"
#include "session/configured_cookie.h"

namespace sessiond {
namespace {

Counter& counterOf(MetricsRegistry& metrics, const char* outcome) {
  return metrics.counter("sessiond_logouts_total", "Logouts, by how they ended.", {{"outcome", outcome}});
}

/// For programs: why a wish could not be read.
std::string_view wordOf(int status) {
  if (status == 413) return "too_large";
  return status == 415 ? "unsupported_type" : "malformed";
}

}  // namespace

LogoutEndpoint::LogoutEndpoint(const LogoutParts& parts)
    : parts_(parts),
      owner_(parts.settings.session),
      done_(counterOf(parts.metrics, "success")),
      refused_(counterOf(parts.metrics, "refused")),
      failed_(counterOf(parts.metrics, "unavailable")) {}

Response LogoutEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "POST") return logOut(request);
  if (method != "GET" && method != "HEAD") {
    if (!wantsPage(request)) return methodNotAllowed("GET, HEAD, POST");
    return allowing(parts_.pages.refuse(request, 405, "wrong_method"), "GET, HEAD, POST");
  }
  Response page = parts_.pages.ask(request);
  if (method == "HEAD") page.body.clear();
  return page;
}

Response LogoutEndpoint::turnAway(const Request& request) const {
  if (request.paramOrEmpty("REQUEST_METHOD") != "POST") return parts_.pages.askLater(request);
  const Expected<Wish, int> wish = readWish(request);
  return unavailable(request, wish ? *wish : Wish(), false);
}

/// The error is the status to answer.
Expected<LogoutEndpoint::Wish, int> LogoutEndpoint::readWish(const Request& request) const {
  if (request.body.size() > kMaxFormBytes) return Unexpected(413);
  if (!request.body.empty() && !isForm(request)) return Unexpected(415);
  Wish wish;
  const std::optional<FormFields> sent[] = {parseQuery(request.paramOrEmpty("QUERY_STRING")), parseForm(request.body)};
  for (const std::optional<FormFields>& fields : sent) {
    if (!fields || isRepeated(*fields, "all") || isRepeated(*fields, "rd")) return Unexpected(400);
    if (const auto all = formField(*fields, "all")) {
      if (all != "1" && all != "0") return Unexpected(400);
      wish.all = all == "1";
    }
    if (const auto rd = formField(*fields, "rd")) wish.rd = *rd;
  }
  return wish;
}

Response LogoutEndpoint::logOut(const Request& request) const {
  if (isCrossSite(request, parts_.settings.login.allowed_origins))
    return refuse(request, 403, "cross_site", "logout_cross_site");
  const Expected<Wish, int> wish = readWish(request);
  if (!wish) return refuse(request, wish.error(), wordOf(wish.error()), "unreadable");
  const auto ended = endSessions(request, wish->all);
  if (!ended) return unavailable(request, *wish, wish->all && ended.error() == StoreError::kTimeout);
  done_.add();
  const bool page = wantsPage(request);
  // A session that was gone already says nothing of whose it was: then this browser's is all that has ended.
  Response response = page                    ? endedForPage(ended->ending)
                      : ended->whose_is_known ? endedForProgram(ended->ending)
                                              : jsonError(401, "unauthenticated");
  // What the browser keeps of the private pages would otherwise be shown again when it goes back.
  response.add("Clear-Site-Data", "\"cache\"");
  if (page) leadOn(request, *wish, *ended, response);
  clearCookies(request, ended->sessions, response);
  const bool secure = isSecureFor(request, parts_.settings.cookie.secure);
  if (hasLoginMark(request, secure)) response.add("Set-Cookie", noLoginMark(secure));
  return response;
}

void LogoutEndpoint::leadOn(const Request& request, const Wish& wish, const Ended& ended, Response& response) const {
  const std::string& configured = parts_.settings.logout.redirect;
  const std::string target = safeRedirectOr(wish.rd, parts_.settings.login.allowed_origins, configured);
  response.add("Location", target.empty() ? PageBook::kLogoutUrl : target);
  if (!target.empty()) return;
  const Done done = wish.all && ended.whose_is_known ? Done::kEverywhere : Done::kHere;
  response.add("Set-Cookie", leaveDone(request, parts_.settings.cookie.secure, done));
}

Expected<LogoutEndpoint::Ended, StoreError> LogoutEndpoint::endSessions(const Request& request, bool all) const {
  const std::vector<SessionId> ids = verifiedSessions(request, parts_.settings.cookie.name, parts_.signer);
  Ended ended;
  if (all) {
    // The others first: while the browser's own session stands, a failed attempt can be made again.
    if (const auto others = endOthers(ids, ended); !others) return Unexpected(others.error());
  }
  auto own = parts_.ender.end(ids, all ? "logout_all" : "logout");
  if (!own) return Unexpected(own.error());
  ended.sessions = *std::move(own);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const EndedSession& session = ended.sessions[i];
    ended.ending.add(session.ending);
    if (!session.audited) continue;
    audit("logout", {{"session", pseudonym(parts_.log_key, ids[i].bytes())},
                     {"user_id", session.user_id.empty() ? "" : pseudonym(parts_.log_key, session.user_id)},
                     {"all", std::string_view(all ? "yes" : "no")}});
  }
  return ended;
}

/// A session that no check would let pass any more speaks for nobody, however genuine its cookie is; nor does one whose
/// user an application has taken out, though an id be left in it.
Expected<std::set<std::string>, StoreError> LogoutEndpoint::usersOf(const std::vector<SessionId>& ids) const {
  std::vector<SessionLoad> loads;
  loads.reserve(ids.size());
  for (const SessionId& id : ids) loads.push_back({.id = &id});
  const Expected<std::vector<bool>, StoreError> are_sessions = parts_.finder.areSessions(loads);
  if (!are_sessions) return Unexpected(are_sessions.error());
  std::set<std::string> users;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!(*are_sessions)[i]) continue;
    const auto tree = JsonTree::parse(*loads[i].result->json);
    if (!tree) continue;
    if (std::string user = owner_.of(tree->root()); !user.empty()) users.insert(std::move(user));
  }
  return users;
}

Expected<void, StoreError> LogoutEndpoint::endOthers(const std::vector<SessionId>& ids, Ended& ended) const {
  const auto users = usersOf(ids);
  if (!users) return Unexpected(users.error());
  ended.whose_is_known = false;
  for (const std::string& user : *users) {
    const auto others = parts_.ender.endAllOf(user, "logout_all", ids);
    if (!others) return Unexpected(others.error());
    ended.whose_is_known = true;
    ended.ending.add(*others);
  }
  return {};
}

void LogoutEndpoint::clearCookies(const Request& request, const std::vector<EndedSession>& ended,
                                  Response& response) const {
  const SetCookie configured = configuredCookie(parts_.settings.cookie, isHttps(request));
  response.add("Set-Cookie", render(expired(configured)));
  std::vector<CookieAttributes> cookies;
  for (const EndedSession& session : ended) {
    if (session.cookie) cookies.push_back(*session.cookie);
  }
  clearOwnCookies(configured, cookies, response);
}

/// `begun`: some of the user's other sessions may have ended.
Response LogoutEndpoint::unavailable(const Request& request, const Wish& wish, bool begun) const {
  failed_.add();
  Response response =
      wantsPage(request)
          ? parts_.pages.unavailable(request, begun ? "logout_unfinished" : "logout_unavailable", wish.all, wish.rd)
          : jsonError(503, begun ? "unfinished" : "unavailable");
  response.add("Retry-After", kRetryAfter);
  return response;
}

Response LogoutEndpoint::refuse(const Request& request, int status, std::string_view word,
                                std::string_view message) const {
  refused_.add();
  return wantsPage(request) ? parts_.pages.refuse(request, status, message) : jsonError(status, word);
}

}  // namespace sessiond
