// What the applications' endpoints (`session`, `cache`) answer when they cannot give what was asked for: JSON with a
// word for programs and a reason for people.
//
//   {"error":"invalid_patch","reason":"the body is no JSON text in UTF-8"}

#pragma once

#include <cstddef>
#include <string_view>

#include "http/response.h"

namespace sessiond {

/// A FastCGI request is at most 128 KiB; this leaves room for its parameters.
inline constexpr std::size_t kMaxApiBodyBytes = std::size_t{120} * 1024;

/// REQUIRES: both are printable ASCII without quotes and backslashes.
Response apiError(int status, std::string_view word, std::string_view reason);

/// 503: Redis does not answer, or takes no writes now.
Response apiUnavailable();

/// 405 with the methods that are allowed.
Response apiMethodNotAllowed(std::string_view allowed);

}  // namespace sessiond
