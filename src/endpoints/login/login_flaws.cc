#include "endpoints/login/login_flaws.h"

#include "endpoints/session_cookie.h"
#include "login/password_hash.h"
#include "login/user_name.h"

namespace sessiond {
namespace {

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

}  // namespace

std::optional<LoginOutcome> LoginFlaws::of(const Request& request, const LoginAttempt& wanted) const {
  if (wanted.format == LoginFormat::kForm) {
    const CsrfVerdict verdict = csrf_.check(request, wanted.csrf);
    // Over plain http no browser keeps a cookie that is Secure.
    if (verdict == CsrfVerdict::kNoCookie && !isHttps(request) && isSecureFor(request, cookie_.secure))
      lost_cookie_.warn(request);
    if (verdict != CsrfVerdict::kGenuine) return outcomeOf(verdict);
  }
  // Said, because a wrong password would be a lie; and it tells nothing about any user.
  if (wanted.user.size() > kMaxUserNameBytes || wanted.password.reveal().size() > kMaxPasswordBytes)
    return LoginOutcome::kTooLong;
  return std::nullopt;
}

}  // namespace sessiond
