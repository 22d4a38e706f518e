// The token of RFC 9110 §5.6.2: what header and cookie names are made of.

#pragma once

#include <algorithm>
#include <string_view>

namespace sessiond {

constexpr bool isTokenCharacter(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// One such character at least.
constexpr bool isToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), isTokenCharacter);
}

}  // namespace sessiond
