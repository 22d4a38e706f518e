// CacheWorth: whether it is worth being told of every change.
//
// Each session that anybody writes is told of, and costs this process a wake-up and Redis a message. That is little
// where sessions are found in memory between two writes. Where applications write every session with every request
// (connect-redis does, with EXPIRE), what is in memory has been told of by the time it is wanted, every check asks
// Redis anyway, and being told costs more than half of what a check does. Then the subscription is let be for a while,
// as if the cache were off, and tried again: for longer and longer, as long as it turns out to be the same. Such a
// trial is short, and one in which nobody made checks says nothing: only what was found in memory ends it.
//
// A memory that is only filling up has nothing to find either; it has nothing that was told of, and so is not judged by
// it.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace sessiond {

/// Not thread-safe.
class CacheWorth {
 public:
  using milliseconds = std::chrono::milliseconds;

  /// So far, of all time.
  struct Tally {
    std::uint64_t told = 0;    ///< changes of sessions that Redis has told of
    std::uint64_t found = 0;   ///< sessions that a check has found in memory
    std::uint64_t spoilt = 0;  ///< those that were there, but had been told of
  };

  /// A subscription begins.
  void begin(const Tally& now_is, SteadyTime now);
  /// A window is over: judge() is to be asked.
  bool isDue(SteadyTime now) const { return now >= begun_ + window(); }
  /// How long the subscription is to be let be; nothing: it goes on.
  std::optional<milliseconds> judge(const Tally& now_is, SteadyTime now);

  static constexpr milliseconds kWindow{5000};
  /// A window after a rest.
  static constexpr milliseconds kTrial{1000};
  /// Fewer changes a second cost next to nothing.
  static constexpr std::uint64_t kManyTold = 100;
  /// So many changes are worth one session found. A find saves a round trip to Redis, about two wake-ups.
  static constexpr std::uint64_t kToldForFound = 4;
  static constexpr milliseconds kShortestRest{30'000};
  static constexpr milliseconds kLongestRest{120'000};

 private:
  milliseconds window() const { return rest_ == milliseconds(0) ? kWindow : kTrial; }

  Tally tally_;  // when the window began
  SteadyTime begun_{};
  milliseconds rest_{0};  // the last one, since it was last worth it
};

}  // namespace sessiond
