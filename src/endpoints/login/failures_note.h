// The note of wrong passwords before a login, from the answer to a form to the page that it leads to: a cookie
// (short_cookie.h). What it says is shown to whoever has it and means nothing else.
//
//   __Host-sessiond_tries=4.1767225600000     how many; when the last one was, in ms since 1970

#pragma once

#include <optional>
#include <string>

#include "http/request.h"
#include "login/attempt_store.h"

namespace sessiond {

/// Set-Cookie that leaves the note. `secure`: is the session's cookie, here and now?
std::string leaveFailures(const FailureNote& note, bool secure);
/// Set-Cookie that takes it away again.
std::string dropFailures(bool secure);
/// The note of a moment ago.
std::optional<FailureNote> failuresIn(const Request& request, bool secure);

}  // namespace sessiond
