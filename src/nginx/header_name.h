// The name of a header as CGI passes it on, and as it looks when only its letters count: `X-User` is HTTP_X_USER, and
// in nginx's variables x_user.

#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"

namespace sessiond::nginx {

/// In lower case, with `_` for `-`.
inline std::string plainName(std::string_view text) {
  std::string plain = lowerCase(text);
  for (char& byte : plain) byte = byte == '-' ? '_' : byte;
  return plain;
}

/// The name of the parameter, or the environment's variable, that has the header.
inline std::string parameterName(const std::string& header) {
  std::string name = "HTTP_" + plainName(header);
  for (char& byte : name) byte = byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 'a' + 'A') : byte;
  return name;
}

}  // namespace sessiond::nginx
