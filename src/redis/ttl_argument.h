// A time to live as an argument of EXPIRE or EX.

#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "session/longest_life.h"

namespace sessiond {

/// Seconds, kept between one second and kLongestKeyLife: zero and less would make EXPIRE delete the key.
inline std::string ttlArgument(std::chrono::seconds ttl) {
  return std::to_string(std::clamp(ttl, std::chrono::seconds(1), kLongestKeyLife).count());
}

}  // namespace sessiond
