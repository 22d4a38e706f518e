#include "redis/node_role.h"

#include <gtest/gtest.h>

#include "replies.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

class NodeRoleTest : public testing::Test {
 protected:
  static RedisSettings behindSentinels() {
    RedisSettings config;
    config.sentinel.nodes = {"s0"};
    return config;
  }
  static RedisSettings withReplicasAllowed() {
    RedisSettings config;
    config.allow_replica = true;
    return config;
  }

  FakeClock clock_;
  NodeRole single_{RedisSettings()};
  const NodeRole primary_{behindSentinels()};
  const NodeRole any_{withReplicasAllowed()};
};

TEST_F(NodeRoleTest, AReplicaIsNotUsedUnlessThatIsAllowed) {
  EXPECT_TRUE(single_.isDeniedBy(helloOf("slave")));
  EXPECT_FALSE(single_.isDeniedBy(helloOf("master")));
  EXPECT_FALSE(single_.isDeniedBy(helloOf(""))) << "where there is no other";
  EXPECT_FALSE(any_.isDeniedBy(helloOf("slave")));
}

TEST_F(NodeRoleTest, AmongSeveralItHasToBeTold) {
  EXPECT_TRUE(primary_.isDeniedBy(helloOf("")));
  EXPECT_FALSE(primary_.isDeniedBy(helloOf("master")));
  RedisReply refused = error("NOPERM this user has no permissions to run the 'hello' command");
  refused.elements = helloOf("master").elements;
  EXPECT_TRUE(primary_.isDeniedBy(refused)) << "whatever another reply has left there";
}

TEST_F(NodeRoleTest, WhoTellsNoneHasToShowItselfUnlessAReplicaWouldDo) {
  EXPECT_TRUE(NodeRole::isToldBy(helloOf("master")));
  for (const RedisReply& last : {error("ERR unknown command 'HELLO'"), helloOf(""), status("PONG")}) {
    EXPECT_FALSE(NodeRole::isToldBy(last));
  }
  EXPECT_TRUE(single_.mustBeShown(false));
  EXPECT_FALSE(single_.mustBeShown(true));
  EXPECT_FALSE(any_.mustBeShown(false));
}

TEST_F(NodeRoleTest, OnlyWhatNoReplicaSaysShowsAPrimary) {
  EXPECT_FALSE(NodeRole::judgeShown(number(0)));
  EXPECT_FALSE(NodeRole::judgeShown(error("NOREPLICAS Not enough good replicas to write.")));
  for (const char* text : {"READONLY You can't write", "MASTERDOWN Link", "MISCONF Redis is configured to save",
                           "NOPERM this user has no permissions", "OOM command not allowed", "LOADING x", "ERR x"}) {
    const auto reason = NodeRole::judgeShown(error(text));
    ASSERT_TRUE(reason) << text;
    EXPECT_EQ(reason->kind, ConnectionError::Kind::kRejected);
    EXPECT_EQ(reason->text, text);
  }
  EXPECT_EQ(NodeRole::judgeShown(error("ERR unknown command 'DEL', with args beginning with: 'k'"))->text,
            "ERR unknown command 'DEL'");
}

TEST_F(NodeRoleTest, WhatAReplicaRefusesIsAskedElsewhereUnlessItWouldDo) {
  const RedisReplies refused = {status("OK"), error("READONLY You can't write")};
  EXPECT_TRUE(single_.asksElsewhere(refused));
  EXPECT_TRUE(single_.asksElsewhere({error("MASTERDOWN Link")}));
  EXPECT_FALSE(single_.asksElsewhere({status("OK"), error("OOM command not allowed")}));
  EXPECT_TRUE(single_.shouldTryElsewhere(refused, clock_.steadyNow()));
  EXPECT_FALSE(single_.shouldTryElsewhere(refused, clock_.steadyNow())) << "not again and again";
  EXPECT_FALSE(any_.asksElsewhere(refused));
}

}  // namespace
}  // namespace sessiond
