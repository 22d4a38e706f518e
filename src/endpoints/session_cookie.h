// The session cookie as login and logout handle it: its configured attributes, and the sessions a request brings.

#pragma once

#include <chrono>
#include <vector>

#include "base/clock.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/set_cookie.h"
#include "session/new_session.h"
#include "session/session_id.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// Did the browser speak https, by nginx's word (SESSIOND_SCHEME)?
bool isHttps(const Request& request);

/// Should a cookie be Secure: `auto` follows the scheme.
bool isSecure(SecureOption option, bool https);

/// The session cookie with the attributes of the configuration, without value and expiry.
SetCookie configuredCookie(const CookieSettings& settings, bool https);

/// What a new session remembers of its cookie; `cookie` is the one that is sent with it, its expiry set.
NewSessionCookie rememberedCookie(const SetCookie& cookie, const CookieSettings& settings);

/// How long a new session's key lives until it is touched: the cookie's max_age, else the idle timeout.
std::chrono::seconds newSessionLifetime(const SiteSettings& settings);

/// The ids of all session cookies of the request that a secret has signed, each once, in the order sent. However many
/// cookies others planted in front, none is left out: what ends sessions must not miss one.
std::vector<SessionId> verifiedSessions(const Request& request, const std::string& cookie_name,
                                        const CookieSigner& signer);

}  // namespace sessiond
