// RenewalPauses: how long tombstones are not written again after they were.
//
// Each time that it is wanted again soon, the pause is twice as long; once it was not wanted for as long as a pause,
// the next one begins anew.

#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace sessiond {

/// Not thread-safe.
class RenewalPauses {
 public:
  /// No pause is longer.
  explicit RenewalPauses(std::chrono::milliseconds longest) : longest_(longest) {}

  /// From then on they may be written.
  SteadyTime over() const { return over_; }
  /// They were: at what began then, and ended now. The pause, if it is the first one, is `first`.
  void begin(SteadyTime began, SteadyTime now, std::chrono::milliseconds first) {
    const bool again = pause_.count() > 0 && began < over_ + pause_;
    pause_ = std::min(again ? std::max(2 * pause_, first) : first, longest_);
    over_ = now + pause_;
  }

 private:
  const std::chrono::milliseconds longest_;
  std::chrono::milliseconds pause_{};
  SteadyTime over_ = SteadyTime::min();
};

}  // namespace sessiond
