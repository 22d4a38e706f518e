#include "endpoints/login/password_entrance.h"

#include <span>
#include <utility>

#include "endpoints/login/address_prefix.h"
#include "endpoints/session_cookie.h"
#include "http/cookie_header.h"
#include "http/set_cookie.h"

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
    case AuthenticationFailure::kNoVerdict:
      return LoginOutcome::kUnavailable;
  }
  return LoginOutcome::kUnavailable;
}

PasswordEntrance::Refused throttled(const LoginRefused& refused) {
  return {.outcome = LoginOutcome::kThrottled, .wait = refused.wait, .limit = nameOf(refused.kind)};
}

std::string deviceCookieName(const CookieSettings& settings, const Request& request) {
  return hostCookieName("sd_device", isSecureFor(request, settings.secure));
}

}  // namespace

std::optional<std::string> PasswordEntrance::deviceOf(const Request& request, std::string_view name) const {
  const CookieValues cookies = findCookies(request.params, deviceCookieName(parts_.settings.cookie, request));
  if (auto device = parts_.devices.deviceOf(name, cookies.values)) return device;
  if (cookies.too_many || cookies.too_large) return std::nullopt;
  return "";
}

Expected<PasswordEntrance::Admitted, PasswordEntrance::Refused> PasswordEntrance::admit(
    const Request& request, std::string_view name, std::string_view password) const {
  // All of them: others can set cookies of this name where it is not `__Host-`, and must not hide the genuine one.
  std::optional<std::string> device =
      parts_.devices.deviceOf(name, findAllCookies(request.params, deviceCookieName(parts_.settings.cookie, request)));
  Expected<LoginGate::Pass, Refused> pass = enterGate(request, name, device ? *device : std::string_view());
  if (!pass) return Unexpected(pass.error());
  Expected<User, AuthenticationFailure> user = parts_.authenticator.authenticate(
      {.name = name, .password = password, .address = request.paramOrEmpty("SESSIOND_ADDR")});
  if (user) {
    return Admitted{
        .name = std::string(name), .user = *std::move(user), .pass = *std::move(pass), .device = std::move(device)};
  }
  tellGate(*pass, user.error());
  return Unexpected(Refused{.outcome = outcomeOf(user.error())});
}

void PasswordEntrance::tellGate(const LoginGate::Pass& pass, AuthenticationFailure failure) const {
  switch (failure) {
    case AuthenticationFailure::kUnavailable:
      return parts_.gate.undecided(pass);
    case AuthenticationFailure::kNoVerdict:
      return;  // the try stays spent; that it was wrong nobody can tell the user
    case AuthenticationFailure::kUnknownUser:
    case AuthenticationFailure::kWrongPassword:
    case AuthenticationFailure::kLocked:
    case AuthenticationFailure::kDamaged:
      return parts_.gate.failed(pass);
  }
}

Expected<LoginGate::Pass, PasswordEntrance::Refused> PasswordEntrance::enterGate(const Request& request,
                                                                                 std::string_view name,
                                                                                 std::string_view device) const {
  const std::string place = addressPrefix(request.paramOrEmpty("SESSIOND_ADDR"));
  Expected<LoginGate::Pass, LoginRefused> pass = parts_.gate.enter({.user = name, .place = place, .device = device});
  if (pass) return *std::move(pass);
  if (pass.error().unavailable) return Unexpected(Refused{.outcome = LoginOutcome::kUnavailable});
  return Unexpected(throttled(pass.error()));
}

std::optional<PasswordEntrance::Refused> PasswordEntrance::refusedLately(const Request& request, std::string_view name,
                                                                         std::string_view device) const {
  const std::string place = addressPrefix(request.paramOrEmpty("SESSIOND_ADDR"));
  const std::optional<LoginRefused> refused =
      parts_.gate.refusedLately({.user = name, .place = place, .device = device});
  if (!refused) return std::nullopt;
  return throttled(*refused);
}

bool PasswordEntrance::isReturning(const Request& request, std::string_view name, std::string_view device) const {
  if (!device.empty()) return true;
  const std::string place = addressPrefix(request.paramOrEmpty("SESSIOND_ADDR"));
  return parts_.gate.knownLately({.user = name, .place = place, .device = ""});
}

PasswordEntrance::Receipt PasswordEntrance::succeeded(const Request& request, const Admitted& admitted) const {
  const CookieSettings& settings = parts_.settings.cookie;
  SetCookie cookie;
  cookie.name = deviceCookieName(settings, request);
  cookie.value = parts_.devices.issue(admitted.name, admitted.device ? *admitted.device : std::string_view());
  cookie.secure = isSecureFor(request, settings.secure);
  cookie.same_site = SameSite::kLax;
  cookie.expires = parts_.clock.wallNow() + DeviceCookies::kLifetime;
  return {.set_cookie = render(cookie), .failures = parts_.gate.succeeded(admitted.pass)};
}

}  // namespace sessiond
