#include "redis/cache_worth.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart(1h);

TEST(CacheWorth, GoesOnWhereSessionsAreFoundBetweenTwoWrites) {
  CacheWorth worth;
  worth.begin({.told = 1000, .found = 50, .spoilt = 0}, kStart);
  EXPECT_FALSE(worth.isDue(kStart + CacheWorth::kWindow - 1ms));
  EXPECT_TRUE(worth.isDue(kStart + CacheWorth::kWindow));
  EXPECT_EQ(worth.judge({.told = 2000, .found = 300, .spoilt = 900}, kStart + 5s), std::nullopt);
  EXPECT_EQ(worth.judge({.told = 3000, .found = 549, .spoilt = 1800}, kStart + 10s), CacheWorth::kShortestRest);
}

TEST(CacheWorth, GoesOnWhereHardlyAnythingIsWritten) {
  CacheWorth worth;
  worth.begin({}, kStart);
  EXPECT_EQ(worth.judge({.told = 499, .found = 0, .spoilt = 499}, kStart + 5s), std::nullopt);
  EXPECT_EQ(worth.judge({.told = 999, .found = 0, .spoilt = 999}, kStart + 10s), CacheWorth::kShortestRest);
}

TEST(CacheWorth, GoesOnWhileTheMemoryFillsUp) {
  CacheWorth worth;
  worth.begin({}, kStart);
  EXPECT_EQ(worth.judge({.told = 5000, .found = 10, .spoilt = 10}, kStart + 5s), std::nullopt);
}

class CacheWorthTrial : public testing::Test {
 protected:
  /// The next judgement, when it is due and not a moment before, of a time in which so much was counted.
  std::optional<CacheWorth::milliseconds> after(CacheWorth::milliseconds window, CacheWorth::Tally more) {
    EXPECT_FALSE(worth_.isDue(now_ + window - 1ms));
    now_ += window;
    EXPECT_TRUE(worth_.isDue(now_));
    tally_ = {tally_.told + more.told, tally_.found + more.found, tally_.spoilt + more.spoilt};
    const auto rest = worth_.judge(tally_, now_);
    if (!rest) return rest;
    now_ += *rest;
    worth_.begin(tally_, now_);
    return rest;
  }

  static constexpr CacheWorth::Tally kSpoilt{.told = 1000, .found = 7, .spoilt = 900};
  static constexpr CacheWorth::Tally kFound{.told = 1000, .found = 900, .spoilt = 100};

  CacheWorth worth_;
  CacheWorth::Tally tally_;
  SteadyTime now_ = kStart;
};

TEST_F(CacheWorthTrial, IsShortAndTheRestLongerEachTimeThatItIsTheSameAgain) {
  worth_.begin(tally_, now_);
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_EQ(after(1s, kSpoilt), 60s);
  EXPECT_EQ(after(1s, kSpoilt), 120s);
  EXPECT_EQ(after(1s, kSpoilt), 120s);
}

TEST_F(CacheWorthTrial, GoesOnWhereNothingIsWantedAndRestsAsSoonAsItIs) {
  worth_.begin(tally_, now_);
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_EQ(after(1s, {}), std::nullopt);
  EXPECT_EQ(after(1s, {.told = 5000, .found = 0, .spoilt = 0}), std::nullopt);
  EXPECT_EQ(after(1s, {.told = 99, .found = 0, .spoilt = 99}), std::nullopt);
  EXPECT_EQ(after(1s, kSpoilt), 60s);
}

TEST_F(CacheWorthTrial, EndsWhenSessionsAreFound) {
  worth_.begin(tally_, now_);
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_EQ(after(1s, kFound), std::nullopt);
  EXPECT_EQ(after(5s, kFound), std::nullopt);
  EXPECT_EQ(after(5s, kSpoilt), 30s);
}

}  // namespace
}  // namespace sessiond
