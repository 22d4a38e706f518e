#include "session/cache_trust.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

TEST(CacheTrust, DoesNotHoldBeforeItIsEstablished) {
  FakeClock clock;
  const CacheTrust trust(milliseconds(1000));
  EXPECT_FALSE(trust.holds(clock.steadyNow()));
}

TEST(CacheTrust, HoldsUntilTheLastProofIsTooOld) {
  FakeClock clock;
  CacheTrust trust(milliseconds(1000));
  trust.establish(clock.steadyNow());
  clock.advance(milliseconds(900));
  trust.prove(clock.steadyNow() - milliseconds(300));
  clock.advance(milliseconds(700));
  EXPECT_TRUE(trust.holds(clock.steadyNow()));
  clock.advance(milliseconds(1));
  EXPECT_FALSE(trust.holds(clock.steadyNow()));
}

TEST(CacheTrust, EndsAtOnceWhenWithdrawn) {
  FakeClock clock;
  CacheTrust trust(milliseconds(1000));
  trust.establish(clock.steadyNow());
  trust.withdraw();
  EXPECT_FALSE(trust.holds(clock.steadyNow()));
}

TEST(CacheTrust, EverySubscriptionIsAnEpochOfItsOwn) {
  FakeClock clock;
  CacheTrust trust(milliseconds(1000));
  trust.establish(clock.steadyNow());
  const std::uint64_t first = trust.epoch();
  trust.prove(clock.steadyNow());
  EXPECT_EQ(trust.epoch(), first);
  trust.withdraw();
  const std::uint64_t between = trust.epoch();
  trust.establish(clock.steadyNow());
  EXPECT_NE(between, first);
  EXPECT_NE(trust.epoch(), first);
  EXPECT_NE(trust.epoch(), between);
}

}  // namespace
}  // namespace sessiond
