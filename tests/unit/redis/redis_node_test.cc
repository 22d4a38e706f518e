#include "redis/redis_node.h"

#include <gtest/gtest.h>

#include <string>

#include "replies.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

class RedisNodeTest : public testing::Test {
 protected:
  static RedisSettings behindSentinels() {
    RedisSettings config;
    config.url.clear();
    config.sentinel.master = "main";
    config.sentinel.nodes = {"s0"};
    return config;
  }
  static RedisAddress addressOf(const std::string& host) {
    RedisAddress address;
    address.host = host;
    return address;
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  RedisNode single_{RedisSettings(), "", clock_, metrics_};
  RedisNode primary_{behindSentinels(), "probe", clock_, metrics_};
};

TEST_F(RedisNodeTest, ASingleServerIsWhereItIsAndNeedsNobodysWord) {
  EXPECT_EQ(single_.server(), "127.0.0.1:6379");
  EXPECT_TRUE(single_.isVouchedFor(clock_.steadyNow()));
}

TEST_F(RedisNodeTest, APrimaryIsAskedWhileItIsVouchedForAndObserversHearOfItsMoves) {
  EXPECT_EQ(primary_.server(), "the primary main");
  EXPECT_EQ(primary_.place().present(), nullptr);
  EXPECT_FALSE(primary_.isVouchedFor(clock_.steadyNow()));
  std::string heard;
  const NodeObservers::Registration registration(
      primary_.observers(),
      {.moved = [&] { heard += primary_.server() + " "; }, .doubted = [&] { heard += "doubted "; }});
  primary_.moveTo(addressOf("192.0.2.1"), "s0");
  const std::uint64_t term = primary_.place().term();
  primary_.vouch(clock_.steadyNow() + milliseconds(5));
  EXPECT_TRUE(primary_.isVouchedFor(clock_.steadyNow()));
  clock_.advance(milliseconds(5));
  EXPECT_FALSE(primary_.isVouchedFor(clock_.steadyNow()));
  primary_.observers().tellDoubted();
  primary_.moveTo(addressOf("192.0.2.2"), "s1");
  EXPECT_EQ(heard, "192.0.2.1:6379 doubted 192.0.2.2:6379 ") << "each told when the place is known";
  EXPECT_EQ(primary_.place().term(), term + 1);
  EXPECT_EQ(primary_.place().present()->told_by, "s1");
}

TEST_F(RedisNodeTest, WhoeverHearsThatReplicasLackHearsItForAllUntilTheServerIsAnother) {
  const ErrorKind* const worst = primary_.noteErrors({error("NOREPLICAS Not enough good replicas to write.")});
  ASSERT_NE(worst, nullptr);
  EXPECT_EQ(worst->code, kNoReplicas);
  EXPECT_TRUE(primary_.writes().lackReplicas());
  primary_.moveTo(addressOf("192.0.2.2"), "s1");
  EXPECT_FALSE(primary_.writes().lackReplicas());
}

TEST_F(RedisNodeTest, ErrorsAreCountedForTheServerThatItIs) {
  const auto errors_of = [&](const std::string& server) {
    return metrics_.passingCounter("sessiond_redis_server_errors_total", "", {{"server", server}})->read();
  };
  const ConnectionError closed{ConnectionError::Kind::kClosed, "closed"};
  single_.reports().noteFailure(closed);
  for (const char* host : {"192.0.2.1", "192.0.2.2"}) {
    primary_.moveTo(addressOf(host), "s0");
    primary_.reports().noteFailure(closed);
  }
  for (const char* server : {"127.0.0.1:6379", "192.0.2.1:6379", "192.0.2.2:6379"}) {
    EXPECT_EQ(errors_of(server), 1U) << server;
  }
}

TEST_F(RedisNodeTest, ABreakerThatTheOldServerOpenedIsClosedForTheNewOne) {
  primary_.moveTo(addressOf("192.0.2.1"), "s0");
  for (int i = 0; i < 5; ++i) {
    auto attempt = primary_.breaker().attempt();
    static_cast<void>(attempt.failed());
  }
  ASSERT_TRUE(primary_.breaker().isOpen());
  primary_.moveTo(addressOf("192.0.2.2"), "s0");
  EXPECT_FALSE(primary_.breaker().isOpen());
}

TEST_F(RedisNodeTest, ANameThatLeadsElsewhereBeginsATermAtTheSamePlace) {
  int moves = 0;
  const NodeObservers::Registration registration(single_.observers(), {.moved = [&] { ++moves; }, .doubted = [] {}});
  for (int i = 0; i < 5; ++i) {
    auto attempt = single_.breaker().attempt();
    static_cast<void>(attempt.failed());
  }
  const NodePlace::Ref before = single_.place().present();
  single_.renewPlace(before->term);
  EXPECT_EQ(single_.place().term(), before->term + 1);
  EXPECT_EQ(single_.place().present()->term, before->term + 1);
  EXPECT_EQ(single_.place().present()->connector, before->connector);
  EXPECT_EQ(single_.server(), "127.0.0.1:6379");
  EXPECT_FALSE(single_.breaker().isOpen());
  EXPECT_EQ(moves, 1);
}

TEST_F(RedisNodeTest, ANameThatLeadsElsewhereIsNothingWhereTheNodeHasMovedMeanwhile) {
  primary_.renewPlace(0);
  EXPECT_EQ(primary_.place().present(), nullptr) << "it is not known yet";
  primary_.moveTo(addressOf("s1.example"), "s0");
  const std::uint64_t before = primary_.place().term();
  primary_.moveTo(addressOf("s2.example"), "s0");
  int moves = 0;
  const NodeObservers::Registration registration(primary_.observers(), {.moved = [&] { ++moves; }, .doubted = [] {}});
  primary_.renewPlace(before);
  EXPECT_EQ(primary_.server(), "s2.example:6379");
  EXPECT_EQ(primary_.place().term(), before + 1);
  EXPECT_EQ(moves, 0);
}

}  // namespace
}  // namespace sessiond
