#include "endpoints/login/login.h"

#include <utility>

#include "base/log.h"
#include "endpoints/cross_site.h"
#include "endpoints/login/address_prefix.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "http/safe_redirect.h"
#include "json/json_text.h"
#include "login/user_name.h"
#include "session/new_session.h"

namespace sessiond {
namespace {

LoginOutcome outcomeOf(AuthenticationFailure failure) {
  switch (failure) {
    case AuthenticationFailure::kUnknownUser:
      return LoginOutcome::kUnknownUser;
    case AuthenticationFailure::kWrongPassword:
      return LoginOutcome::kWrongPassword;
    case AuthenticationFailure::kLocked:
      return LoginOutcome::kLocked;
    case AuthenticationFailure::kDamaged:
      return LoginOutcome::kDamagedEntry;
    case AuthenticationFailure::kUnavailable:
      return LoginOutcome::kUnavailable;
  }
  return LoginOutcome::kUnavailable;
}

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

}  // namespace

LoginEndpoint::LoginEndpoint(const LoginParts& parts) : parts_(parts), counters_(parts.metrics) {}

Response LoginEndpoint::answer(const Request& request) const {
  const std::string_view method = request.paramOrEmpty("REQUEST_METHOD");
  if (method == "POST") return logIn(request);
  if (method != "GET" && method != "HEAD") return methodNotAllowed("GET, HEAD, POST");
  const std::string rd = redirectInQuery(request);
  Response page = showPage(request, 200, {.csrf = {}, .rd = rd, .user = {}, .error = {}});
  if (method == "HEAD") page.body.clear();
  return page;
}

Response LoginEndpoint::logIn(const Request& request) const {
  if (isCrossSite(request, parts_.settings.login.allowed_origins))
    return refuse(request, LoginOutcome::kCrossSite, "", redirectInQuery(request));
  const Expected<LoginAttempt, LoginAttemptError> read = readLoginAttempt(request, NameCase::kMatters);
  if (!read) return refuse(request, outcomeOf(read.error()), "", redirectInQuery(request));
  const LoginAttempt& wanted = *read;
  const Expected<Started, LoginOutcome> started = attempt(request, wanted);
  if (!started) return refuse(request, started.error(), wanted.user, wanted.rd);
  endPrevious(request);
  counters_.count(LoginOutcome::kSuccess);
  return welcome(wanted, *started);
}

Expected<LoginEndpoint::Started, LoginOutcome> LoginEndpoint::attempt(const Request& request,
                                                                      const LoginAttempt& wanted) const {
  if (wanted.format == LoginFormat::kForm) {
    const CsrfVerdict verdict = parts_.csrf.check(request, wanted.csrf);
    if (verdict != CsrfVerdict::kGenuine) return Unexpected(outcomeOf(verdict));
  }
  // Whatever limits how often one may try belongs here: behind the checks that cost nothing, before the hash.
  Expected<User, AuthenticationFailure> user =
      parts_.authenticator.authenticate({.name = wanted.user, .password = wanted.password.reveal()});
  if (!user) return Unexpected(outcomeOf(user.error()));
  const std::string user_id = user->id;
  Expected<Started, LoginOutcome> started = startSession(request, *std::move(user));
  if (started) {
    audit("login", {{"session", pseudonym(parts_.log_key, started->id.bytes())},
                    {"user", pseudonym(parts_.log_key, wanted.user)},
                    {"user_id", pseudonym(parts_.log_key, user_id)},
                    {"address", pseudonym(parts_.log_key, request.paramOrEmpty("SESSIOND_ADDR"))}});
  }
  return started;
}

Expected<LoginEndpoint::Started, LoginOutcome> LoginEndpoint::startSession(const Request& request, User user) const {
  const WallTime now = parts_.clock.wallNow();
  const SessionId id = SessionId::generate();
  SetCookie cookie = configuredCookie(parts_.settings.cookie, isHttps(request));
  if (parts_.settings.cookie.max_age) cookie.expires = now + *parts_.settings.cookie.max_age;
  const std::string json =
      composeSession(rememberedCookie(cookie, parts_.settings.cookie), user.json, now,
                     addressPrefix(request.paramOrEmpty("SESSIOND_ADDR")), parts_.settings.session.user_at);
  const std::chrono::seconds lifetime = newSessionLifetime(parts_.settings);
  if (!parts_.index.add(user.id, id, now, lifetime)) return Unexpected(LoginOutcome::kUnavailable);
  if (!parts_.store.create(id, json, lifetime)) return Unexpected(LoginOutcome::kUnavailable);
  cookie.value = parts_.signer.sign(id);
  return Started{.id = id, .user = std::move(user), .set_cookie = render(cookie)};
}

void LoginEndpoint::endPrevious(const Request& request) const {
  const std::vector<SessionId> ids = verifiedSessions(request, parts_.settings.cookie.name, parts_.signer);
  if (parts_.ender.end(ids, "new_login")) return;
  for (const SessionId& id : ids)
    logWarn("login: the browser's previous session could not be ended; it lives on until it times out",
            {{"session", pseudonym(parts_.log_key, id.bytes())}});
}

Response LoginEndpoint::welcome(const LoginAttempt& wanted, const Started& started) const {
  const std::string redirect = target(wanted.rd);
  Response response(wanted.format == LoginFormat::kForm ? 303 : 200);
  response.add("Cache-Control", "no-store");
  response.add("Set-Cookie", started.set_cookie);
  if (wanted.format == LoginFormat::kForm) {
    response.add("Location", redirect);
    return response;
  }
  response.add("Content-Type", "application/json");
  response.body = "{\"user\":" + started.user.json + ",\"redirect\":";
  appendJsonString(response.body, redirect);
  response.body += "}\n";
  return response;
}

Response LoginEndpoint::refuse(const Request& request, LoginOutcome outcome, std::string_view user,
                               std::string_view rd) const {
  counters_.count(outcome);
  audit("login_refused", {{"reason", nameOf(outcome)},
                          {"user", user.empty() ? "" : pseudonym(parts_.log_key, user)},
                          {"address", pseudonym(parts_.log_key, request.paramOrEmpty("SESSIOND_ADDR"))}});
  const LoginRefusal refusal = refusalOf(outcome);
  Response response = isJson(request) ? jsonError(refusal.status, refusal.error)
                                      : showPage(request, refusal.status,
                                                 {.csrf = {}, .rd = rd, .user = user, .error = refusal.message});
  if (refusal.status == 503) response.add("Retry-After", kRetryAfter);
  return response;
}

Response LoginEndpoint::showPage(const Request& request, int status, LoginPage::Values values) const {
  const CsrfGuard::Ticket ticket = parts_.csrf.issue(request);
  values.csrf = ticket.token;
  if (!isSafeRedirect(values.rd, parts_.settings.login.allowed_origins)) values.rd = "";
  if (!isValidUserName(values.user)) values.user = "";
  Response page = parts_.page.show(status, values);
  if (ticket.set_cookie) page.add("Set-Cookie", *ticket.set_cookie);
  return page;
}

std::string LoginEndpoint::target(std::string_view rd) const {
  return safeRedirectOr(rd, parts_.settings.login.allowed_origins, parts_.settings.login.default_redirect);
}

}  // namespace sessiond
