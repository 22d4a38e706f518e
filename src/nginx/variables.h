// The variables that stand in a text of nginx's: `$name` and `${name}`.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace sessiond::nginx {

/// A byte of a variable's name, or of a capture's.
constexpr bool isNameByte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/// The name that a text begins with; "" when it begins with none.
constexpr std::string_view leadingName(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && isNameByte(text[end])) ++end;
  return text.substr(0, end);
}

/// Their names, without dollar and braces, as they are written there.
inline std::vector<std::string_view> variablesIn(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    const bool in_braces = at + 1 < text.size() && text[at + 1] == '{';
    const std::string_view name = leadingName(text.substr(at + (in_braces ? 2 : 1)));
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

/// `$sessiond_user_id`, `$sessiond_header_x_department`: what sessiond says of a user, for the applications. nginx
/// minds no case.
inline bool isIdentityVariable(std::string_view variable) {
  const std::string plain = lowerCase(variable);
  return plain.starts_with("$sessiond_user_") || plain.starts_with("$sessiond_header_");
}

}  // namespace sessiond::nginx
