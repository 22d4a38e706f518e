#include "endpoints/pages/color.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace sessiond {
namespace {

/// sRGB's curve undone (WCAG 2.2, "relative luminance").
double linear(std::uint8_t channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminanceOf(Color color) {
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

}  // namespace

std::optional<Color> parseColor(std::string_view text) {
  if (!text.starts_with('#') || (text.size() != 4 && text.size() != 7)) return std::nullopt;
  std::string digits;
  for (const char digit : text.substr(1)) digits.append(text.size() == 4 ? 2 : 1, digit);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Color{static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 8 & 0xff),
               static_cast<std::uint8_t>(number & 0xff)};
}

double contrastOf(Color one, Color other) {
  const auto [darker, lighter] = std::minmax({luminanceOf(one), luminanceOf(other)});
  return (lighter + 0.05) / (darker + 0.05);
}

}  // namespace sessiond
