// Durations (`500ms 30s 5m 12h 30d`) and sizes (`512 8k 1m`) as the configuration writes them.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// A whole number and a unit, nothing between or around them; nothing for anything else, or beyond 100 years.
std::optional<std::chrono::milliseconds> parseDuration(std::string_view text);
/// In the largest unit that leaves a whole number: 90s, 5m, 1d; zero is 0s.
std::string formatDuration(std::chrono::milliseconds duration);

/// Bytes, or with `k` KiB, with `m` MiB; nothing for anything else, or from 1 TiB on.
std::optional<std::size_t> parseSize(std::string_view text);
std::string formatSize(std::size_t bytes);

}  // namespace sessiond
