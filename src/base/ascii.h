// The bytes of protocol words (header names, media types, attribute values), which are ASCII: no locale, no Unicode.

#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sessiond {

constexpr char toLower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

inline std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& byte : lower) byte = toLower(byte);
  return lower;
}

/// Are they the same, whatever their case?
constexpr bool sameWithoutCase(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return toLower(a) == toLower(b); });
}

/// Of these bytes alone?
constexpr bool isMadeOf(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// Without the spaces and tabs around it.
constexpr std::string_view trimBlanks(std::string_view text) {
  const auto is_blank = [](char byte) { return byte == ' ' || byte == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Does the text begin with these words, whatever their case? REQUIRES: `lower_prefix` is in lower case.
constexpr bool startsWithoutCase(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                                                          [](char want, char have) { return want == toLower(have); });
}

}  // namespace sessiond
