// Colours as a site's configuration writes them, and whether people can tell two of them apart.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sessiond {

struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

/// `#rrggbb`, or `#rgb`; nothing else that CSS knows.
std::optional<Color> parseColor(std::string_view text);

/// WCAG 2.2's contrast ratio, 1 to 21; the order does not matter.
double contrastOf(Color one, Color other);

}  // namespace sessiond
