#include "fastcgi/lane_pace.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};

class LanePaceTest : public testing::Test {
 protected:
  /// A whole span of rounds, with so many events in all. True: it has changed.
  bool span(std::size_t events) {
    constexpr std::size_t kRounds = 10;
    bool changed = false;
    for (std::size_t i = 0; i < kRounds; ++i) {
      now_ += LanePace::kSpan / kRounds;
      changed = pace_.note(events / kRounds, now_) || changed;
    }
    return changed;
  }

  LanePace pace_;
  SteadyTime now_ = kStart;
};

TEST_F(LanePaceTest, ALaneThatBeginsTakesShortTurns) {
  EXPECT_TRUE(pace_.note(1, kStart));
  EXPECT_TRUE(pace_.shortTurns());
}

TEST_F(LanePaceTest, WithMuchToDoItTakesUsualOnesAndWithLittleShortOnesAgain) {
  pace_.note(1, kStart);
  EXPECT_TRUE(span(LanePace::kMuch));
  EXPECT_FALSE(pace_.shortTurns());
  EXPECT_FALSE(span(LanePace::kMuch));
  EXPECT_TRUE(span(LanePace::kMuch - 10));
  EXPECT_TRUE(pace_.shortTurns());
  EXPECT_FALSE(span(LanePace::kMuch - 10));
}

TEST_F(LanePaceTest, HalfASpanDecidesNothing) {
  pace_.note(1, kStart);
  EXPECT_FALSE(pace_.note(10 * LanePace::kMuch, kStart + LanePace::kSpan / 2));
  EXPECT_TRUE(pace_.shortTurns());
}

TEST_F(LanePaceTest, WhatOneSpanHadIsNotOfTheNext) {
  pace_.note(1, kStart);
  span(LanePace::kMuch);
  span(LanePace::kMuch / 2);
  EXPECT_FALSE(span(LanePace::kMuch / 2));
  EXPECT_TRUE(pace_.shortTurns());
}

TEST_F(LanePaceTest, ALongRestIsOneSpan) {
  pace_.note(1, kStart);
  span(LanePace::kMuch);
  EXPECT_TRUE(pace_.note(1, now_ + std::chrono::seconds(10)));
  EXPECT_TRUE(pace_.shortTurns());
}

}  // namespace
}  // namespace sessiond
