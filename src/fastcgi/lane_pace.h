// LanePace: how long are a lane's turns of the processor to be (os/short_turns.h)?
//
// Where every processor is busy, short turns get it to whoever waits sooner. A lane with much to do loses by that: it
// finds less to do at once, and each check costs 8 to 13 % more (conf/guide/performance.md). A lane with little to do
// finds one thing at a time anyway, and who waits for it may be a logout.

#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace sessiond {

/// Of the lane's thread.
class LanePace {
 public:
  /// For so long a lane's rounds are counted together.
  static constexpr std::chrono::milliseconds kSpan{100};
  /// Events in a span. A lane that has so many is at work for a hundredth of it.
  static constexpr std::size_t kMuch = 200;

  /// After a round that so many events began. True: shortTurns() has changed.
  bool note(std::size_t events, SteadyTime now) {
    events_ += events;
    if (now - since_ < kSpan) return false;
    const bool before = short_turns_;
    short_turns_ = events_ < kMuch;
    since_ = now;
    events_ = 0;
    return short_turns_ != before;
  }
  bool shortTurns() const { return short_turns_; }

 private:
  SteadyTime since_;
  std::size_t events_ = 0;
  bool short_turns_ = false;
};

}  // namespace sessiond
