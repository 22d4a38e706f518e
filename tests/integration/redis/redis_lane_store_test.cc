// RedisLaneStore: what becomes of batches and of touches, against a real Redis.

#include "redis/redis_lane_store.h"

#include <map>
#include <thread>

#include "redis_test_fixture.h"
#include "support/poll_loop.h"
#include "support/scripted_redis.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

std::string_view nameOf(const KeyTouch& touch) {
  if (!touch.result) return touch.result.error() == StoreError::kTimeout ? "timeout" : "unavailable";
  switch (*touch.result) {
    case TouchOutcome::kTouched:
      return "touched";
    case TouchOutcome::kChanged:
      return "changed";
    case TouchOutcome::kGone:
      return "gone";
  }
  return "";
}

class RedisLaneStoreTest : public testing::TestWithParam<Way>, private LaneStore::Client {
 protected:
  RedisLaneStoreTest() { use(reached_.settings()); }

  void use(const RedisSettings& config) {
    store_.reset();
    test_.emplace(config);
    store_.emplace(test_->client.node(), nullptr, SessionSettings(), keysFor(SessionSettings()), loop_, test_->clock);
  }
  /// Sends it and waits for the answer.
  void ask(StoreBatch& batch, SteadyTime::duration budget = 2s) {
    answered_ = false;
    store_->send(batch, now() + budget, static_cast<LaneStore::Client&>(*this));
    EXPECT_TRUE(loop_.runUntil([this] { return answered_; }));
  }
  /// The value, or why there is none.
  std::string value(const std::string& name, SteadyTime::duration budget = 2s) {
    const SessionId id = idOf(name);
    StoreBatch batch;
    batch.loads.push_back({.id = &id});
    ask(batch, budget);
    const auto& result = batch.loads[0].result;
    if (!result) return result.error() == StoreError::kTimeout ? "(timeout)" : "(unavailable)";
    return std::string(result->revoked ? "revoked " : "") + std::string(result->json.value_or("(none)"));
  }
  /// What becomes of a touch to 500 s of a key whose life is thought to end after so long.
  std::string touch(const std::string& name, std::chrono::milliseconds left) {
    const SessionId id = idOf(name);
    StoreBatch batch;
    batch.touches.push_back({.id = &id, .ttl = 500s, .ends = left == kNoEnd ? SteadyTime::max() : now() + left});
    ask(batch);
    return std::string(nameOf(batch.touches[0]));
  }
  std::string ttl(const std::string& name) { return server_.command({"TTL", "sess:" + name}); }
  SteadyTime now() { return test_->clock.steadyNow(); }
  TestClient& test() { return *test_; }

  const ReachedServer reached_{GetParam()};
  RedisServer& server_ = reached_.server();

 private:
  void answered(StoreBatch&) override { answered_ = true; }

  PollLoop loop_;
  std::optional<TestClient> test_;
  std::optional<RedisLaneStore> store_;
  bool answered_ = false;
};

TEST_P(RedisLaneStoreTest, ATouchSetsTheLifeOfAKeyThatEndsWhenItWasThoughtTo) {
  server_.command({"SET", "sess:a", "{}", "EX", "100"});
  EXPECT_EQ(touch("a", 99s), "touched");
  EXPECT_EQ(ttl("a"), "500");
  server_.command({"PERSIST", "sess:a"});
  EXPECT_EQ(touch("a", kNoEnd), "touched");
  EXPECT_EQ(ttl("a"), "500");
}

TEST_P(RedisLaneStoreTest, ATouchLeavesTheLifeThatSomebodyElseGave) {
  server_.command({"SET", "sess:a", "{}", "EX", "3600"});
  EXPECT_EQ(touch("a", 100s), "changed") << "an application made it longer";
  EXPECT_EQ(ttl("a"), "3600");
  server_.command({"EXPIRE", "sess:a", "10"});
  EXPECT_EQ(touch("a", 3600s), "changed") << "or shorter";
  EXPECT_EQ(ttl("a"), "10");
  EXPECT_EQ(touch("a", kNoEnd), "changed");
  EXPECT_EQ(ttl("a"), "10");
  server_.command({"PERSIST", "sess:a"});
  EXPECT_EQ(touch("a", 10s), "changed");
  EXPECT_EQ(ttl("a"), "-1");
}

TEST_P(RedisLaneStoreTest, ATouchThatIsRefusedIsNoTouch) {
  server_.command({"SET", "sess:a", "{}", "EX", "100"});
  ASSERT_EQ(value("a"), "{}");
  for (const std::string command : {"expire", "eval"}) {
    server_.command({"ACL", "SETUSER", "default", "-" + command});
    EXPECT_EQ(touch("a", 99s), "unavailable") << command;
    server_.command({"ACL", "SETUSER", "default", "+" + command});
  }
  EXPECT_NE(ttl("a"), "500");
  EXPECT_EQ(touch("a", 99s), "touched");
}

/// Without a cache there are no canaries that would tell. It keeps its connections and its keys when it becomes one.
TEST_P(RedisLaneStoreTest, APrimaryThatBecomesAReplicaIsNotBelievedWithoutACacheEither) {
  server_.command({"SET", "sess:a", "{}"});
  ASSERT_EQ(value("a"), "{}");
  const auto becomes = [this](const std::string& wanted) { return soon([&] { return value("a") == wanted; }); };
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(becomes("(unavailable)"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(value("a"), "(unavailable)");
  EXPECT_EQ(touch("a", kNoEnd), "unavailable");
  server_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(becomes("{}"));
}

TEST_P(RedisLaneStoreTest, ATouchMakesNoKeyAndDeletesNone) {
  EXPECT_EQ(touch("a", 100s), "gone");
  EXPECT_EQ(server_.command({"EXISTS", "sess:a"}), "0");
  server_.command({"SET", "sess:a", "{}", "EX", "100"});
  const SessionId id = idOf("a");
  for (const std::chrono::seconds life : {0s, -5s, std::chrono::seconds::max()}) {
    StoreBatch batch;
    batch.touches.push_back({.id = &id, .ttl = life, .ends = SteadyTime::max()});
    ask(batch);
    EXPECT_EQ(value("a"), "{}") << life.count();
  }
}

TEST_P(RedisLaneStoreTest, LoadsAndTouchesOfOneBatchDoNotMixTheirAnswers) {
  for (const char* key : {"sess:a", "sess:b", "sess:c"}) server_.command({"SET", key, key, "EX", "100"});
  const std::map<std::string, SessionId> ids = {{"a", idOf("a")}, {"b", idOf("b")}, {"c", idOf("c")}, {"d", idOf("d")}};
  StoreBatch batch;
  batch.loads.push_back({.id = &ids.at("a")});
  batch.loads.push_back({.id = &ids.at("d"), .wants_ttl = true});
  batch.loads.push_back({.id = &ids.at("b"), .wants_ttl = true});
  batch.touches.push_back({.id = &ids.at("c"), .ttl = 500s, .ends = now() + 100s});
  batch.touches.push_back({.id = &ids.at("d"), .ttl = 500s, .ends = now() + 100s});
  batch.touches.push_back({.id = &ids.at("b"), .ttl = 500s, .ends = now() + 900s});
  ask(batch);
  EXPECT_EQ(batch.loads[0].result->json, "sess:a");
  EXPECT_FALSE(batch.loads[1].result->json);
  EXPECT_EQ(batch.loads[2].result->json, "sess:b");
  EXPECT_GT(batch.loads[2].result->ttl, 90s);
  EXPECT_EQ(nameOf(batch.touches[0]), "touched");
  EXPECT_EQ(nameOf(batch.touches[1]), "gone");
  EXPECT_EQ(nameOf(batch.touches[2]), "changed");
}

/// So many that no kind of socket takes all of it at once; fewer where each takes many times as long.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kMoreThanFits = 5'000;
#else
constexpr int kMoreThanFits = 20'000;
#endif

TEST_P(RedisLaneStoreTest, ABatchMayBeLargerThanTheSocketHasRoomFor) {
  RedisSettings patient = reached_.settings();
  patient.command_timeout = 30s;
  use(patient);
  server_.command({"SET", "sess:a", "{}"});
  const SessionId id = idOf("a");
  StoreBatch batch;
  for (int i = 0; i < kMoreThanFits; ++i) batch.loads.push_back({.id = &id, .wants_ttl = true});
  ask(batch, 30s);
  for (const SessionLoad& load : batch.loads) ASSERT_TRUE(load.result && load.result->json == "{}");
}

TEST_P(RedisLaneStoreTest, ABatchEndsInTimeWhateverTheServerDoes) {
  server_.command({"SET", "sess:a", "{}"});
  ASSERT_EQ(value("a"), "{}");
  server_.freeze();
  EXPECT_EQ(value("a", 40ms), "(timeout)");
  EXPECT_EQ(value("a", 40ms), "(timeout)");
  EXPECT_EQ(value("a", 40ms), "(timeout)") << "three failures open the breaker";
  EXPECT_EQ(value("a", 40ms), "(unavailable)") << "and the next one is refused at once";
  EXPECT_GE(test().errors("breaker_open"), 1U);
  server_.thaw();
  EXPECT_TRUE(soon([this] { return value("a") == "{}"; }));
}

TEST_P(RedisLaneStoreTest, AConnectionThatDiedIdleCostsNoBatch) {
  server_.command({"SET", "sess:a", "{}"});
  ASSERT_EQ(value("a"), "{}");
  server_.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_EQ(value("a"), "{}");
  server_.kill();
  server_.start();
  EXPECT_EQ(value("a"), "(none)") << "restarted empty, it is asked at once";
  EXPECT_EQ(test().errors("closed"), 0U);
}

TEST_P(RedisLaneStoreTest, WhatSpeaksOfTheWholeServerIsCannotTell) {
  for (const std::string error : {"-LOADING Redis is loading", "-MASTERDOWN Link with MASTER is down", "-NOAUTH no"}) {
    ScriptedRedis scripted([&](std::string_view request, int) -> std::string {
      return isGreeting(request) ? kGreeted : error + "\r\n" + error + "\r\n" + error + "\r\n";
    });
    use(configFor(scripted.url()));
    EXPECT_EQ(value("a"), "(unavailable)") << error;
  }
}

TEST_P(RedisLaneStoreTest, ASecondServerIsAskedWhereThisOneHasBecomeAReplica) {
  ScriptedRedis scripted([&](std::string_view request, int connection) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return connection == 1 ? "-READONLY a replica\r\n:0\r\n$-1\r\n" : "$2\r\n{}\r\n:0\r\n$-1\r\n";
  });
  use(configFor(scripted.url()));
  EXPECT_EQ(value("a"), "{}");
  EXPECT_EQ(scripted.connections(), 2);
}

TEST_P(RedisLaneStoreTest, WhatComesBesideARefusalByAReplicaIsNotBelieved) {
  ScriptedRedis scripted([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    const bool asks_role = request.find("HELLO") != std::string_view::npos;
    return (asks_role ? "*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n" : std::string()) +
           "$2\r\n{}\r\n:0\r\n$-1\r\n-READONLY a replica\r\n";
  });
  use(configFor(scripted.url()));
  const SessionId id = idOf("a");
  for (int i = 0; i < 5; ++i) {
    StoreBatch batch;
    batch.loads.push_back({.id = &id});
    batch.touches.push_back({.id = &id, .ttl = 500s, .ends = SteadyTime::max()});
    ask(batch);
    EXPECT_FALSE(batch.loads[0].result) << "a touch was refused as by a replica";
    EXPECT_EQ(nameOf(batch.touches[0]), "unavailable");
  }
  EXPECT_EQ(test().errors("breaker_open"), 0U);
}

TEST_P(RedisLaneStoreTest, AnAnswerWithHalfOfItMissingIsNoAnswer) {
  ScriptedRedis scripted(
      [&](std::string_view request, int) -> std::string { return isGreeting(request) ? kGreeted : "$100\r\nhalf"; });
  use(configFor(scripted.url()));
  EXPECT_EQ(value("a", 50ms), "(timeout)");
}

TEST_P(RedisLaneStoreTest, AReplyOfAKindThatItsCommandNeverGivesIsCountedAndSaid) {
  ScriptedRedis scripted([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    const bool asks_role = request.find("HELLO") != std::string_view::npos;
    return (asks_role ? "*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n" : std::string()) + ":5\r\n:0\r\n$-1\r\n";
  });
  use(configFor(scripted.url()));
  testing::internal::CaptureStderr();
  EXPECT_EQ(value("a"), "(unavailable)");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("of a kind that its command never gives"), std::string::npos) << log;
  EXPECT_EQ(test().errors("broken"), 1U);
  EXPECT_EQ(test().errors("breaker_open"), 0U);
}

INSTANTIATE_TEST_SUITE_P(By, RedisLaneStoreTest, kAllWays, nameOfWay);

}  // namespace
}  // namespace sessiond
