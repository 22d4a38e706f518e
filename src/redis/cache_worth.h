// CacheWorth: whether it is worth being told of every change.
//
// Each session that anybody writes is told of, and costs this process a wake-up and Redis a message. That is little
// where sessions are found in memory between two writes. Where applications write every session with every request
// (connect-redis does, with EXPIRE), what is in memory has been told of by the time it is wanted, every check asks
// Redis anyway, and being told costs more than half of what a check does. Then the subscription is suspended for a
// while, as if the cache were off, and tried again: for longer and longer, as long as it turns out to be the same.
//
// A trial begins with a memory in which nothing is fresh: what is loaded then may be found yet. So it goes on while
// more is there, untold of, than was told of before it was of use. What is not asked for again within the minute that
// anything is believed at most is not going to be found: after that the figures alone are judged.
//
//   told 3,600  found 0    of 3,600 loaded 3,590 told of before they were found     a rest, after a quarter of a second
//   told 200    found 0    of 1,000 loaded 190 told of                              it goes on
//   told 200    found 830                                                           it was worth it: no trial any more

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "session/session_cache.h"

namespace sessiond {

/// Not thread-safe.
class CacheWorth {
 public:
  using Use = SessionCache::Use;

  /// A subscription begins to be of use, or begins to be again: from now on entries can be fresh.
  void begin(const Use& now_is, SteadyTime now);
  /// A window is over: judge() is to be asked.
  bool isDue(SteadyTime now) const { return now >= window_begun_ + (isTrial() ? kTrialWindow : kWindow); }
  /// How long the subscription is to be suspended; nothing: it goes on.
  std::optional<milliseconds> judge(const Use& now_is, SteadyTime now);
  /// It was suspended last time, and nothing has spoken for it since.
  bool isTrial() const { return rest_ > milliseconds(0); }

  static constexpr milliseconds kWindow{5000};
  static constexpr milliseconds kTrialWindow{250};
  /// Fewer changes a second cost next to nothing.
  static constexpr std::uint64_t kManyTold = 100;
  /// So many changes are worth one session found. A find saves a round trip to Redis, about two wake-ups.
  static constexpr std::uint64_t kToldForFound = 4;
  static constexpr milliseconds kFilled = SessionCache::kGreatestAge;
  static constexpr milliseconds kShortestRest{30'000};
  static constexpr milliseconds kLongestRest{120'000};

 private:
  void beginWindow(const Use& now_is, SteadyTime now);

  SteadyTime begun_{};
  Use before_;  // when the window began
  SteadyTime window_begun_{};
  milliseconds rest_{0};
};

}  // namespace sessiond
