// Durations for people.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sessiond {

/// In one word: "45 s", "12 min", "5 h", "3 d".
inline std::string inWords(std::chrono::milliseconds time) {
  const std::int64_t count = std::chrono::floor<std::chrono::seconds>(time).count();
  if (count < 120) return std::to_string(count) + " s";
  if (count < 120 * 60) return std::to_string(count / 60) + " min";
  if (count < 48 * 3600) return std::to_string(count / 3600) + " h";
  return std::to_string(count / 86400) + " d";
}

}  // namespace sessiond
