// LaterClock: the machine's clock, and so much later as a test says: for what is to be old beside real servers.

#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe.
class LaterClock final : public Clock {
 public:
  WallTime wallNow() const override { return SystemClock().wallNow() + milliseconds(later_.load()); }
  SteadyTime steadyNow() const override { return SteadyClock::now() + milliseconds(later_.load()); }
  void advance(milliseconds by) { later_ += by.count(); }

 private:
  std::atomic<milliseconds::rep> later_ = 0;
};

}  // namespace sessiond
