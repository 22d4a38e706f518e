#include "endpoints/login/login.h"

#include <optional>
#include <utility>

#include "base/encoding.h"
#include "base/log.h"
#include "endpoints/cross_site.h"
#include "endpoints/login/address_prefix.h"
#include "endpoints/login/failures_note.h"
#include "endpoints/login/program_name.h"
#include "endpoints/login_mark.h"
#include "endpoints/media_type.h"
#include "endpoints/pages/page_endpoint.h"
#include "endpoints/pages/start_here.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "endpoints/visitor.h"
#include "http/cookie_header.h"
#include "http/form.h"
#include "http/safe_redirect.h"
#include "json/json_text.h"
#include "login/password_hash.h"
#include "login/user_name.h"
#include "session/configured_cookie.h"
#include "session/user_id.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxEndFormBytes = 16 * 1024;

/// A larger page is left to those who may wait for whoever reads it.
constexpr std::size_t kMostWrittenOnLane = 12 * 1024;

/// A key of the pages' texts.
constexpr std::string_view kTooManyCookies = "too_many_cookies";

/// From so many wrong passwords on they are told after the login.
constexpr std::uint64_t kFailuresToTell = 3;

/// REQUIRES: not kGenuine.
LoginOutcome outcomeOf(CsrfVerdict verdict) {
  switch (verdict) {
    case CsrfVerdict::kNoCookie:
      return LoginOutcome::kNoCookie;
    case CsrfVerdict::kExpired:
      return LoginOutcome::kExpiredPage;
    case CsrfVerdict::kFromFuture:
      return LoginOutcome::kClock;
    case CsrfVerdict::kGenuine:
    case CsrfVerdict::kBadToken:
      break;
  }
  return LoginOutcome::kBadToken;
}

/// Was there a session behind the browser's cookie, that is there no longer?
bool hasEnded(CheckStatus session) {
  return session == CheckStatus::kUnknown || session == CheckStatus::kExpired || session == CheckStatus::kRevoked ||
         session == CheckStatus::kCorrupt;
}

LoginOutcome outcomeOf(LoginAttemptError error) {
  switch (error) {
    case LoginAttemptError::kUnsupportedType:
      return LoginOutcome::kUnsupportedType;
    case LoginAttemptError::kTooLarge:
      return LoginOutcome::kTooLarge;
    case LoginAttemptError::kMalformed:
      return LoginOutcome::kMalformed;
  }
  return LoginOutcome::kMalformed;
}

std::string programOf(const Request& request) {
  const ProgramName name = programNameOf(request.paramOrEmpty("HTTP_USER_AGENT"));
  if (name.family.empty() && name.system.empty()) return "";
  return std::string(name.family).append("/").append(name.system);
}

/// Can it be the form that SessionCap offers? A form with a password alone is left to whoever wipes it.
bool mayBeEndForm(const Request& request) {
  return isForm(request) && request.body.size() <= kMaxEndFormBytes &&
         request.body.find("ticket=") != std::string_view::npos;
}

}  // namespace

LoginEndpoint::LoginEndpoint(const LoginParts& parts)
    : parts_(parts), user_at_(JsonPointer::of(parts.settings.session.user_at)), counters_(parts.metrics) {}

Response LoginEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "POST") return logIn(request);
  if (method != "GET" && method != "HEAD") {
    if (!wantsPage(request)) return methodNotAllowed("GET, HEAD, POST");
    return allowing(startHere(parts_.pages, request, 405, "wrong_method", StartHere::kLogin), "GET, HEAD, POST");
  }
  Response page = greet(request);
  if (method == "HEAD") page.body.clear();
  return page;
}

Response LoginEndpoint::greet(const Request& request) const {
  const LoginQuery query = readLoginQuery(request, parts_.settings.login.url);
  std::optional<Visitor> visitor;
  CheckStatus session = CheckStatus::kMissing;
  if (!query.switches) {
    Expected<Visitor, CheckStatus> found = findVisitor(parts_.finder, request, user_at_);
    session = found ? CheckStatus::kValid : found.error();
    if (found) visitor = *std::move(found);
  }
  if (visitor && !query.stale) return showLoggedIn(request, visitor->name, query);
  const std::string_view greeting = greetingFor(request, query, session);
  PageValues values;
  values.message(greeting == "not_kept" || greeting == kTooManyCookies ? "error" : "info", greeting);
  // A password again, not the name.
  Response page = showForm(request, 200, query.rd, visitor ? visitor->login : "", std::move(values));
  if (hasLoginMark(request, secure(request))) page.add("Set-Cookie", noLoginMark(secure(request)));
  return page;
}

/// What there is to say above an empty form; a key of the pages' texts, or nothing.
std::string_view LoginEndpoint::greetingFor(const Request& request, const LoginQuery& query,
                                            CheckStatus session) const {
  if (query.lost) return "lost";
  // The address alone can be anybody's invention.
  if (query.stale && session == CheckStatus::kValid) return "stale";
  // The next login would be as lost among them as the one before.
  if (wasCut(session)) return kTooManyCookies;
  if (hasEnded(session)) return "logged_out_here";
  if (!hasLoginMark(request, secure(request)) ||
      !findCookies(request.params, parts_.settings.cookie.name).values.empty())
    return "";
  warnOfLostCookie(request);
  return "not_kept";
}

void LoginEndpoint::warnOfLostCookie(const Request& request) const {
  if (!lost_cookie_log_.pass(parts_.clock.steadyNow())) return;
  logWarn(
      "login: a browser did not keep a cookie that it was given a moment ago; does cookie.domain fit this site, and is "
      "cookie.secure not `always` over plain http?",
      {{"host", request.paramOrEmpty("SESSIOND_HOST")}, {"scheme", request.paramOrEmpty("SESSIOND_SCHEME")}});
}

Response LoginEndpoint::showLoggedIn(const Request& request, const std::string& name, const LoginQuery& query) const {
  PageValues values;
  values.text("name", name).text("continue", target(query.rd)).text("switch_url", address(query.rd, "switch=1"));
  // What another site has the browser send comes without a cookie that is Lax, and this question comes with it.
  if (query.lost) values.message("info", "lost_here");
  const std::optional<FailureNote> failures = failuresIn(request, secure(request));
  if (failures) {
    values.message("info", "failures_before").text("n", std::to_string(failures->failures));
    values.time("time", failures->last);
  }
  Response page = parts_.pages.show(PageName::kLoggedIn, 200, std::move(values), request);
  if (hasLoginMark(request, secure(request))) page.add("Set-Cookie", noLoginMark(secure(request)));
  if (failures) page.add("Set-Cookie", dropFailures(secure(request)));
  return page;
}

Response LoginEndpoint::logIn(const Request& request) const {
  const LoginQuery query = readLoginQuery(request, parts_.settings.login.url);
  if (isCrossSite(request, parts_.settings.login.allowed_origins))
    return refuse(request, {LoginOutcome::kCrossSite}, "", query.rd);
  if (std::optional<Response> made = answerEndForm(request)) return *std::move(made);
  const Expected<LoginAttempt, LoginAttemptError> wanted = read(request, query.rd);
  if (!wanted) return refuse(request, {outcomeOf(wanted.error())}, "", query.rd);
  const Expected<Started, Refused> started = attempt(request, *wanted);
  if (!started) return refuse(request, started.error(), wanted->user, wanted->rd);
  endPrevious(request);
  counters_.count(LoginOutcome::kSuccess);
  return welcome(request, *wanted, *started);
}

/// With `rd` as where to go afterwards when the body does not say.
Expected<LoginAttempt, LoginAttemptError> LoginEndpoint::read(const Request& request, std::string_view rd) const {
  Expected<LoginAttempt, LoginAttemptError> attempt = readLoginAttempt(request, nameCaseOf(parts_.settings.login));
  if (attempt && attempt->rd.empty()) attempt->rd = rd;
  return attempt;
}

Route LoginEndpoint::triage(Exchange& exchange) const {
  const Request& request = exchange.request;
  // A worker's, with all others that are refused for what they are.
  if (isCrossSite(request, parts_.settings.login.allowed_origins) || mayBeEndForm(request)) return Route::kPassword;
  const Expected<LoginAttempt, LoginAttemptError> wanted =
      read(request, readLoginQuery(request, parts_.settings.login.url).rd);
  if (!wanted) return Route::kPassword;
  const std::optional<std::string> device = parts_.entrance.deviceOf(request, wanted->user);
  if (!device) return Route::kPassword;  // a worker looks at all cookies
  if (wanted->format == LoginFormat::kForm && parts_.csrf.hasMany(request)) return Route::kPassword;  // the same
  // Who is refused for that would not ask the store, and is not to be the one who is let through for it; nor to take a
  // place that is kept for a password that is looked at.
  if (flawOf(request, *wanted)) return Route::kPassword;
  const std::optional<Refused> refused = parts_.entrance.refusedLately(request, wanted->user, *device);
  if (!refused) return device->empty() ? Route::kPassword : Route::kReturning;
  exchange.response = refuseForNow(request, *refused, wanted->rd);
  if (exchange.response.body.size() > kMostWrittenOnLane) return Route::kPassword;
  note(request, *refused, wanted->user);
  return Route::kAnswered;
}

/// The answer to a form of the page that SessionCap offers; absent: it is another form.
std::optional<Response> LoginEndpoint::answerEndForm(const Request& request) const {
  if (!mayBeEndForm(request)) return std::nullopt;
  const std::optional<FormFields> fields = parseForm(request.body);
  if (!fields || !formField(*fields, "ticket")) return std::nullopt;
  const std::string rd = readLoginQuery(request, parts_.settings.login.url).rd;
  PageValues values;
  switch (parts_.cap.endOne(request, *fields)) {
    case SessionCap::Answer::kEnded:
      return showForm(request, 200, rd, "", std::move(values.message("good", "session_ended")));
    case SessionCap::Answer::kGone:
      return showForm(request, 404, rd, "", std::move(values.message("error", "session_gone")));
    case SessionCap::Answer::kExpired:
      return showForm(request, 403, rd, "", std::move(values.message("error", "expired")));
    case SessionCap::Answer::kUnavailable:
      break;
  }
  return answerRefusal(request, LoginOutcome::kUnavailable, "", rd);
}

/// Why it is refused whoever they are that try; absent: their password is to be looked at.
std::optional<LoginOutcome> LoginEndpoint::flawOf(const Request& request, const LoginAttempt& wanted) const {
  if (wanted.format == LoginFormat::kForm) {
    const CsrfVerdict verdict = parts_.csrf.check(request, wanted.csrf);
    // Over plain http no browser keeps a cookie that is Secure.
    if (verdict == CsrfVerdict::kNoCookie && !isHttps(request) && isSecure(parts_.settings.cookie.secure, false))
      warnOfLostCookie(request);
    if (verdict != CsrfVerdict::kGenuine) return outcomeOf(verdict);
  }
  // Said, because a wrong password would be a lie; and it tells nothing about any user.
  if (wanted.user.size() > kMaxUserNameBytes || wanted.password.reveal().size() > kMaxPasswordBytes)
    return LoginOutcome::kTooLong;
  return std::nullopt;
}

Expected<LoginEndpoint::Started, LoginEndpoint::Refused> LoginEndpoint::attempt(const Request& request,
                                                                                const LoginAttempt& wanted) const {
  if (const std::optional<LoginOutcome> flaw = flawOf(request, wanted)) return Unexpected(Refused{*flaw});
  Expected<PasswordEntrance::Admitted, Refused> admitted =
      parts_.entrance.admit(request, wanted.user, wanted.password.reveal());
  if (!admitted) return Unexpected(admitted.error());
  Expected<Started, Refused> started = startSession(request, admitted->user, wanted.user);
  if (!started) {
    parts_.entrance.undecided(*admitted);
    return started;
  }
  parts_.audit.loggedIn(request, started->session.id, wanted.user, started->user_id);
  started->receipt = parts_.entrance.succeeded(request, *admitted);
  return started;
}

Expected<LoginEndpoint::Started, LoginEndpoint::Refused> LoginEndpoint::startSession(const Request& request, User user,
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
  return Started{.session = *std::move(session), .user = std::move(user), .user_id = std::move(user_id), .receipt = {}};
}

LoginEndpoint::Refused LoginEndpoint::unstarted(const NoStart& why, std::string_view name) const {
  if (why.store_failed) return {LoginOutcome::kUnavailable};
  if (const auto count = unstarted_log_.count(parts_.clock.steadyNow())) {
    logError("login: the session of a user would be refused by every check; the login is refused",
             {{"user", pseudonym(parts_.log_key, name)},
              {"why", why.identity.empty() ? wordsOf(why.damage, parts_.settings.session.max_bytes).meaning
                                           : "no value that can be sent as it stands: " + why.identity},
              {"count", *count}});
  }
  return {LoginOutcome::kDamagedEntry};
}

void LoginEndpoint::endPrevious(const Request& request) const {
  const std::vector<SessionId> ids = verifiedSessions(request, parts_.settings.cookie.name, parts_.signer);
  if (!ids.empty()) parts_.end(ids, "new_login");
}

Response LoginEndpoint::welcome(const Request& request, const LoginAttempt& wanted, const Started& started) const {
  const std::string redirect = target(wanted.rd);
  const bool form = wanted.format == LoginFormat::kForm;
  Response response(form ? 303 : 200);
  response.add("Cache-Control", "no-store");
  response.add("Set-Cookie", started.session.set_cookie);
  if (form) response.add("Set-Cookie", loginMark(secure(request)));
  response.add("Set-Cookie", started.receipt.set_cookie);
  const FailureNote& before = started.receipt.failures;
  const bool tell = before.failures >= kFailuresToTell;
  if (form) {
    // The page that says who is logged in says it, and leads on.
    if (tell) response.add("Set-Cookie", leaveFailures(before, secure(request)));
    response.add("Location", tell ? address(wanted.rd, "") : redirect);
    return response;
  }
  response.add("Content-Type", "application/json");
  response.body = "{\"user\":" + started.user.json + ",\"redirect\":";
  appendJsonString(response.body, redirect);
  if (tell) {
    response.body += ",\"failed_attempts\":{\"count\":" + std::to_string(before.failures) +
                     ",\"last\":" + std::to_string(before.last.time_since_epoch().count()) + "}";
  }
  response.body += "}\n";
  return response;
}

Response LoginEndpoint::refuse(const Request& request, const Refused& refused, std::string_view user,
                               std::string_view rd) const {
  note(request, refused, user);
  if (refused.outcome == LoginOutcome::kTooManySessions && !isJson(request))
    return parts_.cap.offer(request, refused.user_id, user, address(rd, ""));
  if (refused.outcome == LoginOutcome::kThrottled) return refuseForNow(request, refused, rd);
  return answerRefusal(request, refused.outcome, user, rd);
}

void LoginEndpoint::note(const Request& request, const Refused& refused, std::string_view user) const {
  counters_.count(refused.outcome);
  parts_.audit.refused(request, refused.outcome, refused.limit, user);
}

Response LoginEndpoint::turnAway(const Request& request) const {
  if (request.paramOrEmpty("REQUEST_METHOD") == "POST") note(request, {LoginOutcome::kUnavailable}, "");
  return answerRefusal(request, LoginOutcome::kUnavailable, "", readLoginQuery(request, parts_.settings.login.url).rd);
}

Response LoginEndpoint::answerRefusal(const Request& request, LoginOutcome outcome, std::string_view user,
                                      std::string_view rd) const {
  const LoginRefusal refusal = refusalOf(outcome);
  PageValues values;
  // What was not looked at may well have come.
  const bool unseen = outcome == LoginOutcome::kNoCookie && findCookies(request.params, "").too_large;
  values.message("error", unseen ? kTooManyCookies : refusal.message).flag("wrong", refusal.status == 401);
  values.text("n", kRetryAfter);
  values.text("max_user", std::to_string(kMaxUserNameBytes)).text("max_password", std::to_string(kMaxPasswordBytes));
  Response response = isJson(request) ? jsonError(refusal.status, refusal.error)
                                      : showForm(request, refusal.status, std::string(rd), user, std::move(values));
  if (refusal.status == 503) response.add("Retry-After", kRetryAfter);
  return response;
}

Response LoginEndpoint::refuseForNow(const Request& request, const Refused& refused, std::string_view rd) const {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(refused.wait);
  if (!isJson(request)) return tooManyTries(parts_.pages, request, wait, address(rd, ""));
  const LoginRefusal refusal = refusalOf(refused.outcome);
  Response response = jsonError(refusal.status, refusal.error);
  response.add("Retry-After", std::to_string(wait.count()));
  return response;
}

Response LoginEndpoint::showForm(const Request& request, int status, std::string rd, std::string_view user,
                                 PageValues values) const {
  const CsrfGuard::Ticket ticket = parts_.csrf.issue(request);
  if (!isSafeRedirect(rd, parts_.settings.login.allowed_origins)) rd.clear();
  // In the address, so that it stays there when the form comes back with an error, and the page can be loaded anew.
  values.text("csrf", ticket.token).text("rd", rd).text("action", address(rd, ""));
  values.text("user", isValidUserName(user) ? user : "");
  Response page = parts_.pages.show(PageName::kLogin, status, std::move(values), request);
  if (ticket.set_cookie) page.add("Set-Cookie", *ticket.set_cookie);
  return page;
}

/// The login's own address with where to go afterwards, when that is allowed, and another parameter.
std::string LoginEndpoint::address(std::string_view rd, std::string_view more) const {
  std::string address = parts_.settings.login.url;
  const bool safe = isSafeRedirect(rd, parts_.settings.login.allowed_origins);
  if (!more.empty()) address.append("?").append(more);
  if (safe) address.append(more.empty() ? "?" : "&").append("rd=").append(percentEncode(rd));
  return address;
}

bool LoginEndpoint::secure(const Request& request) const {
  return isSecure(parts_.settings.cookie.secure, isHttps(request));
}

std::string LoginEndpoint::target(std::string_view rd) const {
  return safeRedirectOr(rd, parts_.settings.login.allowed_origins, parts_.settings.login.default_redirect);
}

}  // namespace sessiond
