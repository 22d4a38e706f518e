// Cookies of sessions that have ended, where they are not the configured cookie: an application may make sessions with
// another domain or path, and a browser removes or replaces only the cookie that matches both. One that stayed would
// still be sent beside the new session's, and Express looks at the first of several only.

#pragma once

#include <span>
#include <vector>

#include "http/response.h"
#include "http/set_cookie.h"
#include "session/cookie_attributes.h"
#include "session/session_finder.h"
#include "session/session_id.h"

namespace sessiond {

/// What stored sessions say of their cookies, whether a check would let them pass or not. What cannot be read says
/// nothing. Waits for the store.
std::vector<CookieAttributes> storedCookies(const SessionFinder& finder, std::span<const SessionId> ids);

/// Adds a line for each place that is not the configured cookie's, each once. `ended`: those sessions' own.
void clearOwnCookies(const SetCookie& configured, std::span<const CookieAttributes> ended, Response& response);

}  // namespace sessiond
