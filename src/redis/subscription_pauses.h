// SubscriptionPauses: how long the subscription to invalidations is suspended after it has ended.
//
// One that is lost is asked for again soon. One that was *given up*, because canaries stayed away, costs all
// connections with it; where that is the server's way (it evicts what lives for so short a time first, or a proxy in
// between tells nothing), it would be given up again and again. So each time that it has not stood for long it is
// suspended for twice as long, while every check asks Redis; one that has stood for long has shown that it can.

#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace sessiond {

/// Not thread-safe.
class SubscriptionPauses {
 public:
  /// Below the bound.
  using Random = std::uint32_t (*)(std::uint32_t bound);

  SubscriptionPauses(milliseconds max_staleness, Random random) : max_staleness_(max_staleness), random_(random) {}

  /// Not reached, or lost; `proven`: a canary had come back.
  milliseconds afterLoss(bool proven);
  /// The node is another server.
  milliseconds afterSwitch();
  /// `stood`: for how long it had.
  milliseconds afterGivingUp(SteadyTime::duration stood);

  static constexpr milliseconds kFirst{20};
  static constexpr milliseconds kLongestAfterLoss{2000};
  static constexpr milliseconds kShortestAfterGivingUp{5000};
  static constexpr milliseconds kLongestAfterGivingUp{300'000};
  /// So many times max_staleness is long.
  static constexpr int kLong = 10;

 private:
  milliseconds shortestAfterGivingUp() const;

  const milliseconds max_staleness_;
  const Random random_;
  milliseconds after_loss_ = kFirst;
  milliseconds after_giving_up_{0};
};

}  // namespace sessiond
