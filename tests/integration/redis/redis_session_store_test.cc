#include "redis/redis_session_store.h"

#include <algorithm>

#include "redis_test_fixture.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

SessionId idOf(std::string_view bytes) {
  return *SessionId::fromBytes(bytes);
}

/// Loads of some ids, and the ids.
struct Loads {
  explicit Loads(const std::vector<std::string>& names, bool wants_ttl = false) {
    for (const std::string& name : names) ids.push_back(idOf(name));
    for (const SessionId& id : ids) loads.push_back({.id = &id, .wants_ttl = wants_ttl});
  }
  /// One word or value for each.
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const SessionLoad& load : loads) {
      if (!load.result) {
        all.emplace_back(load.result.error() == StoreError::kCorrupt ? "(corrupt)" : "(unavailable)");
        continue;
      }
      const StoredSession& stored = load.result.value();
      all.push_back(std::string(stored.revoked ? "revoked " : "") + std::string(stored.json.value_or("(none)")) +
                    (stored.ttl ? stored.ttl == kNoEnd ? " lasts" : " expires" : ""));
    }
    return all;
  }

  std::vector<SessionId> ids;
  std::vector<SessionLoad> loads;
};

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

/// The last millisecond of a life is no endless one, and neither is one that ended between two commands.
TEST(RedisSessionStore, ARemainingLifeOfNothingIsAnEnd) {
  for (const char* pttl : {":0", ":-2"}) {
    ScriptedRedis server([&](std::string_view request, int) -> std::string {
      if (isGreeting(request)) return kGreeted;
      return "$5\r\nvalue\r\n" + std::string(pttl) + "\r\n:0\r\n$-1\r\n";
    });
    TestClient test(configFor(server.url()));
    RedisSessionStore store(test.client, SessionSettings(), keysFor(SessionSettings()));
    const SessionId id = idOf("abc");
    SessionLoad one{.id = &id, .wants_ttl = true};
    store.load({&one, 1});
    ASSERT_TRUE(one.result);
    EXPECT_EQ(one.result.value().ttl, 0ms);
  }
}

/// An answer that does not say whether a session is revoked is none.
TEST(RedisSessionStore, ATombstoneThatMayNotBeReadConcernsItsSessionAlone) {
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return "$1\r\na\r\n:0\r\n$1\r\nb\r\n-NOPERM no\r\n$-1\r\n";
  });
  TestClient test(configFor(server.url()));
  RedisSessionStore store(test.client, SessionSettings(), keysFor(SessionSettings()));
  Loads both({"a", "b"});
  store.load(both.loads);
  EXPECT_EQ(both.texts(), (std::vector<std::string>{"a", "(unavailable)"}));
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

/// Asked for in the other order, a value that was written back right after a revocation could be seen without it.
TEST(RedisSessionStore, AsksForValuesBeforeTombstones) {
  std::string seen;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    seen = request;
    return "$5\r\nvalue\r\n:0\r\n$-1\r\n";
  });
  TestClient test(configFor(server.url()));
  RedisSessionStore store(test.client, SessionSettings(), keysFor(SessionSettings()));
  const SessionId id = idOf("abc");
  SessionLoad one{.id = &id};
  store.load({&one, 1});
  ASSERT_TRUE(one.result);
  EXPECT_EQ(one.result.value().json, "value");
  EXPECT_EQ(seen,
            "*4\r\n$8\r\nGETRANGE\r\n$8\r\nsess:abc\r\n$1\r\n0\r\n$6\r\n262144\r\n"
            "*2\r\n$6\r\nEXISTS\r\n$27\r\nsessiond:revoked:{sess:abc}\r\n"
            "*2\r\n$3\r\nGET\r\n$14\r\nsessiond:epoch\r\n");
}

TEST(RedisSessionStore, AsksForTombstonesLastAlsoWhenItAsksForTheTimeToLive) {
  std::string seen;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    seen = request;
    return "$5\r\nvalue\r\n:1000\r\n:0\r\n$-1\r\n";
  });
  TestClient test(configFor(server.url()));
  RedisSessionStore store(test.client, SessionSettings(), keysFor(SessionSettings()));
  const SessionId id = idOf("abc");
  SessionLoad one{.id = &id, .wants_ttl = true};
  store.load({&one, 1});
  ASSERT_TRUE(one.result);
  EXPECT_EQ(one.result.value().ttl, 1000ms);
  EXPECT_EQ(seen,
            "*4\r\n$8\r\nGETRANGE\r\n$8\r\nsess:abc\r\n$1\r\n0\r\n$6\r\n262144\r\n"
            "*2\r\n$4\r\nPTTL\r\n$8\r\nsess:abc\r\n"
            "*2\r\n$6\r\nEXISTS\r\n$27\r\nsessiond:revoked:{sess:abc}\r\n"
            "*2\r\n$3\r\nGET\r\n$14\r\nsessiond:epoch\r\n");
}

/// Answers like a Redis in which one look at a tombstone is refused.
TEST(RedisSessionStore, AnAnswerThatIsNoneIsNotTakenForNoTombstone) {
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return "$1\r\na\r\n:0\r\n$1\r\nb\r\n-NOPERM no\r\n$-1\r\n";
  });
  TestClient test(configFor(server.url()));
  SessionSettings config;
  config.cache.enabled = false;
  RedisSessionStore store(test.client, config, keysFor(config));
  Loads both({"a", "b"});
  store.load(both.loads);
  EXPECT_EQ(both.texts(), (std::vector<std::string>{"a", "(unavailable)"}));
}

TEST(RedisSessionStore, AValueThatIsNoneIsNoSession) {
  for (const std::string value : {":1", "$-1", "*0", "+a"}) {
    ScriptedRedis server([&](std::string_view request, int) -> std::string {
      if (isGreeting(request)) return kGreeted;
      return value + "\r\n:0\r\n$-1\r\n";
    });
    TestClient test(configFor(server.url()));
    RedisSessionStore store(test.client, SessionSettings{}, keysFor(SessionSettings{}));
    Loads one({"a"});
    store.load(one.loads);
    EXPECT_EQ(one.texts(), (std::vector<std::string>{"(unavailable)"})) << value;
  }
}

TEST(RedisSessionStore, WhereItsUserCannotBeLookedUpNobodyCanTell) {
  for (const std::string user : {"-NOPERM no", ":1", "*1\r\n$-1"}) {
    ScriptedRedis server([&](std::string_view request, int) -> std::string {
      if (isGreeting(request)) return kGreeted;
      return "$1\r\na\r\n:0\r\n" + user + "\r\n$-1\r\n";
    });
    TestClient test(configFor(server.url()));
    RedisSessionStore store(test.client, SessionSettings{}, keysFor(SessionSettings{}));
    Loads one({"a"});
    one.loads[0].user = "ada";
    store.load(one.loads);
    ASSERT_FALSE(one.loads[0].result) << user;
    EXPECT_EQ(one.loads[0].result.error(), StoreError::kUnavailable);
  }
}

TEST(RedisSessionStore, ACounterOfLogoutsThatIsNoNumberProvesNothing) {
  const std::vector<std::pair<std::string, std::optional<std::uint64_t>>> answers = {
      {"$-1", 0},
      {"$1\r\n7", 7},
      {"$1\r\nx", std::nullopt},
      {"$20\r\n18446744073709551615", std::nullopt},
      {"-NOPERM no", std::nullopt}};
  for (const auto& answer : answers) {
    const std::string& reply = answer.first;
    ScriptedRedis server([&](std::string_view request, int) -> std::string {
      if (isGreeting(request)) return kGreeted;
      return "$1\r\na\r\n:0\r\n" + reply + "\r\n";
    });
    TestClient test(configFor(server.url()));
    RedisSessionStore store(test.client, SessionSettings{}, keysFor(SessionSettings{}));
    Loads one({"a"});
    store.load(one.loads);
    ASSERT_TRUE(one.loads[0].result) << reply;
    EXPECT_EQ(one.loads[0].result->epoch, answer.second) << reply;
  }
}

/// The session is deleted only when DEL says so.
TEST(RedisSessionStore, ADeletionThatIsRefusedIsNoRevocation) {
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return ":1\r\n-MISCONF no\r\n";
  });
  TestClient test(configFor(server.url()));
  RedisSessionStore store(test.client, SessionSettings{}, keysFor(SessionSettings{}));
  EXPECT_EQ(store.revoke(idOf("a"), 100s).error(), StoreError::kUnavailable);
}

/// A tombstone that is written while a session is replaced, by a logout between the two looks.
TEST(RedisSessionStore, ReplacesNothingThatIsRevokedMeanwhile) {
  int pipelines = 0;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return ++pipelines == 1 ? ":0\r\n" : ":0\r\n:1\r\n";
  });
  TestClient test(configFor(server.url()));
  RedisSessionStore store(test.client, SessionSettings{}, keysFor(SessionSettings{}));
  EXPECT_EQ(store.replace(idOf("a"), "one", "two").value(), ReplaceOutcome::kMissing);
  EXPECT_EQ(pipelines, 2);
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

/// A primary with two replicas.
class Replicated : public ::testing::Test {
 protected:
  Replicated() {
    for (RedisServer* replica : {&first_, &second_}) {
      replica->command({"REPLICAOF", "127.0.0.1", std::to_string(primary_.port())});
    }
    RedisSettings config = configFor(primary_.unixUrl());
    config.command_timeout = 1000ms;
    test_.emplace(config);
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (revoke(2).front() != 2U && std::chrono::steady_clock::now() < limit) continue;
    test_.emplace(config);
  }
  /// How many replicas have the end of some sessions, by what is said of each.
  std::vector<std::optional<std::uint32_t>> revoke(std::uint32_t replicas, int sessions = 1) {
    RedisSessionStore store(test_->client, SessionSettings(), keysFor(SessionSettings()), replicas);
    std::vector<SessionRevocation> revocations;
    for (int i = 0; i < sessions; ++i) revocations.push_back({.id = SessionId::generate(), .tombstone_ttl = 100s});
    store.revoke(revocations);
    std::vector<std::optional<std::uint32_t>> reached;
    for (const SessionRevocation& one : revocations) {
      EXPECT_TRUE(one.result) << "it has ended whatever replicas do";
      reached.push_back(one.replicas);
    }
    return reached;
  }
  std::uint64_t missed() { return test_->metrics.counter("sessiond_redis_unreplicated_total", "").read(); }

  RedisServer primary_{{.tcp = true, .configuration = {"repl-diskless-sync-delay 0"}}};
  RedisServer first_{{.tcp = true}};
  RedisServer second_{{.tcp = true}};
  std::optional<TestClient> test_;
};

TEST_F(Replicated, ARevocationIsWhereItWasWaitedFor) {
  // A replica may be busy for longer than is waited for.
  std::uint64_t short_ones = 0;
  const auto limit = std::chrono::steady_clock::now() + 10s;
  while (revoke(2, 3) != std::vector<std::optional<std::uint32_t>>{2, 2, 2}) {
    ++short_ones;
    ASSERT_LT(std::chrono::steady_clock::now(), limit);
  }
  EXPECT_EQ(missed(), short_ones);
  RedisSessionStore store(test_->client, SessionSettings(), keysFor(SessionSettings()), 2);
  const SessionId id = SessionId::generate();
  primary_.command({"SET", "sess:" + id.bytes(), "{}"});
  SessionRevocation one{.id = id, .tombstone_ttl = 100s};
  while (one.replicas != 2U) {
    store.revoke({&one, 1});
    ASSERT_LT(std::chrono::steady_clock::now(), limit);
  }
  for (const RedisServer* replica : {&first_, &second_}) {
    EXPECT_EQ(replica->command({"EXISTS", "sess:" + id.bytes()}), "0");
    EXPECT_EQ(replica->command({"EXISTS", keysFor(SessionSettings()).tombstone(id.bytes())}), "1");
  }
}

TEST_F(Replicated, WithoutTheOptionNobodyWaits) {
  EXPECT_EQ(revoke(0), (std::vector<std::optional<std::uint32_t>>{std::nullopt}));
}

TEST_F(Replicated, AReplicaThatHasStoppedIsNotCountedAndHoldsUpNobody) {
  second_.freeze();
  EXPECT_EQ(revoke(2), (std::vector<std::optional<std::uint32_t>>{1}));
  EXPECT_EQ(missed(), 1U);
  EXPECT_EQ(revoke(1), (std::vector<std::optional<std::uint32_t>>{1}));
  EXPECT_EQ(missed(), 1U);
  first_.kill();
  EXPECT_EQ(revoke(1), (std::vector<std::optional<std::uint32_t>>{0}));
  EXPECT_EQ(missed(), 2U);
  EXPECT_EQ(test_->text({"PING"}), "PONG");
  EXPECT_EQ(test_->errors("timeout"), 0U) << "the server itself answers in time";
  second_.thaw();
}

TEST_F(Replicated, WhoMayNotWaitIsToldSoAndTheSessionHasEnded) {
  primary_.command({"ACL", "SETUSER", "default", "-wait"});
  EXPECT_EQ(revoke(1), (std::vector<std::optional<std::uint32_t>>{0}));
  EXPECT_EQ(missed(), 1U);
}

}  // namespace
}  // namespace sessiond
