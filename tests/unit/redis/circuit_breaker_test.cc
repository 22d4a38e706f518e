#include "redis/circuit_breaker.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Change = CircuitBreaker::Change;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  void fail(int times) {
    for (int i = 0; i < times; ++i) {
      auto attempt = breaker.attempt();
      ASSERT_TRUE(attempt);
      static_cast<void>(attempt.failed());
    }
  }
  bool allows() {
    auto attempt = breaker.attempt();
    if (!attempt) return false;
    static_cast<void>(attempt.succeeded());
    return true;
  }

  FakeClock clock;
  std::uint32_t jitter = 0;
  CircuitBreaker breaker{BreakerSettings{.failures = 3, .min_backoff = 100ms, .max_backoff = 350ms}, clock,
                         [this](std::uint32_t bound) { return std::min(jitter, bound - 1); }};
};

TEST_F(CircuitBreakerTest, OpensAfterThatManyFailuresInARow) {
  fail(2);
  EXPECT_FALSE(breaker.isOpen());
  auto third = breaker.attempt();
  EXPECT_EQ(third.failed(), Change::kOpened);
  EXPECT_TRUE(breaker.isOpen());
  EXPECT_FALSE(breaker.attempt());
}

TEST_F(CircuitBreakerTest, ForgetsFailuresOnSuccess) {
  fail(2);
  EXPECT_TRUE(allows());
  fail(2);
  EXPECT_FALSE(breaker.isOpen());
}

TEST_F(CircuitBreakerTest, LetsOneCallerProbeWhenThePauseIsOver) {
  fail(3);
  clock.advance(99ms);
  EXPECT_FALSE(breaker.attempt());
  clock.advance(1ms);
  auto probe = breaker.attempt();
  EXPECT_TRUE(probe);
  EXPECT_FALSE(breaker.attempt());
  EXPECT_EQ(probe.succeeded(), Change::kClosed);
  EXPECT_FALSE(breaker.isOpen());
  EXPECT_TRUE(allows());
}

TEST_F(CircuitBreakerTest, PausesTwiceAsLongAfterEachFailedProbeUpToTheLongest) {
  fail(3);
  for (const auto pause : {100ms, 200ms, 350ms, 350ms}) {
    clock.advance(pause - 1ms);
    EXPECT_FALSE(breaker.attempt()) << pause.count();
    clock.advance(1ms);
    auto probe = breaker.attempt();
    ASSERT_TRUE(probe) << pause.count();
    EXPECT_EQ(probe.failed(), Change::kNone);
  }
}

TEST_F(CircuitBreakerTest, BeginsWithTheShortestPauseAgainAfterItHasClosed) {
  fail(3);
  clock.advance(100ms);
  fail(1);
  clock.advance(200ms);
  EXPECT_TRUE(allows());
  fail(3);
  clock.advance(100ms);
  EXPECT_TRUE(breaker.attempt());
}

TEST_F(CircuitBreakerTest, ShortensAPauseByUpToHalf) {
  jitter = 1000;
  fail(3);
  clock.advance(49ms);
  EXPECT_FALSE(breaker.attempt());
  clock.advance(1ms);
  EXPECT_TRUE(breaker.attempt());
}

TEST_F(CircuitBreakerTest, IgnoresLateFailuresOfAttemptsFromBeforeItOpened) {
  auto late = breaker.attempt();
  fail(3);
  clock.advance(100ms);
  auto probe = breaker.attempt();
  EXPECT_EQ(late.failed(), Change::kNone);
  EXPECT_EQ(probe.succeeded(), Change::kClosed);
  EXPECT_TRUE(allows());
}

TEST_F(CircuitBreakerTest, IsNotHeldOpenLongerByLateFailures) {
  auto late = breaker.attempt();
  fail(3);
  clock.advance(60ms);
  EXPECT_EQ(late.failed(), Change::kNone);
  clock.advance(40ms);
  EXPECT_TRUE(allows());
}

TEST_F(CircuitBreakerTest, ClosesOnALateSuccess) {
  auto late = breaker.attempt();
  fail(3);
  EXPECT_EQ(late.succeeded(), Change::kClosed);
  EXPECT_TRUE(allows());
}

TEST_F(CircuitBreakerTest, CountsAnAbandonedAttemptAsAFailure) {
  fail(3);
  clock.advance(100ms);
  EXPECT_TRUE(breaker.attempt());  // abandoned, as nobody keeps it
  EXPECT_FALSE(breaker.attempt());
  clock.advance(200ms);
  EXPECT_TRUE(allows());
}

TEST_F(CircuitBreakerTest, ReportsNoChangeWhileAllIsWell) {
  auto attempt = breaker.attempt();
  EXPECT_EQ(attempt.succeeded(), Change::kNone);
}

TEST(CircuitBreaker, WorksWithoutAnyPauseConfigured) {
  FakeClock clock;
  CircuitBreaker breaker({.failures = 0, .min_backoff = 0ms, .max_backoff = 0ms}, clock,
                         [](std::uint32_t) { return 0U; });
  auto attempt = breaker.attempt();
  EXPECT_EQ(attempt.failed(), Change::kOpened);
  EXPECT_FALSE(breaker.attempt());
  clock.advance(1ms);
  EXPECT_TRUE(breaker.attempt());
}

}  // namespace
}  // namespace sessiond
