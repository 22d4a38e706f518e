#include "redis/redis_node.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

RedisReply status(const std::string& text) {
  return {.type = RedisReply::Type::kStatus, .text = text, .elements = {}};
}

RedisReply error(const std::string& text) {
  return {.type = RedisReply::Type::kError, .text = text, .elements = {}};
}

RedisReply hello(const std::string& role) {
  RedisReply reply{.type = RedisReply::Type::kArray, .text = {}, .elements = {}};
  for (const std::string& text : {std::string("role"), role}) reply.elements.push_back(status(text));
  return reply;
}

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

  static RedisSettings inCluster() {
    RedisSettings config;
    config.cluster.nodes = {"192.0.2.1:6379"};
    return config;
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  RedisNode single_{RedisSettings(), "", clock_, metrics_};
  RedisNode primary_{behindSentinels(), "probe", clock_, metrics_};
};

TEST_F(RedisNodeTest, AServerThatDoesNotTellItsRoleIsBelievedOnlyWhereThereIsNoOther) {
  const RedisReplies unknown = {status("OK"), error("ERR unknown command 'HELLO'")};
  const RedisReplies silent = {status("OK"), hello("")};
  EXPECT_FALSE(single_.judgeGreeting(unknown));
  EXPECT_TRUE(primary_.judgeGreeting(unknown));
  EXPECT_FALSE(single_.judgeGreeting(silent));
  EXPECT_TRUE(primary_.judgeGreeting(silent));
  RedisReply refused = error("NOPERM this user has no permissions to run the 'hello' command");
  refused.elements = hello("master").elements;
  EXPECT_TRUE(primary_.deniesRole(refused)) << "whatever another reply has left there";
  EXPECT_FALSE(primary_.judgeGreeting({error("ERR no such subcommand"), hello("master")})) << "a name is a courtesy";
  for (RedisNode* const node : {&single_, &primary_}) EXPECT_TRUE(node->judgeGreeting({status("OK"), hello("slave")}));
}

TEST_F(RedisNodeTest, WhoTellsNoRoleHasToShowItselfUnlessAReplicaWouldDo) {
  const RedisReply unknown = error("ERR unknown command 'HELLO'");
  EXPECT_TRUE(RedisNode::tellsRole({status("OK"), hello("master")}));
  for (const RedisReply& last : {unknown, hello(""), status("PONG")}) {
    EXPECT_FALSE(RedisNode::tellsRole({status("OK"), last}));
  }
  EXPECT_FALSE(RedisNode::tellsRole({}));
  EXPECT_TRUE(single_.mustShowItself(false));
  EXPECT_FALSE(single_.mustShowItself(true));
  RedisSettings config;
  config.allow_replica = true;
  EXPECT_FALSE(RedisNode(config, "", clock_, metrics_).mustShowItself(false));
}

TEST_F(RedisNodeTest, OnlyWhatNoReplicaSaysShowsAPrimary) {
  EXPECT_FALSE(RedisNode::judgeShown({.type = RedisReply::Type::kInteger, .text = {}, .elements = {}}));
  EXPECT_FALSE(RedisNode::judgeShown(error("NOREPLICAS Not enough good replicas to write.")));
  for (const char* text : {"READONLY You can't write", "MASTERDOWN Link", "MISCONF Redis is configured to save",
                           "NOPERM this user has no permissions", "OOM command not allowed", "LOADING x", "ERR x"}) {
    const auto reason = RedisNode::judgeShown(error(text));
    ASSERT_TRUE(reason) << text;
    EXPECT_EQ(reason->kind, ConnectionError::Kind::kRejected);
    EXPECT_EQ(reason->text, text);
  }
  EXPECT_EQ(RedisNode::judgeShown(error("ERR unknown command 'DEL', with args beginning with: 'k'"))->text,
            "ERR unknown command 'DEL'");
}

TEST_F(RedisNodeTest, WhatAReplicaRefusesIsAskedElsewhereUnlessItWouldDo) {
  const RedisReplies refused = {status("OK"), error("READONLY You can't write")};
  EXPECT_TRUE(single_.asksElsewhere(refused));
  EXPECT_TRUE(single_.asksElsewhere({error("MASTERDOWN Link")}));
  EXPECT_FALSE(single_.asksElsewhere({status("OK"), error("OOM command not allowed")}));
  EXPECT_TRUE(single_.shouldTryElsewhere(refused, clock_.steadyNow()));
  EXPECT_FALSE(single_.shouldTryElsewhere(refused, clock_.steadyNow())) << "not again and again";
  RedisSettings config;
  config.allow_replica = true;
  EXPECT_FALSE(RedisNode(config, "", clock_, metrics_).asksElsewhere(refused));
}

TEST_F(RedisNodeTest, WhoLacksReplicasDoesSoUntilAWriteIsTaken) {
  RedisNode node(inCluster(), "probe", clock_, metrics_);
  const std::vector<std::string> elsewhere = {"MOVED 7 192.0.2.2:6379", "ASK 7 192.0.2.2:6379", "TRYAGAIN in a moment",
                                              "CLUSTERDOWN Hash slot not served", "CLUSTERDOWN The cluster is down"};
  for (const std::string& text : elsewhere) EXPECT_TRUE(node.judgeWrite(error(text))) << "that says nothing: " << text;
  EXPECT_FALSE(node.judgeWrite(error("NOREPLICAS Not enough good replicas to write.")));
  for (const std::string& text : elsewhere) {
    EXPECT_FALSE(node.judgeWrite(error(text))) << "nobody has tried: " << text;
    EXPECT_TRUE(node.lacksReplicas());
  }
  EXPECT_TRUE(node.judgeWrite(status("OK")));
  EXPECT_FALSE(node.lacksReplicas());
}

TEST_F(RedisNodeTest, WhatIsSaidOfARefusedGreetingHoldsNoArgument) {
  const auto refused =
      primary_.judgeGreeting({error("ERR unknown command 'AUTH', with args beginning with: 'secret' ")});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->text, "ERR unknown command 'AUTH'");
}

TEST_F(RedisNodeTest, AUserLogsInWithoutAPasswordToo) {
  RedisSettings config;
  config.user = "app";
  RedisNode app(config, "", clock_, metrics_);
  EXPECT_EQ(app.greeting(false).count(), single_.greeting(false).count() + 1);
  EXPECT_TRUE(app.judgeGreeting({error("WRONGPASS invalid"), status("OK"), hello("master")}));
  config.user = "default";
  EXPECT_EQ(RedisNode(config, "", clock_, metrics_).greeting(false).count(), single_.greeting(false).count());
}

TEST_F(RedisNodeTest, ErrorsAreThoseOfTheServerThatItIs) {
  const auto errors_of = [&](const std::string& server) {
    return metrics_.passingCounter("sessiond_redis_server_errors_total", "", {{"server", server}})->read();
  };
  single_.noteFailure({ConnectionError::Kind::kClosed, "the server closed the connection"});
  single_.noteFailure({ConnectionError::Kind::kRejected, "WRONGPASS invalid username-password pair"});
  primary_.moveTo(addressOf("192.0.2.1"), "s0");
  primary_.noteFailure({ConnectionError::Kind::kTimeout, "no answer in time"});
  primary_.moveTo(addressOf("192.0.2.2"), "s1");
  primary_.noteFailure({ConnectionError::Kind::kUnreachable, "connection refused"});
  EXPECT_EQ(errors_of("127.0.0.1:6379"), 2U);
  EXPECT_EQ(errors_of("192.0.2.1:6379"), 1U);
  EXPECT_EQ(errors_of("192.0.2.2:6379"), 1U);
}

/// As where servers are made anew again and again, each with another address.
TEST_F(RedisNodeTest, ServersThatAreGoneMakeRoomForOthersInTheFigures) {
  const ConnectionError closed{ConnectionError::Kind::kClosed, "closed"};
  single_.noteFailure(closed);
  for (int i = 0; i < 1000; ++i) {
    primary_.moveTo(addressOf("10.0." + std::to_string(i / 100) + "." + std::to_string(i % 100)), "s0");
    primary_.noteFailure(closed);
  }
  const std::string text = metrics_.render();
  const auto shows = [&](const std::string& server) {
    return text.find("sessiond_redis_server_errors_total{server=\"" + server + ":6379\"} 1\n") != std::string::npos;
  };
  EXPECT_TRUE(shows("127.0.0.1")) << "it is asked yet";
  EXPECT_TRUE(shows("10.0.9.99"));
  EXPECT_TRUE(shows("10.0.9.98")) << "whose errors somebody may want to see";
  EXPECT_FALSE(shows("10.0.0.0"));
}

TEST_F(RedisNodeTest, OneWhoseRoleMustBeKnownIsNeverGreetedPlainly) {
  const ConnectionError closed{ConnectionError::Kind::kClosed, "the server closed the connection"};
  EXPECT_TRUE(single_.shouldGreetPlainlyAfter(closed, false));
  EXPECT_FALSE(primary_.shouldGreetPlainlyAfter(closed, false));
}

TEST_F(RedisNodeTest, OneThatWasGreetedPlainlyIsNotAskedForItsRoleUntilItWasGreetedWhole) {
  for (const bool has_password : {false, true}) {
    RedisSettings config;
    if (has_password) config.password = Secret(std::string("s3cret"));
    RedisNode node(config, "", clock_, metrics_);
    EXPECT_EQ(node.greeting(true).count(), 1U) << "PING, or AUTH alone";
    EXPECT_TRUE(node.mayAskForRole());
    EXPECT_FALSE(node.judgeGreeting({status("OK")}));
    node.noteGreetedPlainly();
    EXPECT_TRUE(node.greetsPlainly());
    clock_.advance(std::chrono::seconds(6));
    EXPECT_FALSE(node.greetsPlainly()) << "the courtesies are due again";
    EXPECT_FALSE(node.mayAskForRole()) << "that would close the connections that stand";
    RedisReplies whole = {status("OK"), hello("master")};
    if (has_password) whole.insert(whole.begin(), status("OK"));
    EXPECT_FALSE(node.judgeGreeting(whole));
    EXPECT_TRUE(node.mayAskForRole());
  }
}

TEST_F(RedisNodeTest, ASingleServerIsWhereItIsAndNeedsNobodysWord) {
  EXPECT_EQ(single_.server(), "127.0.0.1:6379");
  EXPECT_TRUE(single_.isVouchedFor(clock_.steadyNow()));
  EXPECT_TRUE(single_.judgeWrite(error("NOREPLICAS Not enough good replicas to write.")));
  EXPECT_FALSE(single_.lacksReplicas());
}

TEST_F(RedisNodeTest, APrimaryIsAskedWhileItIsVouchedForAndFollowersHearOfItsMoves) {
  EXPECT_EQ(primary_.server(), "the primary main");
  EXPECT_EQ(primary_.place().present(), nullptr);
  EXPECT_FALSE(primary_.isVouchedFor(clock_.steadyNow()));
  std::string heard;
  const NodeFollowers::Following following(primary_.followers(), {.moved = [&] { heard += primary_.server() + " "; },
                                                                  .doubted = [&] { heard += "doubted "; }});
  primary_.moveTo(addressOf("192.0.2.1"), "s0");
  const std::uint64_t term = primary_.place().term();
  primary_.vouch(clock_.steadyNow() + milliseconds(5));
  EXPECT_TRUE(primary_.isVouchedFor(clock_.steadyNow()));
  clock_.advance(milliseconds(5));
  EXPECT_FALSE(primary_.isVouchedFor(clock_.steadyNow()));
  primary_.followers().tellDoubted();
  primary_.moveTo(addressOf("192.0.2.2"), "s1");
  EXPECT_EQ(heard, "192.0.2.1:6379 doubted 192.0.2.2:6379 ") << "each told when the place is known";
  EXPECT_EQ(primary_.place().term(), term + 1);
  EXPECT_EQ(primary_.place().present()->told_by, "s1");
}

TEST_F(RedisNodeTest, FollowersHearOfEveryConnectionThatIsLost) {
  int lost = 0;
  const NodeFollowers::Following following(single_.followers(),
                                           {.moved = [] {}, .doubted = [] {}, .lost = [&] { ++lost; }});
  single_.noteOpened();
  EXPECT_EQ(lost, 0);
  single_.noteLost();
  EXPECT_EQ(lost, 1);
  single_.noteFailure({ConnectionError::Kind::kTimeout, "no answer in time"});
  EXPECT_EQ(lost, 2);
}

TEST_F(RedisNodeTest, APrimaryThatLacksReplicasIsInDoubtUntilItTakesAWriteOrIsAnother) {
  EXPECT_FALSE(primary_.judgeWrite(error("NOREPLICAS Not enough good replicas to write.")));
  EXPECT_TRUE(primary_.lacksReplicas());
  EXPECT_TRUE(primary_.judgeWrite(error("OOM command not allowed"))) << "another matter";
  EXPECT_FALSE(primary_.judgeWrite(error("MISCONF Redis is configured to save RDB snapshots")))
      << "that is said before replicas are looked for";
  EXPECT_TRUE(primary_.lacksReplicas());
  EXPECT_TRUE(primary_.judgeWrite({.type = RedisReply::Type::kInteger, .text = {}, .elements = {}}));
  EXPECT_FALSE(primary_.lacksReplicas());
  primary_.noteErrors({error("NOREPLICAS Not enough good replicas to write.")});
  EXPECT_TRUE(primary_.lacksReplicas()) << "whoever hears of it";
  primary_.moveTo(addressOf("192.0.2.2"), "s1");
  EXPECT_FALSE(primary_.lacksReplicas());
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

TEST_F(RedisNodeTest, TellsWhatToDoAboutTheSentinelsWhereTheyNameTheServer) {
  for (const char* text : {"READONLY You can't write", "MASTERDOWN Link", "ERR DB index is out of range"}) {
    const ErrorKind& kind = classifyError(text);
    EXPECT_NE(single_.adviceOn(kind).find("redis.url"), std::string::npos) << text;
    EXPECT_EQ(primary_.adviceOn(kind).find("redis.url"), std::string::npos) << text;
    EXPECT_TRUE(primary_.adviceOn(kind).starts_with("redis: ")) << text;
  }
  EXPECT_EQ(primary_.adviceOn(classifyError("OOM")), single_.adviceOn(classifyError("OOM")));
}

TEST_F(RedisNodeTest, HintsAtTheOptionThatMakesItsLinksTls) {
  const ConnectionError closed{ConnectionError::Kind::kClosed, "closed"};
  const RedisNode of_cluster(inCluster(), "", clock_, metrics_);
  EXPECT_EQ(single_.explainGreeting(closed).text, "closed; does redis.url need rediss://?");
  EXPECT_EQ(of_cluster.explainGreeting(closed).text, "closed; does redis.cluster.tls have to be true?");
  RedisSettings config;
  config.tls.asked_by = TlsSettings::kBySentinel;
  const RedisNode sentinel(config, "", clock_, metrics_);
  EXPECT_EQ(sentinel.explainGreeting(closed).text, "closed; does redis.sentinel.tls have to be true?");
}

TEST_F(RedisNodeTest, WhatIsAskedForBeforeAnythingElseIsNeeded) {
  RedisSettings config;
  config.url = "redis://127.0.0.1/3";
  RedisNode third(config, "", clock_, metrics_);
  EXPECT_FALSE(third.judgeGreeting({status("OK"), error("NOPERM no setname"), hello("master")}));
  const auto refused = third.judgeGreeting({error("NOPERM no select"), status("OK"), hello("master")});
  ASSERT_TRUE(refused) << "or all would be done in database 0";
  EXPECT_EQ(refused->kind, ConnectionError::Kind::kRejected);
}

}  // namespace
}  // namespace sessiond
