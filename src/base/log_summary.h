// LogSummary: a few lines now and then for something that anybody can bring about as often as they like, with how often
// it happened since the line before.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/once_per.h"

namespace sessiond {

/// Thread-safe. The first time there is a line at once.
class LogSummary {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  /// In each interval the first `lines` have a line each. REQUIRES: lines > 0.
  explicit LogSummary(int lines = 1) : lines_(lines) {}

  /// Counts once; when a line is due, how many there were since the last one, this one included.
  std::optional<std::uint64_t> count(SteadyTime now) {
    count_.fetch_add(1, std::memory_order_relaxed);
    if (once_per_.pass(now)) {
      left_.store(lines_ - 1, std::memory_order_relaxed);
    } else if (left_.load(std::memory_order_relaxed) <= 0 || left_.fetch_sub(1, std::memory_order_relaxed) <= 0) {
      return std::nullopt;
    }
    return count_.exchange(0, std::memory_order_relaxed);
  }

 private:
  const int lines_;
  std::atomic<int> left_ = 0;
  std::atomic<std::uint64_t> count_ = 0;
  OncePer once_per_{kInterval};
};

}  // namespace sessiond
