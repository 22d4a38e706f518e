// LoginPage: the page with the login form: the built-in one, or the site's own file (login.page_file).
//
// A page of one's own is HTML with these places, each filled in escaped:
//   {{csrf}}    value of the hidden field `csrf`; needed
//   {{action}}  where the form is sent by POST: login.url, with where to go afterwards as its `rd`
//   {{rd}}      where to go afterwards, for a form that is sent to login.url without it: a hidden field `rd`
//   {{user}}    the name that was typed before
//   {{error}}   what went wrong; empty at first
// The form's other fields are `user` and `password`. Scripts do not run; style sheets, pictures and fonts may come from
// the same site.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "endpoints/pages/page_template.h"
#include "http/response.h"
#include "login/login_settings.h"

namespace sessiond {

/// Immutable and thread-safe.
class LoginPage {
 public:
  /// Reads and checks the page; every problem as "path: what is wrong".
  static Expected<LoginPage, std::vector<std::string>> load(const LoginSettings& config);

  struct Values {
    std::string_view csrf;
    std::string_view rd;
    std::string_view user;
    std::string_view error;
  };
  /// The page as a complete answer.
  Response show(int status, const Values& values) const;

 private:
  LoginPage(PageTemplate page, const LoginSettings& config);

  PageTemplate page_;
  std::string url_;
  std::string policy_;
};

}  // namespace sessiond
