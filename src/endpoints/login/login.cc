#include "endpoints/login/login.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "endpoints/audit_address.h"
#include "endpoints/cross_site.h"
#include "endpoints/login/address_prefix.h"
#include "endpoints/plain_answers.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "http/safe_redirect.h"
#include "json/json_text.h"
#include "login/user_name.h"
#include "session/new_session.h"

namespace sessiond {
namespace {

/// From so many wrong passwords on they are told after the login.
constexpr std::uint64_t kFailuresToTell = 3;

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

std::string_view deviceCookieName(const SiteSettings& settings, const Request& request) {
  return isSecure(settings.cookie.secure, isHttps(request)) ? "__Host-sd_device" : "sd_device";
}

/// "Please wait 2 min, then try again."
std::string inWords(std::chrono::milliseconds wait) {
  return " Please wait " + std::to_string(std::chrono::ceil<std::chrono::minutes>(wait).count()) +
         " min, then try again.";
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
    return refuse(request, {LoginOutcome::kCrossSite}, "", redirectInQuery(request));
  const Expected<LoginAttempt, LoginAttemptError> read =
      readLoginAttempt(request, parts_.settings.login.case_insensitive ? NameCase::kIgnored : NameCase::kMatters);
  if (!read) return refuse(request, {outcomeOf(read.error())}, "", redirectInQuery(request));
  const LoginAttempt& wanted = *read;
  const Expected<Started, Refused> started = attempt(request, wanted);
  if (!started) return refuse(request, started.error(), wanted.user, wanted.rd);
  endPrevious(request);
  counters_.count(LoginOutcome::kSuccess);
  return welcome(wanted, *started);
}

Expected<LoginEndpoint::Started, LoginEndpoint::Refused> LoginEndpoint::attempt(const Request& request,
                                                                                const LoginAttempt& wanted) const {
  if (wanted.format == LoginFormat::kForm) {
    const CsrfVerdict verdict = parts_.csrf.check(request, wanted.csrf);
    if (verdict != CsrfVerdict::kGenuine) return Unexpected(Refused{outcomeOf(verdict)});
  }
  const std::optional<std::string> device = deviceOf(request, wanted.user);
  const Expected<LoginGate::Pass, Refused> pass = enterGate(request, wanted, device);
  if (!pass) return Unexpected(pass.error());
  Expected<User, LoginOutcome> user = authenticate(wanted, *pass);
  if (!user) return Unexpected(Refused{user.error()});
  const std::string user_id = user->id;
  Expected<Started, LoginOutcome> started = startSession(request, *std::move(user));
  if (!started) {
    parts_.gate.undecided(*pass);
    return Unexpected(Refused{started.error()});
  }
  started->failures = parts_.gate.succeeded(*pass);
  started->set_device_cookie = deviceCookie(request, wanted.user, device);
  audit("login", {{"session", pseudonym(parts_.log_key, started->id.bytes())},
                  {"user", pseudonym(parts_.log_key, wanted.user)},
                  {"user_id", pseudonym(parts_.log_key, user_id)},
                  {"address", auditAddress(parts_.audit_addresses, parts_.log_key, request)}});
  return *std::move(started);
}

Expected<LoginGate::Pass, LoginEndpoint::Refused> LoginEndpoint::enterGate(
    const Request& request, const LoginAttempt& wanted, const std::optional<std::string>& device) const {
  const std::string place = addressPrefix(request.paramOrEmpty("SESSIOND_ADDR"));
  Expected<LoginGate::Pass, LoginRefused> pass =
      parts_.gate.enter({.user = wanted.user, .place = place, .device = device ? *device : std::string_view()});
  if (pass) return *std::move(pass);
  if (pass.error().unavailable) return Unexpected(Refused{LoginOutcome::kUnavailable});
  return Unexpected(Refused{LoginOutcome::kThrottled, pass.error().wait, nameOf(pass.error().row)});
}

Expected<User, LoginOutcome> LoginEndpoint::authenticate(const LoginAttempt& wanted,
                                                         const LoginGate::Pass& pass) const {
  Expected<User, AuthenticationFailure> user =
      parts_.authenticator.authenticate({.name = wanted.user, .password = wanted.password.reveal()});
  if (user) return *std::move(user);
  if (user.error() == AuthenticationFailure::kUnavailable) {
    parts_.gate.undecided(pass);
  } else {
    parts_.gate.failed(pass);
  }
  return Unexpected(outcomeOf(user.error()));
}

std::optional<std::string> LoginEndpoint::deviceOf(const Request& request, std::string_view user) const {
  const CookieValues values = findCookies(request.params, deviceCookieName(parts_.settings, request));
  return parts_.devices.deviceOf(user, std::span(values.values).first(values.count));
}

std::string LoginEndpoint::deviceCookie(const Request& request, std::string_view user,
                                        const std::optional<std::string>& device) const {
  SetCookie cookie;
  cookie.name = deviceCookieName(parts_.settings, request);
  cookie.value = parts_.devices.issue(user, device ? *device : std::string_view());
  cookie.secure = isSecure(parts_.settings.cookie.secure, isHttps(request));
  cookie.same_site = SameSite::kLax;
  cookie.expires = parts_.clock.wallNow() + DeviceCookies::kLifetime;
  return render(cookie);
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
  for (const SessionId& id : verifiedSessions(request, parts_.settings.cookie.name, parts_.signer)) {
    if (!parts_.ender.end(id, "new_login"))
      logWarn("login: the browser's previous session could not be ended; it lives on until it times out",
              {{"session", pseudonym(parts_.log_key, id.bytes())}});
  }
}

Response LoginEndpoint::welcome(const LoginAttempt& wanted, const Started& started) const {
  const std::string redirect = target(wanted.rd);
  Response response(wanted.format == LoginFormat::kForm ? 303 : 200);
  response.add("Cache-Control", "no-store");
  response.add("Set-Cookie", started.set_cookie);
  response.add("Set-Cookie", started.set_device_cookie);
  if (wanted.format == LoginFormat::kForm) {
    response.add("Location", redirect);
    return response;
  }
  response.add("Content-Type", "application/json");
  response.body = "{\"user\":" + started.user.json + ",\"redirect\":";
  appendJsonString(response.body, redirect);
  if (started.failures.failures >= kFailuresToTell) {
    response.body += ",\"failed_attempts\":{\"count\":" + std::to_string(started.failures.failures) +
                     ",\"last\":" + std::to_string(started.failures.last.time_since_epoch().count()) + "}";
  }
  response.body += "}\n";
  return response;
}

Response LoginEndpoint::refuse(const Request& request, const Refused& refused, std::string_view user,
                               std::string_view rd) const {
  counters_.count(refused.outcome);
  logRefusal(request, refused, user);
  const LoginRefusal refusal = refusalOf(refused.outcome);
  const bool throttled = refused.outcome == LoginOutcome::kThrottled;
  const std::string message = std::string(refusal.message) + (throttled ? inWords(refused.wait) : "");
  Response response = isJson(request)
                          ? jsonError(refusal.status, refusal.error)
                          : showPage(request, refusal.status, {.csrf = {}, .rd = rd, .user = user, .error = message});
  if (refusal.status == 503) response.add("Retry-After", kRetryAfter);
  if (throttled)
    response.add("Retry-After", std::to_string(std::chrono::ceil<std::chrono::seconds>(refused.wait).count()));
  return response;
}

void LoginEndpoint::logRefusal(const Request& request, const Refused& refused, std::string_view user) const {
  std::uint64_t count = 1;
  if (isCheap(refused.outcome)) {
    const auto due = summaries_[static_cast<std::size_t>(refused.outcome)].count(parts_.clock.steadyNow());
    if (!due) return;
    count = *due;
  }
  audit("login_refused", {{"reason", nameOf(refused.outcome)},
                          {"user", user.empty() ? "" : pseudonym(parts_.log_key, user)},
                          {"address", auditAddress(parts_.audit_addresses, parts_.log_key, request)},
                          {"limit", refused.limit},
                          {"count", count}});
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
