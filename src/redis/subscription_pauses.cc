#include "redis/subscription_pauses.h"

#include <algorithm>

namespace sessiond {

milliseconds SubscriptionPauses::afterLoss(bool proven) {
  after_loss_ = proven ? kFirst : std::min(after_loss_ * 2, kLongestAfterLoss);
  return after_loss_;
}

milliseconds SubscriptionPauses::afterSwitch() {
  after_loss_ = kFirst;
  after_giving_up_ = milliseconds(0);
  return kFirst;
}

/// Where little staleness is borne, less patience is needed to see that it happens again.
milliseconds SubscriptionPauses::shortestAfterGivingUp() const {
  return std::min<milliseconds>(kShortestAfterGivingUp, kLong / 2 * max_staleness_);
}

/// With up to a quarter more, so that many daemons do not come back in step.
milliseconds SubscriptionPauses::afterGivingUp(SteadyTime::duration stood) {
  if (stood >= kLong * max_staleness_) return afterSwitch();
  after_giving_up_ = std::clamp(2 * after_giving_up_, shortestAfterGivingUp(), kLongestAfterGivingUp);
  return after_giving_up_ + milliseconds(random_(static_cast<std::uint32_t>(after_giving_up_.count() / 4 + 1)));
}

}  // namespace sessiond
