// The key of a request to the `cache` endpoint: what stands behind the endpoint's path, percent-decoded.
//
//   /cache/weather%3Aparis    weather:paris          /cache/users/7    users/7
//
// Taken from the address as the client sent it, because nginx's decoded one has lost what was a slash, a `%2F`, or two
// slashes.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace sessiond {

inline constexpr std::size_t kMaxAppCacheKeyBytes = 512;

/// `uri` is a request target in origin form, its query does not count; `path` is the endpoint's, "/cache/". The key is
/// UTF-8 without control characters, and no part between its slashes is `.` or `..`, which clients and servers on the
/// way take for directions. The error is a reason for the client, in words that apiError takes.
Expected<std::string, std::string_view> appCacheKeyIn(std::string_view uri, std::string_view path);

}  // namespace sessiond
