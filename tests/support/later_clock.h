// LaterClock: the machine's clock, and so much later as a test says: for what is to be old beside real servers. Held,
// it stands still but for that, so that on a slow machine nothing is older than the test says.

#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe.
class LaterClock final : public Clock {
 public:
  WallTime wallNow() const override { return SystemClock().wallNow() + milliseconds(later_.load()); }
  SteadyTime steadyNow() const override {
    const SteadyTime::rep held = held_.load();
    return (held == 0 ? SteadyClock::now() : SteadyTime(SteadyTime::duration(held))) + milliseconds(later_.load());
  }
  /// The steady one, for good.
  void hold() { held_ = SteadyClock::now().time_since_epoch().count(); }
  void advance(milliseconds by) { later_ += by.count(); }

 private:
  std::atomic<SteadyTime::rep> held_ = 0;  // 0: it is not
  std::atomic<milliseconds::rep> later_ = 0;
};

}  // namespace sessiond
