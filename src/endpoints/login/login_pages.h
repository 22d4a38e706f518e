// LoginPages: what people see at the login's address: the form, or who is logged in already.

#pragma once

#include <string>
#include <string_view>

#include "endpoints/csrf.h"
#include "endpoints/login/login_query.h"
#include "endpoints/login/lost_cookie_warning.h"
#include "endpoints/pages/page_book.h"
#include "endpoints/site_settings.h"
#include "endpoints/visitor.h"
#include "http/request.h"
#include "http/response.h"
#include "session/check_status.h"
#include "session/session_finder.h"

namespace sessiond {

/// Thread-safe. What it works with outlives it.
class LoginPages {
 public:
  struct Parts {
    const SiteSettings& settings;
    const PageBook& pages;
    const SessionFinder& finder;
    const CsrfGuard& csrf;
    const LostCookieWarning& lost_cookie;
  };
  explicit LoginPages(const Parts& parts);

  /// To whoever asks for the address. Waits for the store.
  Response greet(const Request& request) const;
  /// The form, with what `values` say above it and `user` in its field. `rd` is not looked at yet. Never waits.
  Response form(const Request& request, int status, std::string rd, std::string_view user, PageValues values) const;

 private:
  std::string_view greetingFor(const Request& request, const LoginQuery& query, CheckStatus session) const;
  Response loggedIn(const Request& request, const std::string& name, const LoginQuery& query) const;

  const Parts parts_;
  const VisitorFinder visitors_;
};

/// A key of the pages' texts.
inline constexpr std::string_view kTooManyCookies = "too_many_cookies";

}  // namespace sessiond
