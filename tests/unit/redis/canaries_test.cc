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
  static std::string keyOf(const Canaries::ProofRef& of, SteadyTime sent) {
    return "p:" + std::to_string(of->number) + ":" + std::to_string(sent.time_since_epoch().count());
  }
  bool cameBack(const Canaries::ProofRef& of, SteadyTime sent, SteadyTime now) {
    return canaries_.cameBack(keyOf(of, sent), "p:", now);
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
  canaries_.written(first, "p:2:later", at(5100ms), at(5101ms));
  canaries_.written(first, "p:1:earlier", at(5000ms), at(5101ms));
  EXPECT_EQ(canaries_.latest(first), "p:2:later");
  canaries_.distrust(DistrustReason::kFlush);
  EXPECT_EQ(canaries_.latest(first), "");
  EXPECT_EQ(canaries_.latest(canaries_.current()), "") << "it is gone";
  canaries_.written(first, "p:2:late", at(5200ms), at(5201ms));
  EXPECT_EQ(canaries_.latest(canaries_.current()), "") << "of an era before";
}

TEST_F(CanariesTest, WhereAllMayHaveExpiredNothingFromBeforeIsBelieved) {
  EXPECT_EQ(canaries_.currentForWriting(at(4000ms)), nullptr);
  canaries_.subscribed("p:");
  const auto before = canaries_.currentForWriting(at(4000ms));
  ASSERT_NE(before, nullptr);
  canaries_.written(before, "p:1:x", at(5000ms), at(5001ms));
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

/// What is told in between may be more than that canary.
TEST_F(CanariesTest, WhereOneThatWasTakenIsLeftOutAllIsMadeAnew) {
  const auto first = canaries_.add();
  const auto second = canaries_.add();
  canaries_.subscribed("p:");
  const auto before = canaries_.current();
  ASSERT_TRUE(cameBack(first, at(4900ms), at(4901ms)));
  ASSERT_TRUE(trust_.believes(before->era, at(5000ms)));
  canaries_.written(before, keyOf(first, at(5000ms)), at(5000ms), at(5001ms));
  ASSERT_EQ(canaries_.current(), before) << "it may come yet";
  ASSERT_TRUE(cameBack(second, at(5300ms), at(5301ms)));
  EXPECT_FALSE(trust_.believes(before->era, at(5301ms)));
  EXPECT_FALSE(trust_.holds(at(5301ms)));
  EXPECT_EQ(canaries_.current(), nullptr);
  EXPECT_EQ(canaries_.generation(), 1U);
  EXPECT_EQ(canaries_.givenUpFor(), DistrustReason::kCanaries);
  EXPECT_EQ(lost("canaries"), 1U);
}

/// Nobody knows where it is. Connections are given up now and then, and that alone takes nobody's subscription.
TEST_F(CanariesTest, WhereOneWithoutAnAnswerIsOvertakenNothingFromBeforeIsBelieved) {
  const auto first = canaries_.add();
  const auto second = canaries_.add();
  canaries_.subscribed("p:");
  const auto before = canaries_.current();
  ASSERT_TRUE(cameBack(first, at(4900ms), at(4901ms)));
  canaries_.unanswered(before, keyOf(first, at(5000ms)), at(5150ms));
  ASSERT_TRUE(cameBack(second, at(5275ms), at(5276ms))) << "both may have been under way";
  ASSERT_EQ(canaries_.current(), before);
  ASSERT_TRUE(cameBack(second, at(5276ms), at(5277ms)));
  ASSERT_NE(canaries_.current(), before);
  ASSERT_NE(canaries_.current(), nullptr) << "the subscription stands";
  EXPECT_FALSE(trust_.believes(before->era, at(5277ms)));
  EXPECT_EQ(canaries_.generation(), 0U);
  EXPECT_EQ(lost("canaries"), 1U);
  const auto behind = canaries_.current();
  ASSERT_TRUE(cameBack(second, at(5500ms), at(5501ms)));
  EXPECT_EQ(canaries_.current(), behind) << "that is settled";
  EXPECT_TRUE(trust_.believes(behind->era, at(5501ms)));
}

TEST_F(CanariesTest, OutOfASilenceInWhichSomebodyWaitedInVainNothingFromBeforeIsBelieved) {
  const auto proof = canaries_.add();
  canaries_.subscribed("p:");
  const auto before = canaries_.current();
  ASSERT_TRUE(cameBack(proof, at(5000ms), at(5001ms)));
  ASSERT_TRUE(cameBack(proof, at(7000ms), at(7001ms))) << "nobody has asked meanwhile";
  canaries_.waitedInVain();
  ASSERT_TRUE(cameBack(proof, at(7250ms), at(8500ms))) << "the server has slept";
  ASSERT_TRUE(cameBack(proof, at(8501ms), at(8502ms)));
  ASSERT_EQ(canaries_.current(), before);
  canaries_.waitedInVain();
  ASSERT_TRUE(cameBack(proof, at(8700ms), at(8701ms))) << "others have been answered";
  canaries_.waitedInVain();
  ASSERT_TRUE(cameBack(proof, at(9700ms), at(9701ms)));
  ASSERT_EQ(canaries_.current(), before);
  canaries_.waitedInVain();
  ASSERT_TRUE(cameBack(proof, at(700ms), at(10700ms))) << "the end of one tells of nothing";
  ASSERT_TRUE(cameBack(proof, at(10701ms), at(10702ms)));
  EXPECT_NE(canaries_.current(), before);
  EXPECT_FALSE(trust_.believes(before->era, at(10702ms)));
  EXPECT_EQ(lost("canaries"), 1U);
  const auto behind = canaries_.current();
  ASSERT_TRUE(cameBack(proof, at(20000ms), at(20001ms)));
  EXPECT_EQ(canaries_.current(), behind) << "that was of the one before";
}

TEST_F(CanariesTest, TheEndOfOneProvesNothingAndSettlesNothing) {
  const auto first = canaries_.add();
  const auto second = canaries_.add();
  canaries_.subscribed("p:");
  ASSERT_TRUE(cameBack(second, at(5000ms), at(15000ms)));
  EXPECT_FALSE(canaries_.proven());
  canaries_.written(canaries_.current(), keyOf(first, at(5000ms)), at(5000ms), at(5001ms));
  ASSERT_TRUE(cameBack(first, at(5000ms), at(15000ms)));
  ASSERT_TRUE(cameBack(second, at(15001ms), at(15002ms)));
  EXPECT_EQ(canaries_.generation(), 1U);
}

TEST_F(CanariesTest, WhatComesBackInTurnLeavesNothingOut) {
  const auto first = canaries_.add();
  const auto second = canaries_.add();
  canaries_.subscribed("p:");
  const auto of = canaries_.current();
  ASSERT_TRUE(cameBack(first, at(5000ms), at(5001ms)));
  canaries_.written(of, keyOf(first, at(5000ms)), at(5000ms), at(5002ms));  // told of before it was answered
  ASSERT_TRUE(cameBack(second, at(5300ms), at(5301ms)));
  canaries_.written(of, keyOf(first, at(5400ms)), at(5400ms), at(5402ms));
  ASSERT_TRUE(cameBack(second, at(5401ms), at(5410ms))) << "both were under way";
  ASSERT_TRUE(cameBack(second, at(5500ms), at(5510ms))) << "by another way, it may be";
  ASSERT_TRUE(cameBack(first, at(5400ms), at(5520ms)));
  ASSERT_TRUE(cameBack(second, at(5900ms), at(5901ms)));
  canaries_.unanswered(of, keyOf(first, at(6000ms)), at(6500ms));
  ASSERT_TRUE(cameBack(first, at(6000ms), at(7000ms))) << "the server was slow";
  ASSERT_TRUE(cameBack(second, at(7000ms), at(7001ms)));
  ASSERT_TRUE(cameBack(first, at(5400ms), at(15400ms))) << "its end";
  EXPECT_EQ(canaries_.current(), of);
  EXPECT_EQ(lost("canaries"), 0U);
}

TEST_F(CanariesTest, WhatIsLeftOutOfAnotherSubscriptionIsNoMatter) {
  const auto proof = canaries_.add();
  canaries_.subscribed("p:");
  const auto before = canaries_.current();
  canaries_.written(before, keyOf(proof, at(5000ms)), at(5000ms), at(5001ms));
  canaries_.subscribed("p:");
  canaries_.written(before, keyOf(proof, at(5010ms)), at(5010ms), at(5011ms));
  canaries_.unanswered(before, keyOf(proof, at(5020ms)), at(5021ms));
  const auto of = canaries_.current();
  ASSERT_TRUE(cameBack(proof, at(5500ms), at(5501ms)));
  EXPECT_EQ(canaries_.current(), of);
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
