// RecentDurations: how long something took the last times, to take as long without doing it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/clock.h"
#include "base/random.h"

namespace sessiond {

/// Thread-safe.
class RecentDurations {
 public:
  using Duration = SteadyTime::duration;
  static constexpr std::size_t kKept = 32;

  void note(Duration took) {
    const std::lock_guard lock(mutex_);
    kept_[noted_++ % kKept] = took;
  }

  /// One of those kept, each as likely as the next, so that what takes as long varies as they do; zero: there is none
  /// yet.
  Duration any() const {
    const std::lock_guard lock(mutex_);
    if (noted_ == 0) return Duration::zero();
    return kept_[randomBelow(static_cast<std::uint32_t>(noted_ < kKept ? noted_ : kKept))];
  }

 private:
  mutable std::mutex mutex_;
  std::array<Duration, kKept> kept_{};
  std::uint64_t noted_ = 0;
};

}  // namespace sessiond
