#include "session/cache_trust.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

class CacheTrustTest : public testing::Test {
 protected:
  SteadyTime now() { return clock_.steadyNow(); }

  FakeClock clock_;
  CacheTrust trust_{milliseconds(1000)};
};

TEST_F(CacheTrustTest, DoesNotHoldBeforeTheFirstProof) {
  EXPECT_FALSE(trust_.holds(now()));
  trust_.beginEra();
  EXPECT_FALSE(trust_.holds(now()));
}

TEST_F(CacheTrustTest, HoldsUntilTheLastProofIsTooOld) {
  const CacheTrust::Era era = trust_.beginEra();
  trust_.prove(era, now());
  clock_.advance(milliseconds(900));
  trust_.prove(era, now() - milliseconds(300));
  clock_.advance(milliseconds(700));
  EXPECT_TRUE(trust_.holds(now()));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(trust_.holds(now()));
}

TEST_F(CacheTrustTest, AnOlderProofTakesNothingFromANewerOne) {
  const CacheTrust::Era era = trust_.beginEra();
  trust_.prove(era, now());
  trust_.prove(era, now() - milliseconds(900));
  clock_.advance(milliseconds(1000));
  EXPECT_TRUE(trust_.holds(now()));
}

TEST_F(CacheTrustTest, ALostSubscriptionIsBelievedAsLongAsASilentOne) {
  const CacheTrust::Era lost = trust_.beginEra();
  trust_.prove(lost, now());
  trust_.beginEra();
  EXPECT_FALSE(trust_.holds(now())) << "what is loaded now is told of by nobody";
  clock_.advance(milliseconds(1000));
  EXPECT_TRUE(trust_.believes(lost, now()));
  clock_.advance(milliseconds(1));
  EXPECT_FALSE(trust_.believes(lost, now()));
}

TEST_F(CacheTrustTest, NoProofOfALaterSubscriptionRevivesAnEarlierOne) {
  const CacheTrust::Era lost = trust_.beginEra();
  trust_.prove(lost, now());
  const CacheTrust::Era later = trust_.beginEra();
  clock_.advance(milliseconds(900));
  trust_.prove(later, now());
  trust_.prove(lost, now());
  clock_.advance(milliseconds(101));
  EXPECT_FALSE(trust_.believes(lost, now()));
  EXPECT_TRUE(trust_.believes(later, now()));
}

TEST_F(CacheTrustTest, DistrustEndsEverythingAtOnce) {
  const CacheTrust::Era first = trust_.beginEra();
  trust_.prove(first, now());
  const CacheTrust::Era second = trust_.beginEra();
  trust_.prove(second, now());
  const CacheTrust::Era third = trust_.distrust();
  EXPECT_FALSE(trust_.believes(first, now()));
  EXPECT_FALSE(trust_.believes(second, now()));
  EXPECT_FALSE(trust_.holds(now()));
  trust_.prove(third, now());
  EXPECT_TRUE(trust_.holds(now()));
  EXPECT_FALSE(trust_.believes(second, now()));
}

TEST_F(CacheTrustTest, EveryEraIsAnother) {
  const CacheTrust::Era first = trust_.beginEra();
  trust_.prove(first, now());
  EXPECT_EQ(trust_.era(), first);
  for (int i = 0; i < 100; ++i) {
    const CacheTrust::Era next = trust_.beginEra();
    EXPECT_NE(next, first);
    EXPECT_FALSE(trust_.believes(next, now())) << "the places of proofs are used again";
    trust_.prove(next, now());
  }
  EXPECT_FALSE(trust_.believes(first, now())) << "long over";
}

}  // namespace
}  // namespace sessiond
