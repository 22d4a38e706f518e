// LoginAnswers: what a POST to the login is answered, as a page or as JSON, whichever was sent.

#pragma once

#include <string>
#include <string_view>

#include "endpoints/login/login_attempt.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/login/login_pages.h"
#include "endpoints/login/password_entrance.h"
#include "endpoints/login/session_cap.h"
#include "endpoints/login/user_sessions.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/response.h"

namespace sessiond {

/// Immutable and thread-safe. What it works with outlives it.
class LoginAnswers {
 public:
  using Refused = PasswordEntrance::Refused;
  struct Parts {
    const SiteSettings& settings;
    const PageBook& pages;
    const LoginPages& login_pages;
    const SessionCap& cap;
  };
  explicit LoginAnswers(const Parts& parts) : parts_(parts) {}

  /// To who is logged in now.
  Response welcome(const Request& request, const LoginAttempt& attempt, const UserSession& session,
                   const PasswordEntrance::Receipt& receipt) const;
  /// To who is not. Never waits, but for kTooManySessions: its page lists them.
  Response refuse(const Request& request, const Refused& refused, std::string_view user, std::string_view rd) const;

 private:
  Response refuseForNow(const Request& request, const Refused& refused, std::string_view rd) const;
  Response refuseForGood(const Request& request, LoginOutcome outcome, std::string_view user,
                         std::string_view rd) const;

  const Parts parts_;
};

}  // namespace sessiond
