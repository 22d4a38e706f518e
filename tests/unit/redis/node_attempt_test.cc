#include "redis/node_attempt.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "replies.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

class NodeAttemptTest : public testing::Test {
 protected:
  SteadyTime now() const { return clock_.steadyNow(); }
  std::uint64_t errors(const std::string& kind) {
    return metrics_.counter("sessiond_redis_errors_total", "", {{"kind", kind}}).read();
  }
  void fail(const ConnectionError& error, int times) {
    for (int i = 0; i < times; ++i) {
      NodeAttempt attempt(node_, now());
      ASSERT_TRUE(attempt);
      static_cast<void>(attempt.failed(error, now()));
    }
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  RedisNode node_{RedisSettings(), "", clock_, metrics_};
};

TEST_F(NodeAttemptTest, IsNoneWhereNobodyVouches) {
  node_.vouch(SteadyTime::min());
  EXPECT_FALSE(NodeAttempt(node_, now()));
  EXPECT_EQ(errors("sentinels_silent"), 1U);
}

TEST_F(NodeAttemptTest, IsNoneWhileTheBreakerIsOpen) {
  fail({ConnectionError::Kind::kClosed, "closed"}, 5);
  ASSERT_TRUE(node_.breaker().isOpen());
  EXPECT_FALSE(NodeAttempt(node_, now()));
  EXPECT_EQ(errors("breaker_open"), 1U);
}

TEST_F(NodeAttemptTest, ThatWasLeftUnansweredHasFailed) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(NodeAttempt(node_, now()));
  EXPECT_TRUE(node_.breaker().isOpen());
}

TEST_F(NodeAttemptTest, ThatFailedTellsWhyAndWhoeverObservesTheNode) {
  int lost = 0;
  const NodeObservers::Registration registration(node_.observers(),
                                                 {.moved = [] {}, .doubted = [] {}, .lost = [&] { ++lost; }});
  NodeAttempt late(node_, now());
  EXPECT_EQ(late.failed({ConnectionError::Kind::kTimeout, "no answer in time"}, now()), StoreError::kTimeout);
  EXPECT_EQ(lost, 1);
  NodeAttempt cut(node_, now());
  EXPECT_EQ(cut.failed({ConnectionError::Kind::kClosed, "closed"}, now()), StoreError::kUnavailable);
  EXPECT_EQ(lost, 2);
}

TEST_F(NodeAttemptTest, AnErrorOfTheWholeServerIsAFailureAndOneOfACommandIsNot) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(NodeAttempt(node_, now()).answered({status("OK"), error("OOM command not allowed")}, now()));
  }
  EXPECT_FALSE(node_.breaker().isOpen());
  for (int i = 0; i < 5; ++i) {
    const auto loading = NodeAttempt(node_, now()).answered({error("LOADING Redis is loading")}, now());
    ASSERT_FALSE(loading);
    EXPECT_EQ(loading.error(), StoreError::kUnavailable);
  }
  EXPECT_TRUE(node_.breaker().isOpen());
}

TEST_F(NodeAttemptTest, BesideARefusalByAReplicaNothingIsBelievedThoughItAnswers) {
  for (int i = 0; i < 9; ++i) {
    const auto refused = NodeAttempt(node_, now()).answered({status("OK"), error("READONLY You can't write")}, now());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), StoreError::kUnavailable);
  }
  EXPECT_FALSE(node_.breaker().isOpen());
}

TEST_F(NodeAttemptTest, WhoIsNotBelievedAnswersAllTheSame) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(NodeAttempt(node_, now()).disbelieved({error("NOREPLICAS Not enough")}), StoreError::kUnavailable);
  }
  EXPECT_FALSE(node_.breaker().isOpen());
  for (int i = 0; i < 5; ++i) static_cast<void>(NodeAttempt(node_, now()).disbelieved({error("CLUSTERDOWN it is")}));
  EXPECT_TRUE(node_.breaker().isOpen()) << "where nothing works it is the same as for who is believed";
}

}  // namespace
}  // namespace sessiond
