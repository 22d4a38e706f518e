// The note of what has just ended, from the answer that ended it to the page that says so: a cookie (short_cookie.h),
// and not the address, which anybody can make up and have somebody follow. `__Host-` wherever there is https, so that
// no other host of the domain can leave one.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/request.h"
#include "session/cookie_settings.h"

namespace sessiond {

enum class Done : std::uint8_t {
  kHere,        ///< the browser's own session
  kEverywhere,  ///< all sessions of the user
  kOne,         ///< another one
  kOthers,      ///< all others
};

/// Set-Cookie that leaves the note.
std::string leaveDone(const Request& request, SecureOption option, Done done);
/// Set-Cookie that takes it away again.
std::string dropDone(const Request& request, SecureOption option);
/// What ended a moment ago.
std::optional<Done> doneIn(const Request& request, SecureOption option);

}  // namespace sessiond
