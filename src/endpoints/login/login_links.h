// Where a login leads: to its own page once more, and to what was wanted afterwards.

#pragma once

#include <string>
#include <string_view>

#include "login/login_settings.h"

namespace sessiond {

/// The login's own address with where to go afterwards, when that is allowed, and another parameter, unless `more` is
/// empty.
std::string loginLink(const LoginSettings& login, std::string_view rd, std::string_view more = "");
/// Where to go after a login: `rd`, when that is allowed, else the site's own choice.
std::string linkAfterLogin(const LoginSettings& login, std::string_view rd);

}  // namespace sessiond
