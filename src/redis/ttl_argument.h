// A time to live as an argument of EXPIRE or EX.

#pragma once

#include <algorithm>
#include <chrono>
#include <string>

namespace sessiond {

/// Seconds, kept between one second and a hundred years: zero and less would make EXPIRE delete the key, and what
/// overflows when it is added to the time of day makes the server refuse the command.
inline std::string ttlArgument(std::chrono::seconds ttl) {
  constexpr std::chrono::seconds kLongest = std::chrono::years(100);
  return std::to_string(std::clamp(ttl, std::chrono::seconds(1), kLongest).count());
}

}  // namespace sessiond
