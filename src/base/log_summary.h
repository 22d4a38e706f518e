// LogSummary: a line now and then for something that anybody can bring about as often as he likes, with how often it
// happened since the line before.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/interval_gate.h"

namespace sessiond {

/// Thread-safe. The first time there is a line at once.
class LogSummary {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  /// Counts once; when a line is due, how many there were since the last one, this one included.
  std::optional<std::uint64_t> count(SteadyTime now) {
    count_.fetch_add(1, std::memory_order_relaxed);
    if (!gate_.pass(now)) return std::nullopt;
    return count_.exchange(0, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> count_ = 0;
  IntervalGate gate_{kInterval};
};

}  // namespace sessiond
