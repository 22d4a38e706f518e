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

TEST(CacheWorth, RestsLongerEachTimeThatItIsTheSameAgain) {
  CacheWorth worth;
  CacheWorth::Tally tally{.told = 0, .found = 7, .spoilt = 0};
  const auto spoil = [&] {
    tally.told += 1000;
    tally.spoilt += 900;
    return tally;
  };
  SteadyTime now = kStart;
  for (const auto rest : {30s, 60s, 120s, 120s}) {
    worth.begin(tally, now);
    EXPECT_FALSE(worth.isDue(now + 1s));
    EXPECT_EQ(worth.judge(spoil(), now += 5s), rest);
    now += rest;
  }
  worth.begin(tally, now);
  EXPECT_EQ(worth.judge(tally, now += 5s), std::nullopt);
  EXPECT_EQ(worth.judge(spoil(), now + 5s), CacheWorth::kShortestRest);
}

}  // namespace
}  // namespace sessiond
