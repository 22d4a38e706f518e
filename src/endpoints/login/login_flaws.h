// LoginFlaws: why a login is refused whoever they are that try, before anything is asked about them: a form of another
// page or of nobody's browser, a name or a password that is longer than any.

#pragma once

#include <optional>

#include "endpoints/csrf.h"
#include "endpoints/login/login_attempt.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/login/lost_cookie_warning.h"
#include "http/request.h"
#include "session/cookie_settings.h"

namespace sessiond {

/// Thread-safe; never waits. What it works with outlives it.
class LoginFlaws {
 public:
  LoginFlaws(const CookieSettings& cookie, const CsrfGuard& csrf, const LostCookieWarning& lost_cookie)
      : cookie_(cookie), csrf_(csrf), lost_cookie_(lost_cookie) {}

  /// Absent: their password is to be looked at.
  std::optional<LoginOutcome> of(const Request& request, const LoginAttempt& wanted) const;

 private:
  const CookieSettings& cookie_;
  const CsrfGuard& csrf_;
  const LostCookieWarning& lost_cookie_;
};

}  // namespace sessiond
