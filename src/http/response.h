// Response: what an endpoint answers. The FastCGI room writes it: `Status:` first and always, then the header
// lines, an empty line, the body.

#pragma once

#include <string>
#include <string_view>

#include "base/check.h"
#include "http/header_block.h"

namespace sessiond {

/// What Retry-After says, in seconds: where Redis could not say and somebody is to be asked again by a person or a
/// program; and where it passes by itself, so that a check may be repeated at once.
inline constexpr std::string_view kRetryAfter = "5";
inline constexpr std::string_view kRetrySoon = "1";

/// A plain value. A default-made response is a refusal (500), so that a forgotten answer never lets anybody in.
struct Response {
  int status = 500;
  HeaderBlock headers;
  std::string body;

  Response() = default;
  explicit Response(int code) : status(code) {}

  /// For names and values of our own making: one that HeaderBlock refuses is a bug.
  void add(std::string_view name, std::string_view value) { SESSIOND_CHECK(headers.add(name, value)); }
};

/// The reason phrase for the `Status:` line; "Unknown" for codes sessiond does not use.
std::string_view reasonPhrase(int status);

}  // namespace sessiond
