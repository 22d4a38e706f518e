// KnownEpoch: how often everybody was logged out (session/login_epoch.h), where the key that says so is at another
// server than most sessions.
//
// Sessions are not made to wait for that server one by one: it is asked again and again, and what it said counts for as
// long as anything that is believed may be old. When it says more than before, the new answer counts first, and then
// whatever is in memory is believed no longer: what is loaded from then on is held against the new answer.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"

namespace sessiond {

/// Thread-safe. Asking takes no lock.
class KnownEpoch {
 public:
  /// `raised`: everybody was logged out.
  KnownEpoch(std::chrono::milliseconds max_staleness, std::function<void()> raised)
      : max_staleness_(max_staleness), raised_(std::move(raised)) {}

  /// It was this when it was asked for.
  void note(std::uint64_t epoch, SteadyTime asked) {
    const std::lock_guard lock(mutex_);
    const bool is_raised = epoch > epoch_.load(std::memory_order_relaxed);
    if (is_raised) epoch_.store(epoch, std::memory_order_release);
    if (std::exchange(is_noted_, true) && is_raised) raised_();
    const SteadyTime::rep ticks = asked.time_since_epoch().count();
    if (ticks > asked_.load(std::memory_order_relaxed)) asked_.store(ticks, std::memory_order_release);
  }
  /// It has changed, to what nobody has said yet.
  void forget() {
    const std::lock_guard lock(mutex_);
    asked_.store(kNever, std::memory_order_release);
  }
  /// Absent: nobody knows any more.
  std::optional<std::uint64_t> known(SteadyTime now) const {
    if (!isYounger(max_staleness_, now)) return std::nullopt;
    return epoch_.load(std::memory_order_acquire);
  }
  /// Was it asked for within that time?
  bool isYounger(std::chrono::milliseconds age, SteadyTime now) const {
    const SteadyTime::rep asked = asked_.load(std::memory_order_acquire);
    return asked != kNever && now - SteadyTime(SteadyTime::duration(asked)) <= age;
  }
  std::chrono::milliseconds maxStaleness() const { return max_staleness_; }

 private:
  static constexpr SteadyTime::rep kNever = std::numeric_limits<SteadyTime::rep>::min();

  const std::chrono::milliseconds max_staleness_;
  const std::function<void()> raised_;
  std::mutex mutex_;       // held by whoever notes
  bool is_noted_ = false;  // guarded by mutex_
  std::atomic<std::uint64_t> epoch_ = 0;
  std::atomic<SteadyTime::rep> asked_ = kNever;
};

}  // namespace sessiond
