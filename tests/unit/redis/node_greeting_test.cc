#include "redis/node_greeting.h"

#include <gtest/gtest.h>

#include <string>

#include "redis/connection_error.h"
#include "redis/error_reply.h"
#include "redis/redis_node.h"
#include "replies.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

/// A greeting in its node, which says where it leads and what role it is to have.
class NodeGreetingTest : public testing::Test {
 protected:
  static RedisSettings behindSentinels() {
    RedisSettings config;
    config.url.clear();
    config.sentinel.master = "main";
    config.sentinel.nodes = {"s0"};
    return config;
  }
  std::size_t lengthWith(const RedisSettings& config) {
    return RedisNode(config, "", clock_, metrics_).greeting().commands(false).count();
  }
  std::string hintWith(const RedisSettings& config) {
    RedisNode node(config, "", clock_, metrics_);
    return node.greeting().explain(closed_, *node.place().present()).text;
  }

  const ConnectionError closed_{ConnectionError::Kind::kClosed, "closed"};
  FakeClock clock_;
  MetricsRegistry metrics_;
  RedisNode one_{RedisSettings(), "", clock_, metrics_};
  RedisNode primary_node_{behindSentinels(), "probe", clock_, metrics_};
  NodeGreeting& single_ = one_.greeting();
  NodeGreeting& primary_ = primary_node_.greeting();
};

TEST_F(NodeGreetingTest, AServerThatDoesNotTellItsRoleIsBelievedOnlyWhereThereIsNoOther) {
  const RedisReplies unknown = {status("OK"), error("ERR unknown command 'HELLO'")};
  const RedisReplies silent = {status("OK"), helloOf("")};
  for (const RedisReplies& replies : {unknown, silent}) {
    const auto tells_role = single_.judge(replies, false);
    ASSERT_TRUE(tells_role);
    EXPECT_FALSE(*tells_role);
    EXPECT_FALSE(primary_.judge(replies, false));
  }
  const auto tells_role = primary_.judge({error("ERR no such subcommand"), helloOf("master")}, false);
  ASSERT_TRUE(tells_role) << "a name is a courtesy";
  EXPECT_TRUE(*tells_role);
  for (NodeGreeting* const greeting : {&single_, &primary_}) {
    EXPECT_FALSE(greeting->judge({status("OK"), helloOf("slave")}, false));
  }
}

TEST_F(NodeGreetingTest, OnlyWhatTheServerSaysOfAllSpeaksAgainstWhomItHasTakenBefore) {
  using Kind = ConnectionError::Kind;
  for (const char* const text : {"ERR max number of clients reached", "NOAUTH Authentication required.",
                                 "WRONGPASS invalid username-password pair or user is disabled.",
                                 "ERR AUTH <password> called without any password configured for the default user."}) {
    EXPECT_FALSE(NodeGreeting::speaksAgainstPresent(rejection(text))) << text;
  }
  EXPECT_FALSE(NodeGreeting::speaksAgainstPresent({Kind::kUnreachable, "cannot resolve the host in time"}));
  EXPECT_FALSE(NodeGreeting::speaksAgainstPresent({Kind::kTimeout, "no answer to the TLS handshake in time"}));
  EXPECT_FALSE(NodeGreeting::speaksAgainstPresent(closed_));
  EXPECT_TRUE(NodeGreeting::speaksAgainstPresent(refusedByReplica()));
  EXPECT_TRUE(NodeGreeting::speaksAgainstPresent(rejection("LOADING Redis is loading the dataset in memory")));
}

TEST_F(NodeGreetingTest, WhatIsSaidOfARefusalHoldsNoArgument) {
  const auto refused =
      primary_.judge({error("ERR unknown command 'AUTH', with args beginning with: 'secret' ")}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, "ERR unknown command 'AUTH'");
}

TEST_F(NodeGreetingTest, AUserLogsInWithoutAPasswordToo) {
  RedisSettings config;
  config.user = "app";
  EXPECT_EQ(lengthWith(config), lengthWith(RedisSettings()) + 1);
  RedisNode app(config, "", clock_, metrics_);
  EXPECT_FALSE(app.greeting().judge({error("WRONGPASS invalid"), status("OK"), helloOf("master")}, false));
  config.user = "default";
  EXPECT_EQ(lengthWith(config), lengthWith(RedisSettings()));
}

TEST_F(NodeGreetingTest, WhatIsAskedForBeforeAnythingElseIsNeeded) {
  RedisSettings config;
  config.url = "redis://127.0.0.1/3";
  RedisNode third(config, "", clock_, metrics_);
  EXPECT_TRUE(third.greeting().judge({status("OK"), error("NOPERM no setname"), helloOf("master")}, false));
  const auto refused = third.greeting().judge({error("NOPERM no select"), status("OK"), helloOf("master")}, false);
  ASSERT_FALSE(refused) << "or all would be done in database 0";
  EXPECT_EQ(refused.error().kind, ConnectionError::Kind::kRejected);
}

TEST_F(NodeGreetingTest, IsNeverPlainWhereTheRoleMustBeKnown) {
  EXPECT_TRUE(single_.shouldBePlainAfter(closed_, false));
  EXPECT_FALSE(single_.shouldBePlainAfter(closed_, true));
  EXPECT_FALSE(primary_.shouldBePlainAfter(closed_, false));
}

TEST_F(NodeGreetingTest, AfterAPlainOneTheRoleIsNotAskedForUntilThereWasAWholeOne) {
  for (const bool has_password : {false, true}) {
    RedisSettings config;
    if (has_password) config.password = Secret(std::string("s3cret"));
    RedisNode node(config, "", clock_, metrics_);
    NodeGreeting& greeting = node.greeting();
    EXPECT_EQ(greeting.commands(true).count(), 1U) << "PING, or AUTH alone";
    EXPECT_TRUE(greeting.mayAskForRole());
    EXPECT_FALSE(greeting.isPlain());
    const auto tells_role = greeting.judge({status("OK")}, true);
    ASSERT_TRUE(tells_role);
    EXPECT_FALSE(*tells_role);
    EXPECT_TRUE(greeting.isPlain());
    clock_.advance(std::chrono::seconds(6));
    EXPECT_FALSE(greeting.isPlain()) << "the courtesies are due again";
    EXPECT_FALSE(greeting.mayAskForRole()) << "that would close the connections that stand";
    RedisReplies whole = {status("OK"), helloOf("master")};
    if (has_password) whole.insert(whole.begin(), status("OK"));
    EXPECT_TRUE(greeting.judge(whole, false));
    EXPECT_TRUE(greeting.mayAskForRole());
  }
}

TEST_F(NodeGreetingTest, HintsAtTheOptionThatMakesItsLinksTls) {
  EXPECT_EQ(hintWith(RedisSettings()), "closed; does redis.url need rediss://?");
  RedisSettings config;
  config.cluster.nodes = {"192.0.2.1:6379"};
  EXPECT_EQ(hintWith(config), "closed; does redis.cluster.tls have to be true?");
  config = RedisSettings();
  config.tls.asked_by = TlsSettings::kBySentinel;
  EXPECT_EQ(hintWith(config), "closed; does redis.sentinel.tls have to be true?");
}

TEST_F(NodeGreetingTest, HintsAtNothingOnceAConnectionWasOpened) {
  Counter& opened = metrics_.counter("sessiond_redis_connections_opened_total", "");
  ASSERT_FALSE(single_.judge({status("OK"), helloOf("slave")}, false));
  EXPECT_EQ(opened.read(), 0U);
  ASSERT_TRUE(single_.judge({status("OK"), helloOf("master")}, false));
  EXPECT_EQ(opened.read(), 1U);
  EXPECT_EQ(single_.explain(closed_, *one_.place().present()).text, "closed");
}

}  // namespace
}  // namespace sessiond
