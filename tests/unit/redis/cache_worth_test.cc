#include "redis/cache_worth.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

class CacheWorthTest : public testing::Test {
 protected:
  using Use = CacheWorth::Use;
  using Rest = std::optional<milliseconds>;

  void SetUp() override { worth_.begin(use_, now_); }
  /// The next judgement, which is due after `window` and not a moment before, of a time in which so much was counted.
  Rest after(milliseconds window, const Use& more) {
    EXPECT_FALSE(worth_.isDue(now_ + window - 1ms));
    return late(window, more);
  }
  Rest late(milliseconds window, const Use& more) {
    now_ += window;
    EXPECT_TRUE(worth_.isDue(now_));
    use_ = {.told = use_.told + more.told,
            .unused = use_.unused + more.unused,
            .found = use_.found + more.found,
            .spoilt = use_.spoilt + more.spoilt,
            .absent = use_.absent + more.absent};
    const Rest rest = worth_.judge(use_, now_);
    if (!rest) return rest;
    now_ += *rest;
    worth_.begin(use_, now_);
    return rest;
  }

  /// An application writes every session with every request.
  static constexpr Use kSpoilt{.told = 1000, .unused = 0, .found = 7, .spoilt = 900, .absent = 100};
  /// Pages of several parts.
  static constexpr Use kFound{.told = 1000, .unused = 0, .found = 900, .spoilt = 100, .absent = 0};

  static constexpr milliseconds kTrial = 250ms;

  CacheWorth worth_;
  Use use_{.told = 50, .unused = 40, .found = 30, .spoilt = 20, .absent = 10};
  SteadyTime now_ = SteadyTime(1h);
};

TEST_F(CacheWorthTest, GoesOnWhereSessionsAreFoundBetweenTwoWrites) {
  EXPECT_EQ(after(5s, {.told = 1000, .found = 250, .spoilt = 900}), std::nullopt);
  EXPECT_EQ(after(5s, {.told = 1000, .found = 249, .spoilt = 900}), 30s);
}

TEST_F(CacheWorthTest, GoesOnWhereHardlyAnythingIsWritten) {
  EXPECT_EQ(after(5s, {.told = 499, .spoilt = 499}), std::nullopt);
  EXPECT_EQ(after(5s, {.told = 500, .spoilt = 500}), 30s);
}

TEST_F(CacheWorthTest, CountsAChangeWhereverTheListenerWasHeldUp) {
  EXPECT_EQ(late(60s - 1ms, {.told = 5000, .spoilt = 5000}), std::nullopt) << "83 a second";
}

TEST_F(CacheWorthTest, GoesOnWhileTheMemoryFillsUp) {
  constexpr Use kFills{.told = 1000, .unused = 100, .found = 10, .spoilt = 200, .absent = 400};
  for (int i = 0; i < 11; ++i) EXPECT_EQ(after(5s, kFills), std::nullopt) << i;
  EXPECT_EQ(after(5s, kFills), 30s) << "what was not asked for again within a minute is not found any more";
}

TEST_F(CacheWorthTest, RestsWhereWhatIsLoadedIsToldOfBeforeItIsFound) {
  EXPECT_EQ(after(5s, {.told = 5000, .unused = 4000, .found = 0, .spoilt = 0, .absent = 5000}), 30s);
}

TEST_F(CacheWorthTest, RestsAfterAMinuteWhereNobodyAsksForWhatIsToldOf) {
  for (int i = 0; i < 11; ++i) EXPECT_EQ(after(5s, {.told = 5000}), std::nullopt) << i;
  EXPECT_EQ(after(5s, {.told = 5000}), 30s);
}

TEST_F(CacheWorthTest, BeginsAnewWhereNothingCouldBeBelieved) {
  for (int i = 0; i < 11; ++i) EXPECT_EQ(after(5s, {.told = 5000}), std::nullopt) << i;
  worth_.begin(use_, now_);
  EXPECT_EQ(after(5s, {.told = 5000}), std::nullopt);
}

TEST_F(CacheWorthTest, ATrialIsShortAndTheRestLongerEachTimeThatItIsTheSameAgain) {
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_TRUE(worth_.isTrial());
  EXPECT_EQ(after(kTrial, kSpoilt), 60s);
  EXPECT_EQ(after(kTrial, kSpoilt), 120s);
  EXPECT_EQ(after(kTrial, kSpoilt), 120s);
}

TEST_F(CacheWorthTest, ATrialGoesOnWhereNothingIsProven) {
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_EQ(after(kTrial, {}), std::nullopt);
  EXPECT_EQ(after(kTrial, {.told = 5000}), std::nullopt);
  EXPECT_EQ(after(kTrial, {.told = 1, .found = 1}), std::nullopt);
  EXPECT_EQ(after(kTrial, {.told = 24, .spoilt = 24}), std::nullopt);
  EXPECT_EQ(after(kTrial, kSpoilt), 60s);
}

/// A thousand checks a second, each session's every ten seconds, beside a few that are written all the time.
TEST_F(CacheWorthTest, ATrialWaitsForThoseWhoComeBackLater) {
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(after(kTrial, {.told = 50, .unused = 3, .found = 0, .spoilt = 47, .absent = 200}), std::nullopt);
  }
  EXPECT_EQ(after(kTrial, {.told = 50, .unused = 3, .found = 200, .spoilt = 47}), std::nullopt);
  EXPECT_FALSE(worth_.isTrial());
}

TEST_F(CacheWorthTest, ATrialEndsWhenSessionsAreFound) {
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  EXPECT_EQ(after(kTrial, kFound), std::nullopt);
  EXPECT_FALSE(worth_.isTrial());
  EXPECT_EQ(after(5s, kFound), std::nullopt);
  EXPECT_EQ(after(5s, kSpoilt), 30s);
}

TEST_F(CacheWorthTest, ATrialEndsAfterAMinuteInWhichItWasNotTheSame) {
  EXPECT_EQ(after(5s, kSpoilt), 30s);
  for (int i = 0; i < 240; ++i) EXPECT_EQ(after(kTrial, {.told = 24, .spoilt = 24}), std::nullopt);
  EXPECT_FALSE(worth_.isTrial());
  EXPECT_EQ(after(5s, kSpoilt), 30s);
}

}  // namespace
}  // namespace sessiond
