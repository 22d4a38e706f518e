// The value of a JSON number's text.

#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sessiond {

/// The nearest double, as JavaScript reads it: infinity beyond the range, 0 below it. REQUIRES: a JSON number.
double numberValue(std::string_view number);

/// The same number? Different spellings of one number are (1, 1.0, 1e0). Beyond 2^53, where doubles cannot tell
/// neighbours apart, only the same text is.
bool sameNumber(std::string_view left, std::string_view right);

/// What JavaScript's Date can hold: milliseconds since the epoch, 0 to 8.64e15; fractions are cut. nullopt beyond.
std::optional<WallTime> toWallTime(std::string_view number);

/// ECMAScript §21.4.1.1: no Date lies farther from the epoch than this.
constexpr double kLastDateMilliseconds = 8.64e15;

}  // namespace sessiond
