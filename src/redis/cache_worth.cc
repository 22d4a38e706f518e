#include "redis/cache_worth.h"

#include <algorithm>

namespace sessiond {

void CacheWorth::begin(const Tally& now_is, SteadyTime now) {
  tally_ = now_is;
  begun_ = now;
}

std::optional<CacheWorth::milliseconds> CacheWorth::judge(const Tally& now_is, SteadyTime now) {
  const std::uint64_t told = now_is.told - tally_.told;
  const std::uint64_t found = now_is.found - tally_.found;
  const std::uint64_t spoilt = now_is.spoilt - tally_.spoilt;
  const std::uint64_t many = kManyTold * static_cast<std::uint64_t>(window() / std::chrono::seconds(1));
  begin(now_is, now);
  if (found > 0 && found * kToldForFound >= told) rest_ = milliseconds(0);
  if (told < many || found * kToldForFound >= told || spoilt <= found) return std::nullopt;
  rest_ = std::clamp(2 * rest_, kShortestRest, kLongestRest);
  return rest_;
}

}  // namespace sessiond
