#include "redis/cache_worth.h"

#include <algorithm>

namespace sessiond {

namespace {

SessionCache::Use since(const SessionCache::Use& before, const SessionCache::Use& now_is) {
  return {.told = now_is.told - before.told,
          .unused = now_is.unused - before.unused,
          .found = now_is.found - before.found,
          .spoilt = now_is.spoilt - before.spoilt,
          .absent = now_is.absent - before.absent};
}

/// Was more told of before it was of use than was found, or may be found yet?
bool isMostlySpoilt(const SessionCache::Use& use) {
  const std::uint64_t waiting = use.absent - std::min(use.absent, use.unused);
  return use.spoilt + use.unused > use.found + waiting;
}

}  // namespace

void CacheWorth::begin(const Use& now_is, SteadyTime now) {
  begun_ = now;
  beginWindow(now_is, now);
}

void CacheWorth::beginWindow(const Use& now_is, SteadyTime now) {
  before_ = now_is;
  window_begun_ = now;
}

std::optional<milliseconds> CacheWorth::judge(const Use& now_is, SteadyTime now) {
  const Use use = since(before_, now_is);
  const auto window = std::chrono::duration_cast<milliseconds>(now - window_begun_);
  const std::uint64_t many = kManyTold * static_cast<std::uint64_t>(window.count()) / 1000;
  const bool is_filled = now >= begun_ + kFilled;
  beginWindow(now_is, now);

  const bool pays = use.found * kToldForFound >= use.told;
  if (!pays && use.told >= many && (is_filled || isMostlySpoilt(use))) {
    rest_ = std::clamp(2 * rest_, kShortestRest, kLongestRest);
    return rest_;
  }
  if (is_filled || (pays && use.told + use.found >= many)) rest_ = milliseconds(0);
  return std::nullopt;
}

}  // namespace sessiond
