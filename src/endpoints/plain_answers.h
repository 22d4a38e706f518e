// Short answers without a page.

#pragma once

#include <string_view>

#include "http/response.h"

namespace sessiond {

/// Seconds after which trying again makes sense when Redis could not say.
inline constexpr std::string_view kRetryAfter = "5";

/// 405 with the methods that are allowed.
Response methodNotAllowed(std::string_view allowed);

/// {"error":"<word>"}
Response jsonError(int status, std::string_view word);

/// One line of text for people.
Response textAnswer(int status, std::string_view line);

}  // namespace sessiond
