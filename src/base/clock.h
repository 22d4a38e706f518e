// Clock: where every decision about time gets its time from, so that tests can move it by hand.
//
// Wall time is for what is stored or sent (created, authenticated, Expires); steady time is for what is measured
// inside the process (intervals, deadlines, backoff). Tests use FakeClock (tests/support/fake_clock.h). What the
// kernel waits for (a condition variable, a socket) is measured by the machine's clock.

#pragma once

#include <chrono>

namespace sessiond {

// The units of most durations, for whoever includes this.
using std::chrono::milliseconds;
using std::chrono::seconds;

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wallNow() const = 0;
  virtual SteadyTime steadyNow() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  WallTime wallNow() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steadyNow() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace sessiond
