// Answers that a real Redis gives seldom, or never.

#include "redis/redis_session_store.h"

#include "redis_test_fixture.h"
#include "session_loads.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

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

}  // namespace
}  // namespace sessiond
