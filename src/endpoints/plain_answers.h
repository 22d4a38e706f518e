// Short answers without a page.

#pragma once

#include <string>
#include <string_view>

#include "http/response.h"

namespace sessiond {

/// A 405, whatever it looks like, with the methods that are allowed.
Response allowing(Response refusal, std::string_view methods);

/// 405 in a line of text.
Response methodNotAllowed(std::string_view allowed);

/// JSON that no cache keeps. REQUIRES: `body` is JSON.
Response jsonAnswer(int status, std::string body);

/// {"error":"<word>"}
Response jsonError(int status, std::string_view word);

/// One line of text for people.
Response textAnswer(int status, std::string_view line);

}  // namespace sessiond
