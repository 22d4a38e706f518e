#include "json/json_number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace sessiond {

double numberValue(std::string_view number) {
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc()) return value;
  // Out of range, and from_chars does not say on which side.
  return std::strtod(std::string(number).c_str(), nullptr);
}

bool sameNumber(std::string_view left, std::string_view right) {
  constexpr double kExactUpTo = 9007199254740992;  // 2^53
  if (left == right) return true;
  const double value = numberValue(left);
  return value == numberValue(right) && std::abs(value) < kExactUpTo;
}

std::optional<WallTime> toWallTime(std::string_view number) {
  const double value = numberValue(number);
  if (!(value >= 0 && value <= kLastDateMilliseconds)) return std::nullopt;
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(value)));
}

}  // namespace sessiond
