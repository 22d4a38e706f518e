// What a request says of its sessions: whether it came over https, what that means for cookies, and the sessions that
// its own cookies name.

#pragma once

#include <string>
#include <vector>

#include "http/request.h"
#include "session/cookie_settings.h"
#include "session/session_id.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// Did the browser speak https, by nginx's word (SESSIOND_SCHEME)?
bool isHttps(const Request& request);
/// Should a cookie of the answer be Secure?
bool isSecureFor(const Request& request, SecureOption option);

/// The ids of all session cookies of the request that a secret has signed, each once, in the order sent. However many
/// cookies others planted in front, none is left out: what ends sessions must not miss one.
std::vector<SessionId> verifiedSessions(const Request& request, const std::string& cookie_name,
                                        const CookieSigner& signer);

}  // namespace sessiond
