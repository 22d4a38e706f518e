// soon(): what another thread or process brings about. For tests with real servers; others move a clock by hand.

#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace sessiond {

/// Waits until it is so; false when the time is up.
template <typename Condition>
bool soon(Condition holds, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// The same for what no test can do without: ends the program where it is never so. `what`: "the cluster is well".
template <typename Condition>
void needSoon(Condition holds, const char* what) {
  if (soon(holds, std::chrono::seconds(60))) return;
  std::fprintf(stderr, "never: %s\n", what);
  std::abort();
}

}  // namespace sessiond
