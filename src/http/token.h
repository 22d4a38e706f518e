// The token of RFC 9110 §5.6.2: what header and cookie names are made of.

#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace sessiond {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> characters{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    characters[static_cast<unsigned char>(c)] = true;
  }
  return characters;
}();

constexpr bool isTokenCharacter(char c) {
  return kTokenCharacters[static_cast<unsigned char>(c)];
}

/// One such character at least.
constexpr bool isToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), isTokenCharacter);
}

}  // namespace sessiond
