// Sessions in a real Redis.

#include "redis/redis_session_store.h"

#include <algorithm>

#include "redis_test_fixture.h"
#include "session_loads.h"

namespace sessiond {
namespace {

class RedisSessionStoreTest : public ::testing::Test {
 protected:
  static SessionSettings sessionConfig() {
    SessionSettings config;
    config.max_bytes = 1000;
    return config;
  }

  Expected<StoredSession, StoreError> load(const std::string& bytes) {
    const SessionId id = idOf(bytes);
    SessionLoad one{.id = &id};
    store.load({&one, 1});
    return one.result;
  }
  std::string json(const std::string& bytes) {
    const auto session = load(bytes);
    if (!session) return "(error)";
    return (session.value().revoked ? "revoked " : "") + std::string(session.value().json.value_or("(none)"));
  }

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisSessionStore store{test.client, sessionConfig(), keysFor(sessionConfig())};
};

TEST_F(RedisSessionStoreTest, StoresWhereConnectRedisLooks) {
  ASSERT_TRUE(store.create(idOf("abc"), R"({"cookie":{}})", 100s));
  EXPECT_EQ(server.command({"GET", "sess:abc"}), R"({"cookie":{}})");
  EXPECT_EQ(server.command({"TTL", "sess:abc"}), "100");
  EXPECT_EQ(json("abc"), R"({"cookie":{}})");
}

TEST_F(RedisSessionStoreTest, UsesItsPrefixAlsoWhenThatIsEmptyOrOdd) {
  for (const std::string prefix : {"", "a b\r\n", "app:{1}:"}) {
    SessionSettings config = sessionConfig();
    config.key_prefix = prefix;
    RedisSessionStore other(test.client, config, keysFor(config));
    ASSERT_TRUE(other.create(idOf("id"), "value " + prefix, 100s));
    EXPECT_EQ(server.command({"GET", prefix + "id"}), "value " + prefix);
  }
}

TEST_F(RedisSessionStoreTest, FindsNothingWhereNothingIsOrTheValueIsEmpty) {
  EXPECT_EQ(json("nobody"), "(none)");
  server.command({"SET", "sess:empty", ""});
  EXPECT_EQ(json("empty"), "(none)");
}

TEST_F(RedisSessionStoreTest, LoadsNothingForNobody) {
  store.load({});
}

TEST_F(RedisSessionStoreTest, TellsAWrongTypeFromEverythingElse) {
  server.command({"HSET", "sess:hash", "field", "value"});
  server.command({"SET", "sess:string", "text"});
  const SessionId hash = idOf("hash");
  const SessionId string = idOf("string");
  std::vector<SessionLoad> loads(2);
  loads[0].id = &hash;
  loads[1].id = &string;
  store.load(loads);
  ASSERT_FALSE(loads[0].result);
  EXPECT_EQ(loads[0].result.error(), StoreError::kCorrupt);
  ASSERT_TRUE(loads[1].result);
  EXPECT_EQ(loads[1].result.value().json, "text");
}

TEST_F(RedisSessionStoreTest, KeepsBinaryIdsAndValuesAsTheyAre) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const std::string value = every_byte + "\r\n$5\r\n" + every_byte;
  ASSERT_TRUE(store.create(idOf(every_byte), value, 100s));
  EXPECT_EQ(json(every_byte), value);
  ASSERT_TRUE(store.replace(idOf(every_byte), value, every_byte));
  EXPECT_EQ(json(every_byte), every_byte);
  ASSERT_TRUE(store.revoke(idOf(every_byte), 100s));
  EXPECT_EQ(json(every_byte), "revoked (none)");
}

TEST_F(RedisSessionStoreTest, ReadsOneByteMoreThanTheLimitAndNoMonsters) {
  server.command({"SET", "sess:fits", std::string(1000, 'x')});
  server.command({"SET", "sess:over", std::string(1001, 'x')});
  server.command({"SETRANGE", "sess:monster", "200000000", "x"});
  EXPECT_EQ(json("fits").size(), 1000U);
  EXPECT_EQ(json("over").size(), 1001U);
  EXPECT_EQ(json("monster").size(), 1001U);
}

TEST_F(RedisSessionStoreTest, LoadsAWholeBatchInOneRoundTrip) {
  std::vector<SessionId> ids;
  for (int i = 0; i < 512; ++i) {
    ids.push_back(idOf("id" + std::to_string(i)));
    if (i % 2 != 0) continue;
    ASSERT_TRUE(store.create(ids.back(), "value " + std::to_string(i), 100s)) << i;
  }
  std::vector<SessionLoad> loads(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) loads[i].id = &ids[i];
  const auto pipelines_before = test.metrics.histogram("sessiond_redis_pipeline_seconds", "").buckets();
  store.load(loads);
  const auto pipelines_after = test.metrics.histogram("sessiond_redis_pipeline_seconds", "").buckets();
  std::uint64_t pipelines = 0;
  for (std::size_t i = 0; i < pipelines_after.size(); ++i) pipelines += pipelines_after[i] - pipelines_before[i];
  EXPECT_EQ(pipelines, 1U);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(loads[i].result) << i;
    EXPECT_FALSE(loads[i].result.value().revoked);
    const auto expected = i % 2 == 0 ? std::optional("value " + std::to_string(i)) : std::nullopt;
    EXPECT_EQ(loads[i].result.value().json, expected);
  }
}

TEST_F(RedisSessionStoreTest, SaysOfEachInABatchWhetherItIsRevoked) {
  std::vector<SessionId> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(idOf("id" + std::to_string(i)));
    ASSERT_TRUE(store.create(ids.back(), "value", 100s));
    if (i % 3 != 0) continue;
    ASSERT_TRUE(store.revoke(ids.back(), 100s)) << i;
  }
  std::vector<SessionLoad> loads(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) loads[i].id = &ids[i];
  store.load(loads);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(loads[i].result) << i;
    EXPECT_EQ(loads[i].result.value().revoked, i % 3 == 0) << i;
    EXPECT_EQ(loads[i].result.value().json.has_value(), i % 3 != 0) << i;
  }
}

TEST_F(RedisSessionStoreTest, SaysThatARevokedSessionHasComeBack) {
  ASSERT_TRUE(store.create(idOf("abc"), "first", 100s));
  ASSERT_TRUE(store.revoke(idOf("abc"), 100s));
  server.command({"SET", "sess:abc", "written late"});
  EXPECT_EQ(json("abc"), "revoked written late");
  ASSERT_TRUE(store.revoke(idOf("abc"), 100s));
  EXPECT_EQ(json("abc"), "revoked (none)");
}

TEST_F(RedisSessionStoreTest, TakesATombstoneOfAnyTypeForOne) {
  server.command({"SET", "sess:abc", "value"});
  server.command({"SADD", "sessiond:revoked:{sess:abc}", "x"});
  EXPECT_EQ(json("abc"), "revoked value");
}

TEST_F(RedisSessionStoreTest, RevokesForAsLongAsItIsTold) {
  ASSERT_TRUE(store.create(idOf("abc"), "value", 100s));
  ASSERT_TRUE(store.revoke(idOf("abc"), 3600s));
  EXPECT_EQ(server.command({"EXISTS", "sess:abc"}), "0");
  EXPECT_EQ(server.command({"TTL", "sessiond:revoked:{sess:abc}"}), "3600");
}

TEST_F(RedisSessionStoreTest, AFullServerDeletesWithoutATombstone) {
  ASSERT_TRUE(store.create(idOf("abc"), "value", 100s));
  ASSERT_TRUE(store.revoke(idOf("buried"), 100s));
  server.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_EQ(store.revoke(idOf("abc"), 100s).value(), Burial::kUnburied);
  EXPECT_EQ(json("abc"), "(none)");
  EXPECT_EQ(store.revoke(idOf("buried"), 5000s).value(), Burial::kBuried) << "staying longer needs no memory";
  EXPECT_EQ(server.command({"TTL", "sessiond:revoked:{sess:buried}"}), "5000");
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(store.revoke(idOf("abc"), 100s).value(), Burial::kBuried);
  EXPECT_EQ(json("abc"), "revoked (none)");
}

TEST_F(RedisSessionStoreTest, ATombstoneThatMayNotBeWrittenKeepsNoSession) {
  server.command({"ACL", "SETUSER", "app", "on", ">s3cret", "~sess:*", "+@all"});
  ASSERT_TRUE(store.create(idOf("abc"), "value", 100s));
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  config.password = Secret(std::string("s3cret"));
  TestClient restricted(config);
  RedisSessionStore other(restricted.client, sessionConfig(), keysFor(sessionConfig()));
  EXPECT_EQ(other.revoke(idOf("abc"), 100s).value(), Burial::kUnburied);
  EXPECT_EQ(json("abc"), "(none)");
  server.command({"ACL", "SETUSER", "app", "resetkeys", "~sessiond:*"});
  ASSERT_TRUE(store.create(idOf("def"), "value", 100s));
  EXPECT_EQ(other.revoke(idOf("def"), 100s).error(), StoreError::kUnavailable)
      << "what cannot be deleted has not ended";
}

TEST_F(RedisSessionStoreTest, ATombstoneThatStandsForEverIsLeftAlone) {
  server.command({"SET", "sessiond:revoked:{sess:abc}", "by hand"});
  EXPECT_EQ(store.revoke(idOf("abc"), 100s).value(), Burial::kBuried);
  EXPECT_EQ(server.command({"TTL", "sessiond:revoked:{sess:abc}"}), "-1");
}

TEST_F(RedisSessionStoreTest, ReplacesWhatIsAsExpectedAndKeepsItsTimeToLive) {
  ASSERT_TRUE(store.create(idOf("abc"), "one", 100s));
  const auto outcome = store.replace(idOf("abc"), "one", "two");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome.value(), ReplaceOutcome::kReplaced);
  EXPECT_EQ(json("abc"), "two");
  EXPECT_EQ(server.command({"TTL", "sess:abc"}), "100");
}

TEST_F(RedisSessionStoreTest, ReplacesNothingThatHasChangedIsGoneOrIsRevoked) {
  ASSERT_TRUE(store.create(idOf("abc"), "other", 100s));
  EXPECT_EQ(store.replace(idOf("abc"), "one", "two").value(), ReplaceOutcome::kChanged);
  EXPECT_EQ(json("abc"), "other");
  EXPECT_EQ(store.replace(idOf("nobody"), "one", "two").value(), ReplaceOutcome::kMissing);
  EXPECT_EQ(json("nobody"), "(none)");
  ASSERT_TRUE(store.revoke(idOf("abc"), 100s));
  server.command({"SET", "sess:abc", "one"});
  EXPECT_EQ(store.replace(idOf("abc"), "one", "two").value(), ReplaceOutcome::kMissing);
  EXPECT_EQ(json("abc"), "revoked one");
}

TEST_F(RedisSessionStoreTest, ReplacesForOneOfTwoWritersWithTheSameIdea) {
  ASSERT_TRUE(store.create(idOf("abc"), "one", 100s));
  EXPECT_EQ(store.replace(idOf("abc"), "one", "two").value(), ReplaceOutcome::kReplaced);
  EXPECT_EQ(store.replace(idOf("abc"), "one", "two").value(), ReplaceOutcome::kChanged);
}

TEST_F(RedisSessionStoreTest, ReplacesNoOtherType) {
  server.command({"HSET", "sess:hash", "field", "value"});
  const auto outcome = store.replace(idOf("hash"), "one", "two");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error(), StoreError::kCorrupt);
  EXPECT_EQ(server.command({"TYPE", "sess:hash"}), "hash");
}

TEST_F(RedisSessionStoreTest, IsUnavailableWhenTheServerIsFullButStillLoads) {
  ASSERT_TRUE(store.create(idOf("abc"), "value", 100s));
  server.command({"CONFIG", "SET", "maxmemory", "1"});
  for (int i = 0; i < 5; ++i) {
    const auto created = store.create(idOf("new"), "value", 100s);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error(), StoreError::kUnavailable);
    const auto replaced = store.replace(idOf("abc"), "value", "other");
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error(), StoreError::kUnavailable);
    EXPECT_EQ(json("abc"), "value");
  }
}

TEST_F(RedisSessionStoreTest, RefusesWhenItMayNotReadTombstones) {
  server.command({"ACL", "SETUSER", "app", "on", ">s3cret", "~sess:*", "+@all"});
  ASSERT_TRUE(store.create(idOf("abc"), "value", 100s));
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  config.password = Secret(std::string("s3cret"));
  TestClient restricted(config);
  RedisSessionStore other(restricted.client, sessionConfig(), keysFor(sessionConfig()));
  const SessionId id = idOf("abc");
  SessionLoad one{.id = &id};
  other.load({&one, 1});
  ASSERT_FALSE(one.result);
  EXPECT_EQ(one.result.error(), StoreError::kUnavailable);
}

TEST_F(RedisSessionStoreTest, SaysTimeoutOrUnavailableForEveryOneOfABatch) {
  const SessionId first = idOf("first");
  const SessionId second = idOf("second");
  std::vector<SessionLoad> loads(2);
  loads[0].id = &first;
  loads[1].id = &second;
  store.load(loads);
  ASSERT_TRUE(loads[0].result);
  server.freeze();
  store.load(loads);
  for (const SessionLoad& load : loads) {
    ASSERT_FALSE(load.result);
    EXPECT_EQ(load.result.error(), StoreError::kTimeout);
  }
  server.kill();
  store.load(loads);
  for (const SessionLoad& load : loads) {
    ASSERT_FALSE(load.result);
    EXPECT_EQ(load.result.error(), StoreError::kUnavailable);
  }
}

TEST_F(RedisSessionStoreTest, LosesNoUpdateAmongCompetingReplacements) {
  ASSERT_TRUE(store.create(idOf("abc"), "0", 100s));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int done = 0; done < 50;) {
        const auto session = load("abc");
        if (!session || !session.value().json) continue;
        const std::string now(*session.value().json);
        const auto outcome = store.replace(idOf("abc"), now, std::to_string(std::stoi(now) + 1));
        if (outcome && outcome.value() == ReplaceOutcome::kReplaced) ++done;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(json("abc"), "200");
}

}  // namespace
}  // namespace sessiond
