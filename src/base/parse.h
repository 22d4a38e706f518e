// Whole-string parsing: the entire text is the number, or there is none.

#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace sessiond {

/// Decimal digits (a leading `-` for signed types), nothing before or behind, within the type's range.
template <std::integral Integer>
std::optional<Integer> parseInteger(std::string_view text) {
  Integer number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return number;
}

}  // namespace sessiond
