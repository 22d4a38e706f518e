// The session cookie with the attributes that the options of `cookie` give it.

#pragma once

#include "http/set_cookie.h"
#include "session/cookie_settings.h"

namespace sessiond {

/// Should a cookie be Secure: `auto` follows the scheme.
bool isSecure(SecureOption option, bool https);

/// Without value and expiry.
SetCookie configuredCookie(const CookieSettings& settings, bool https);

}  // namespace sessiond
