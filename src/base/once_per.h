// OncePer: lets somebody pass at most once an interval, so that a fault that meets every request neither fills the log
// nor makes every request try to mend it.

#pragma once

#include <atomic>
#include <chrono>
#include <limits>

#include "base/clock.h"

namespace sessiond {

/// How often what lasts is said in the log.
inline constexpr std::chrono::seconds kLogInterval{60};

/// Thread-safe.
class OncePer {
 public:
  explicit OncePer(SteadyTime::duration interval) : interval_(interval) {}

  /// True the first time, and then once an interval, for one caller.
  bool pass(SteadyTime now) {
    const SteadyTime::rep ticks = now.time_since_epoch().count();
    SteadyTime::rep next = next_.load(std::memory_order_relaxed);
    if (ticks < next) return false;
    return next_.compare_exchange_strong(next, ticks + interval_.count(), std::memory_order_relaxed);
  }

 private:
  const SteadyTime::duration interval_;
  std::atomic<SteadyTime::rep> next_ = std::numeric_limits<SteadyTime::rep>::min();
};

}  // namespace sessiond
