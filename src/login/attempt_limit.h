// AttemptLimit: how many tries somebody has, as one counter in a store keeps it.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sessiond {

/// At most `tries` within `window`, which begins with the first of them.
struct AttemptWindow {
  std::uint32_t tries;
  std::chrono::milliseconds window;
};

/// After `free` tries of the first window each further one has to wait after the one before: `first`, twice that, four
/// times that, up to `longest`.
struct AttemptDelay {
  std::uint32_t free;
  std::chrono::milliseconds first;
  std::chrono::milliseconds longest;
};

/// A try has to keep every window, and the delay if there is one. REQUIRES: one or two windows.
struct AttemptLimit {
  std::vector<AttemptWindow> windows;
  std::optional<AttemptDelay> delay = {};
};

inline constexpr std::size_t kMostAttemptWindows = 2;

}  // namespace sessiond
