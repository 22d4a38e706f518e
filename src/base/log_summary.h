// LogSummary: a line now and then for something that anybody can bring about as often as he likes, with how often it
// happened since the line before.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe. The first time there is a line at once.
class LogSummary {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  /// Counts once; when a line is due, how many there were since the last one, this one included.
  std::optional<std::uint64_t> count(SteadyTime now) {
    count_.fetch_add(1, std::memory_order_relaxed);
    const SteadyTime::rep ticks = now.time_since_epoch().count();
    SteadyTime::rep next = next_.load(std::memory_order_relaxed);
    const SteadyTime::rep interval = std::chrono::duration_cast<SteadyTime::duration>(kInterval).count();
    if (ticks < next || !next_.compare_exchange_strong(next, ticks + interval, std::memory_order_relaxed))
      return std::nullopt;
    return count_.exchange(0, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<SteadyTime::rep> next_ = std::numeric_limits<SteadyTime::rep>::min();
};

}  // namespace sessiond
