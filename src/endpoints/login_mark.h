// A mark that a login just succeeded: a second cookie beside the session's (short_cookie.h).
//
// A browser that keeps the one and not the other was told to: a cookie.domain that is not this site's, cookie.secure
// over plain http, a rule of its own. Without the mark such a login leads back to an empty form for ever, and nobody
// is told why.

#pragma once

#include <string>

#include "http/request.h"

namespace sessiond {

/// Set-Cookie at a login's success. `secure`: is the session's cookie, here and now?
std::string loginMark(bool secure);
/// Set-Cookie that takes it away again.
std::string noLoginMark(bool secure);
/// Did a login succeed a moment ago, in a browser that kept the mark?
bool hasLoginMark(const Request& request, bool secure);

}  // namespace sessiond
