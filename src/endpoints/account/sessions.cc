#include "endpoints/account/sessions.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "endpoints/account/done_note.h"
#include "endpoints/account/ending_answer.h"
#include "endpoints/account/sessions_page.h"
#include "endpoints/cross_site.h"
#include "endpoints/media_type.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/pages/start_here.h"
#include "endpoints/plain_answers.h"
#include "http/form.h"

namespace sessiond {
namespace {

constexpr std::string_view kOthers = "others";

/// The last piece of /sessions/<handle>, or `others`; empty: neither.
std::string_view wantedEnd(const Request& request) {
  const std::optional<FormFields> fields = parseQuery(request.paramOrEmpty("QUERY_STRING"));
  std::string_view path = pathOf(request.paramOrEmpty("SESSIOND_URI"));
  if (path == PageBook::kSessionsUrl) return fields && formField(*fields, kOthers) == "1" ? kOthers : "";
  if (!path.starts_with(PageBook::kSessionsUrl)) return "";
  path.remove_prefix(PageBook::kSessionsUrl.size());
  if (!path.starts_with('/') || path.substr(1) == kOthers) return "";
  return path.substr(1);
}

Response unavailableForProgram(std::string_view word) {
  Response response = jsonError(503, word);
  response.add("Retry-After", kRetryAfter);
  return response;
}

Response nobodyForProgram(CheckStatus why) {
  if (why == CheckStatus::kUnavailable) return unavailableForProgram("unavailable");
  return jsonError(401, wasCut(why) ? nameOf(why) : "unauthenticated");
}

/// A key of the pages' texts, or nothing.
std::string_view endedText(std::optional<Done> done) {
  if (done == Done::kOne) return "session_ended";
  return done == Done::kOthers ? "others_ended" : "";
}

}  // namespace

SessionsEndpoint::SessionsEndpoint(const SessionsParts& parts)
    : parts_(parts), visitors_(parts.finder, parts.settings.session), ends_(parts.metrics) {}

Response SessionsEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "POST") return endByForm(request);
  if (method == "DELETE") return endByProgram(request);
  if (method != "GET" && method != "HEAD") {
    return allowing(refuse(request, 405, "wrong_method", "wrong_method"), "GET, HEAD, POST, DELETE");
  }
  Response response = show(request);
  if (method == "HEAD") response.body.clear();
  return response;
}

Response SessionsEndpoint::turnAway(const Request& request) const {
  return unavailable(request, false);
}

Response SessionsEndpoint::show(const Request& request) const {
  const Expected<Visitor, CheckStatus> visitor = visitors_.find(request);
  return visitor ? showList(request, *visitor, 200, "") : refuseNobody(request, visitor.error());
}

/// `error` is a key of the pages' texts, or nothing.
Response SessionsEndpoint::showList(const Request& request, const Visitor& visitor, int status,
                                    std::string_view error) const {
  const auto sessions = parts_.list.of(visitor.user_id, visitor.session);
  if (!sessions) return unavailable(request, false);
  if (!wantsPage(request)) {
    if (!error.empty()) return jsonError(status, status == 403 ? "csrf" : "unknown_session");
    return jsonAnswer(200, sessionsJson(*sessions, parts_.clock.wallNow()));
  }
  const CsrfGuard::Ticket ticket = parts_.csrf.issue(request);
  PageValues values = sessionsPage(*sessions, parts_.settings.session.touch_interval + std::chrono::minutes(1));
  values.text("name", visitor.name).text("csrf", ticket.token).text("action", PageBook::kSessionsUrl);
  const std::optional<Done> done = doneIn(request, parts_.settings.cookie.secure);
  // Somebody has logged in since.
  const bool contradicted = done == Done::kOthers && sessions->size() > 1;
  values.message("error", error).message("good", error.empty() && !contradicted ? endedText(done) : "");
  Response page = parts_.pages.show(PageName::kSessions, status, std::move(values), request);
  if (done) page.add("Set-Cookie", dropDone(request, parts_.settings.cookie.secure));
  if (ticket.set_cookie) page.add("Set-Cookie", *ticket.set_cookie);
  return page;
}

Response SessionsEndpoint::endByForm(const Request& request) const {
  if (isCrossSite(request, parts_.settings.login.allowed_origins))
    return refuse(request, 403, "cross_site", "sessions_cross_site");
  if (request.body.size() > kMaxFormBytes) return refuse(request, 413, "too_large", "unreadable");
  if (!isForm(request)) return refuse(request, 415, "unsupported_type", "unreadable");
  const std::optional<FormFields> fields = parseForm(request.body);
  const auto what = fields ? formField(*fields, "end") : std::nullopt;
  if (!what) return refuse(request, 400, "malformed", "unreadable");
  const Expected<Visitor, CheckStatus> visitor = visitors_.find(request);
  if (!visitor) return refuseNobody(request, visitor.error());
  const CsrfVerdict verdict = parts_.csrf.check(request, formField(*fields, "csrf").value_or(""));
  if (verdict != CsrfVerdict::kGenuine) {
    ends_.refused.add();
    return showList(request, *visitor, 403, verdict == CsrfVerdict::kNoCookie ? "no_cookie" : "sessions_expired");
  }
  const Expected<Ending, Refusal> ending = end(*visitor, *what);
  if (!ending) return refuseForm(request, *visitor, ending.error());
  Response response = endedForPage(*ending);
  response.add("Location", PageBook::kSessionsUrl);
  response.add("Set-Cookie",
               leaveDone(request, parts_.settings.cookie.secure, *what == kOthers ? Done::kOthers : Done::kOne));
  return response;
}

Response SessionsEndpoint::refuseForm(const Request& request, const Visitor& visitor, Refusal refusal) const {
  if (!wantsPage(request)) return refuseProgram(refusal);
  switch (refusal) {
    case Refusal::kUnavailable:
    case Refusal::kUnfinished:
      return unavailable(request, refusal == Refusal::kUnfinished);
    case Refusal::kStale:
      return toLogin(true);
    case Refusal::kOwn: {
      Response response(303);
      response.add("Location", PageBook::kLogoutUrl);
      return response;
    }
    case Refusal::kUnknown:
      break;
  }
  return showList(request, visitor, 404, "session_gone");
}

Response SessionsEndpoint::endByProgram(const Request& request) const {
  if (isCrossSite(request, parts_.settings.login.allowed_origins)) return jsonError(403, "cross_site");
  const std::string_view what = wantedEnd(request);
  if (what.empty()) return jsonError(400, "malformed");
  const Expected<Visitor, CheckStatus> visitor = visitors_.find(request);
  if (!visitor) return nobodyForProgram(visitor.error());
  const Expected<Ending, Refusal> ending = end(*visitor, what);
  return ending ? endedForProgram(*ending) : refuseProgram(ending.error());
}

Response SessionsEndpoint::refuseProgram(Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnavailable:
      return unavailableForProgram("unavailable");
    case Refusal::kUnfinished:
      return unavailableForProgram("unfinished");
    case Refusal::kStale:
      return jsonError(401, "stale");
    case Refusal::kOwn:
      return jsonError(409, "own_session");
    case Refusal::kUnknown:
      break;
  }
  return jsonError(404, "unknown_session");
}

Response SessionsEndpoint::refuseNobody(const Request& request, CheckStatus why) const {
  if (!wantsPage(request)) return nobodyForProgram(why);
  return why == CheckStatus::kUnavailable ? unavailable(request, false) : toLogin(false);
}

Expected<Ending, SessionsEndpoint::Refusal> SessionsEndpoint::end(const Visitor& visitor, std::string_view what) const {
  const auto failed = [this](Refusal refusal) {
    const bool away = refusal == Refusal::kUnavailable || refusal == Refusal::kUnfinished;
    (away ? ends_.unavailable : ends_.refused).add();
    return Unexpected(refusal);
  };
  if (!isFresh(visitor)) return failed(Refusal::kStale);
  if (what == kOthers) {
    if (visitor.user_id.empty()) return failed(Refusal::kUnknown);
    const auto ending = parts_.ender.endAllOf(visitor.user_id, "list", std::span(&visitor.session, 1));
    if (!ending) return failed(ending.error() == StoreError::kTimeout ? Refusal::kUnfinished : Refusal::kUnavailable);
    ends_.success.add();
    return *ending;
  }
  const auto found = parts_.list.find(visitor.user_id, what);
  if (!found) return failed(Refusal::kUnavailable);
  if (!*found) return failed(Refusal::kUnknown);
  if (**found == visitor.session) return failed(Refusal::kOwn);
  const auto ended_one = parts_.ender.end(std::span(&**found, 1), "list");
  if (!ended_one) return failed(Refusal::kUnavailable);
  ends_.success.add();
  return ended_one->front().ending;
}

bool SessionsEndpoint::isFresh(const Visitor& visitor) const {
  const std::chrono::seconds limit = parts_.settings.sessions.max_auth_age;
  if (limit.count() == 0 || parts_.settings.login.authenticators.empty()) return true;
  return visitor.authenticated && parts_.clock.wallNow() <= *visitor.authenticated + limit;
}

Response SessionsEndpoint::refuse(const Request& request, int status, std::string_view word,
                                  std::string_view message) const {
  ends_.refused.add();
  return wantsPage(request) ? startHere(parts_.pages, request, status, message, StartHere::kSessions)
                            : jsonError(status, word);
}

Response SessionsEndpoint::unavailable(const Request& request, bool unfinished) const {
  if (!wantsPage(request)) return unavailableForProgram(unfinished ? "unfinished" : "unavailable");
  return unavailablePage(parts_.pages, request, unfinished ? "logout_unfinished" : "sessions_unavailable");
}

/// And back to the list.
Response SessionsEndpoint::toLogin(bool stale) const {
  Response response(303);
  response.add("Cache-Control", "no-store");
  response.add("Location", parts_.settings.login.url + "?rd=" + percentEncode(PageBook::kSessionsUrl) +
                               (stale ? "&why=stale" : ""));
  return response;
}

}  // namespace sessiond
