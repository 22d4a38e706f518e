#include "redis/canaries.h"

#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

SteadyTime at(std::chrono::milliseconds time) {
  return SteadyTime(time);
}

class CanariesTest : public testing::Test {
 protected:
  std::uint64_t lost(const std::string& reason) {
    return metrics_.counter("sessiond_cache_trust_lost_total", "", {{"reason", reason}}).read();
  }
  bool cameBack(const Canaries::ProofRef& of, SteadyTime sent, SteadyTime now) {
    const std::string moment = std::to_string(sent.time_since_epoch().count());
    return canaries_.cameBack("p:" + std::to_string(of->number) + ":" + moment, "p:", now);
  }

  CacheTrust trust_{1000ms};
  MetricsRegistry metrics_;
  Canaries canaries_{trust_, RedisKeys("sess:", "sessiond:"), metrics_};
};

TEST_F(CanariesTest, RememberWhyASubscriptionWasGivenUpUntilTheServerIsAnother) {
  EXPECT_FALSE(canaries_.givenUpFor());
  canaries_.subscribed("p:");
  const auto first = canaries_.current();
  canaries_.renew(first, DistrustReason::kCanaries);
  EXPECT_EQ(canaries_.givenUpFor(), DistrustReason::kCanaries);
  canaries_.subscribed("q:");
  canaries_.renew(first, DistrustReason::kDatabase);
  EXPECT_EQ(canaries_.givenUpFor(), DistrustReason::kCanaries) << "of another subscription";
  EXPECT_EQ(canaries_.generation(), 1U);
  canaries_.renewAll();
  EXPECT_FALSE(canaries_.givenUpFor());
}

TEST_F(CanariesTest, CountWhatIsLostOnlyWhereASubscriptionStood) {
  canaries_.renewAll();
  canaries_.distrust(DistrustReason::kFlush);
  EXPECT_EQ(lost("switch") + lost("flush"), 0U);
  canaries_.subscribed("p:");
  canaries_.distrust(DistrustReason::kFlush);
  EXPECT_EQ(lost("flush"), 1U);
  canaries_.renew(canaries_.current(), DistrustReason::kDatabase);
  canaries_.lost(DistrustReason::kSubscription);
  EXPECT_EQ(lost("database"), 1U);
  EXPECT_EQ(lost("subscription"), 0U) << "it was lost already";
  canaries_.subscribed("q:");
  canaries_.lost(DistrustReason::kSubscription);
  EXPECT_EQ(lost("subscription"), 1U);
  canaries_.subscribed("r:");
  canaries_.ended();
  EXPECT_EQ(canaries_.current(), nullptr);
  EXPECT_EQ(lost("subscription"), 1U) << "nobody is there who could have lost it";
}

TEST_F(CanariesTest, TellHowLongOneWasUnderWayOnce) {
  const Histogram& seconds = metrics_.histogram("sessiond_canary_seconds", "");
  const auto proof = canaries_.add();
  canaries_.subscribed("p:");
  EXPECT_TRUE(cameBack(proof, at(5000ms), at(5250ms)));
  EXPECT_DOUBLE_EQ(seconds.sumSeconds(), 0.25);
  EXPECT_TRUE(cameBack(proof, at(5000ms), at(15000ms))) << "its end";
  EXPECT_TRUE(cameBack(proof, at(4000ms), at(15000ms))) << "the end of one before";
  EXPECT_DOUBLE_EQ(seconds.sumSeconds(), 0.25);
}

TEST_F(CanariesTest, ALostSubscriptionProvesNothingAndWhatItProvedStandsForAWhile) {
  canaries_.subscribed("p:");
  const CacheTrust::Era era = canaries_.current()->era;
  ASSERT_TRUE(cameBack(canaries_.add(), at(5000ms), at(5001ms)));
  ASSERT_TRUE(trust_.holds(at(5001ms)));
  canaries_.lost(DistrustReason::kSubscription);
  EXPECT_FALSE(trust_.holds(at(5001ms)));
  EXPECT_TRUE(trust_.believes(era, at(5001ms)));
  EXPECT_EQ(canaries_.current(), nullptr);
}

TEST_F(CanariesTest, WhatIsDistrustedOrGivenUpIsBelievedNoLonger) {
  canaries_.subscribed("p:");
  CacheTrust::Era era = canaries_.current()->era;
  ASSERT_TRUE(cameBack(canaries_.add(), at(5000ms), at(5001ms)));
  canaries_.distrust(DistrustReason::kFlush);
  EXPECT_FALSE(trust_.believes(era, at(5001ms)));
  era = canaries_.current()->era;
  ASSERT_TRUE(cameBack(canaries_.add(), at(5100ms), at(5101ms))) << "the subscription stands";
  ASSERT_TRUE(trust_.believes(era, at(5101ms)));
  canaries_.renew(canaries_.current(), DistrustReason::kCanaries);
  EXPECT_FALSE(trust_.believes(era, at(5101ms)));
  EXPECT_FALSE(trust_.holds(at(5101ms)));
}

TEST_F(CanariesTest, OneOfASubscriptionBeforeProvesNothing) {
  canaries_.subscribed("q:");
  EXPECT_TRUE(cameBack(canaries_.add(), at(5000ms), at(5001ms))) << "it is a canary all the same";
  EXPECT_FALSE(trust_.holds(at(5001ms)));
  EXPECT_FALSE(canaries_.proven());
}

/// It is read back by whoever writes the next one, over whichever connection.
TEST_F(CanariesTest, TheLatestThatWasWrittenIsRememberedWithItsSubscription) {
  canaries_.subscribed("p:");
  const auto first = canaries_.current();
  EXPECT_EQ(canaries_.latest(first), "");
  canaries_.written(first, "p:2:later", at(5100ms));
  canaries_.written(first, "p:1:earlier", at(5000ms));
  EXPECT_EQ(canaries_.latest(first), "p:2:later");
  canaries_.distrust(DistrustReason::kFlush);
  EXPECT_EQ(canaries_.latest(first), "");
  EXPECT_EQ(canaries_.latest(canaries_.current()), "") << "it is gone";
  canaries_.written(first, "p:2:late", at(5200ms));
  EXPECT_EQ(canaries_.latest(canaries_.current()), "") << "of an era before";
}

TEST_F(CanariesTest, WhereAllMayHaveExpiredNothingFromBeforeIsBelieved) {
  EXPECT_EQ(canaries_.currentForWriting(at(4000ms)), nullptr);
  canaries_.subscribed("p:");
  const auto before = canaries_.currentForWriting(at(4000ms));
  ASSERT_NE(before, nullptr);
  canaries_.written(before, "p:1:x", at(5000ms));
  EXPECT_EQ(canaries_.currentForWriting(at(9999ms)), before);
  const auto behind = canaries_.currentForWriting(at(10000ms));
  ASSERT_NE(behind, before);
  EXPECT_EQ(behind, canaries_.current());
  EXPECT_EQ(behind->prefix, before->prefix) << "the subscription stands";
  ASSERT_TRUE(cameBack(canaries_.add(), at(10000ms), at(10001ms)));
  EXPECT_TRUE(trust_.believes(behind->era, at(10001ms)));
  EXPECT_FALSE(trust_.believes(before->era, at(10001ms)));
  EXPECT_EQ(lost("unused"), 1U);
  EXPECT_EQ(canaries_.currentForWriting(at(99999ms)), behind);
  EXPECT_EQ(lost("unused"), 1U) << "there is nothing more to lose";
}

/// Somebody else's key below our prefix, and a canary of a connection that is gone.
TEST_F(CanariesTest, WhatIsNoneProvesNothing) {
  canaries_.subscribed("p:");
  const std::string number = std::to_string(canaries_.add()->number);
  for (const std::string& key : {std::string("p:"), "p:" + number, "p:" + number + ":", "p:" + number + ":x",
                                 "p:x:" + std::to_string(at(5000ms).time_since_epoch().count())}) {
    EXPECT_TRUE(canaries_.cameBack(key, "p:", at(5001ms))) << key << " is no session's key";
    EXPECT_FALSE(canaries_.proven()) << key;
  }
  EXPECT_FALSE(canaries_.cameBack("sess:a", "p:", at(5001ms)));
  EXPECT_TRUE(canaries_.cameBack("p:999:" + std::to_string(at(5000ms).time_since_epoch().count()), "p:", at(5001ms)));
  EXPECT_TRUE(trust_.holds(at(5001ms))) << "whichever connection wrote it, the subscription stands";
}

TEST_F(CanariesTest, WhoNeverHadASubscriptionGivesNoneUp) {
  canaries_.renew(nullptr, DistrustReason::kCanaries);
  EXPECT_EQ(canaries_.generation(), 0U);
  EXPECT_EQ(canaries_.givenUpFor(), std::nullopt);
}

/// Connections come and go for weeks under one subscription.
TEST_F(CanariesTest, ConnectionsThatAreGoneDoNotPileUp) {
  canaries_.subscribed("p:");
  const auto stays = canaries_.add();
  for (int i = 0; i < 1000; ++i) canaries_.add();
  ASSERT_TRUE(cameBack(stays, at(5000ms), at(5001ms)));
  EXPECT_EQ(SteadyTime(SteadyTime::duration(stays->moment.load())), at(5000ms)) << "who is left is known";
}

TEST_F(CanariesTest, OneProvesTheMomentAtWhichItWasWritten) {
  canaries_.subscribed("p:");
  ASSERT_TRUE(cameBack(canaries_.add(), at(5000ms), at(5900ms)));
  EXPECT_TRUE(trust_.holds(at(6000ms)));
  EXPECT_FALSE(trust_.holds(at(6001ms)));
}

TEST_F(CanariesTest, WhatAConnectionProvedGoesWithTheSubscription) {
  const auto proof = canaries_.add();
  const auto forget = [&](auto change) {
    canaries_.subscribed("p:");
    ASSERT_TRUE(cameBack(proof, at(5000ms), at(5001ms)));
    ASSERT_EQ(SteadyTime(SteadyTime::duration(proof->moment.load())), at(5000ms));
    change();
    EXPECT_EQ(proof->moment.load(), Canaries::Proof::kNever);
  };
  forget([&] { canaries_.lost(DistrustReason::kSubscription); });
  forget([&] { canaries_.distrust(DistrustReason::kFlush); });
  forget([&] { canaries_.renew(canaries_.current(), DistrustReason::kDatabase); });
  forget([&] { canaries_.subscribed("p:"); });
}

}  // namespace
}  // namespace sessiond
