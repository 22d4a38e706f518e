#include "session/touch_throttle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TouchThrottle, IsDueAtOnceAndThenOnceAnInterval) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  EXPECT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  EXPECT_FALSE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  clock.advance(milliseconds(59900));
  EXPECT_FALSE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  clock.advance(milliseconds(100));
  EXPECT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  EXPECT_FALSE(throttle.ask("a", hours(24), clock.steadyNow()).due);
}

TEST(TouchThrottle, KeepsSessionsApart) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(throttle.ask("session-" + std::to_string(i), hours(24), clock.steadyNow()).due) << i;
  }
  int again = 0;
  for (int i = 0; i < 1000; ++i) {
    again += throttle.ask("session-" + std::to_string(i), hours(24), clock.steadyNow()).due ? 1 : 0;
  }
  EXPECT_EQ(again, 0);
}

TEST(TouchThrottle, TouchesAShortSessionTenTimesInItsLife) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  EXPECT_TRUE(throttle.ask("a", seconds(20), clock.steadyNow()).due);
  clock.advance(milliseconds(1900));
  EXPECT_FALSE(throttle.ask("a", seconds(20), clock.steadyNow()).due);
  clock.advance(milliseconds(100));
  EXPECT_TRUE(throttle.ask("a", seconds(20), clock.steadyNow()).due);
}

TEST(TouchThrottle, TellsWhenItIsDueNextAndHowLongItWaitsBetweenTouches) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  const SteadyTime first = clock.steadyNow();
  for (const bool due : {true, false}) {
    const TouchThrottle::Answer answer = throttle.ask("a", hours(24), clock.steadyNow());
    EXPECT_EQ(answer.due, due);
    EXPECT_EQ(answer.next, first + seconds(60));
    EXPECT_EQ(throttle.look("a", hours(24), clock.steadyNow()).next, first + seconds(60));
    EXPECT_EQ(answer.wait, seconds(60));
    EXPECT_EQ(throttle.ask("short", seconds(20), clock.steadyNow()).wait, seconds(2));
    clock.advance(seconds(1));
  }
  clock.advance(seconds(60));
  EXPECT_EQ(throttle.ask("a", hours(24), clock.steadyNow()).wait, seconds(60));
}

TEST(TouchThrottle, AsksAgainAfterForget) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  EXPECT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  throttle.forget("b");
  EXPECT_FALSE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  throttle.forget("a");
  EXPECT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
}

TEST(TouchThrottle, ForgetsOneSessionAndNotThoseBesideIt) {
  FakeClock clock;
  constexpr int kPlaces = 8;
  TouchThrottle throttle(seconds(60), kPlaces);
  EXPECT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  EXPECT_TRUE(throttle.ask("b", hours(24), clock.steadyNow()).due);
  throttle.forget("b");
  EXPECT_FALSE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  EXPECT_TRUE(throttle.ask("b", hours(24), clock.steadyNow()).due);
}

TEST(TouchThrottle, WithoutRoomForgetsWhoeverWasTouchedLongestAgo) {
  FakeClock clock;
  constexpr int kPlaces = 8;
  TouchThrottle throttle(seconds(60), kPlaces);
  for (int i = 0; i <= kPlaces; ++i) {
    EXPECT_TRUE(throttle.ask(std::to_string(i), hours(24), clock.steadyNow()).due);
    clock.advance(seconds(1));
  }
  for (int i = 1; i <= kPlaces; ++i) EXPECT_FALSE(throttle.ask(std::to_string(i), hours(24), clock.steadyNow()).due);
  EXPECT_TRUE(throttle.look("0", hours(24), clock.steadyNow()).due);
}

TEST(TouchThrottle, AnOverfullTableCostsTouchesAndNothingElse) {
  FakeClock clock;
  constexpr int kPlaces = 8;
  TouchThrottle throttle(seconds(60), kPlaces);
  for (int round = 0; round < 3; ++round) {
    int due = 0;
    for (int i = 0; i < 50; ++i) due += throttle.ask(std::to_string(i), hours(24), clock.steadyNow()).due ? 1 : 0;
    EXPECT_GE(due, 50 - kPlaces);
    clock.advance(seconds(1));
  }
}

TEST(TouchThrottle, TellsOneOfManyThreads) {
  FakeClock clock;
  TouchThrottle throttle(seconds(60));
  ASSERT_TRUE(throttle.ask("a", hours(24), clock.steadyNow()).due);
  clock.advance(seconds(61));
  std::atomic<int> told = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        if (throttle.ask("a", hours(24), clock.steadyNow()).due) ++told;
      });
    }
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace sessiond
