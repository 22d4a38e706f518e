// Clock: where every decision about time gets its time from, so that tests can move it by hand.
//
// Wall time is for what is stored or sent (created, authenticated, Expires); steady time is for what is measured
// inside the process (intervals, deadlines, backoff). Tests use FakeClock (tests/support/fake_clock.h). What the
// kernel waits for (a condition variable, a socket) is measured by the machine's clock.

#pragma once

#include <chrono>
#include <ctime>

namespace sessiond {

// The units of most durations, for whoever includes this.
using std::chrono::milliseconds;
using std::chrono::seconds;

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// Nobody sets it, and it goes on while the machine is suspended (CLOCK_BOOTTIME, clock_gettime(2)): what was believed
/// before, of a session or of a server, is old afterwards. std::chrono::steady_clock stands still meanwhile.
struct SteadyClock {
  // NOLINTBEGIN(readability-identifier-naming): a clock's names are the standard library's
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
  // NOLINTEND(readability-identifier-naming)

  static time_point now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  }
};

using SteadyTime = SteadyClock::time_point;

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
  SteadyTime steadyNow() const override { return SteadyClock::now(); }
};

}  // namespace sessiond
