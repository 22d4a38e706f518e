// FakeClock: a clock that stands still until a test moves it.

#pragma once

#include <atomic>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe. Starts at 2026-01-01T00:00:00Z.
class FakeClock final : public Clock {
 public:
  WallTime wallNow() const override { return WallTime(std::chrono::milliseconds(wall_.load())); }
  SteadyTime steadyNow() const override { return SteadyTime(std::chrono::milliseconds(steady_.load())); }
  void advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    steady_ += by.count();
  }

 private:
  std::atomic<std::chrono::milliseconds::rep> wall_ = 1767225600000;
  std::atomic<std::chrono::milliseconds::rep> steady_ = 1000000;
};

}  // namespace sessiond
