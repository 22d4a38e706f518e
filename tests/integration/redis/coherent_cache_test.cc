// The in-process cache with a real Redis: what is kept there is what Redis holds, whoever changes it and however, and
// when Redis can no longer say so, nothing is believed.

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/crypto.h"
#include "redis/invalidation_listener.h"
#include "redis/redis_session_store.h"
#include "redis_test_fixture.h"
#include "session/caching_facts_source.h"
#include "session/facts_extractor.h"
#include "session/session_cache.h"
#include "session/store_facts_source.h"
#include "support/byte_relay.h"

namespace sessiond {
namespace {

/// Tries until it is so or five seconds are over.
bool soon(const std::function<bool()>& condition) {
  const auto limit = std::chrono::steady_clock::now() + 5s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// One instance of sessiond, as far as sessions go: store, cache and listener.
class Instance {
 public:
  explicit Instance(const std::string& url, const std::string& prefix = "sess:", milliseconds max_staleness = 1000ms)
      : config_(sessionConfig(prefix, max_staleness)),
        client_(configFor(url), clock_, metrics_),
        store_(client_, config_, keysFor(config_)),
        source_(store_, extractor_, {.latest_writer = 3600s, .usual_life = 3600s}, log_names_, metrics_),
        trust_(max_staleness),
        cache_(CacheLimits{}, trust_),
        caching_(source_, cache_, clock_, metrics_),
        listener_(std::make_unique<InvalidationListener>(client_, config_, keysFor(config_), cache_, trust_, clock_,
                                                         metrics_)) {}

  /// The user's id, or what else is known of the session; from memory if it can be.
  std::string check(const std::string& name) {
    const std::string cookie = "s:" + name + ".signature";
    if (const auto found = caching_.peek(cookie, clock_.steadyNow())) return describe(*found);
    const SessionId id = *SessionId::fromBytes(name);
    FactsLoad load{.id = &id, .cookie = cookie};
    caching_.load(std::span(&load, 1));
    return describe(load.found);
  }
  bool isInMemory(const std::string& name) {
    return caching_.peek("s:" + name + ".signature", clock_.steadyNow()).has_value();
  }
  bool trusts() { return trust_.holds(clock_.steadyNow()); }
  bool keeps(const std::string& name) {
    check(name);
    return isInMemory(name);
  }
  /// Waits until the subscription stands and the session is kept.
  ::testing::AssertionResult settle(const std::string& name) {
    if (soon([&] { return keeps(name); })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name << " is not kept: " << check(name);
  }
  std::uint64_t subscriptions() { return metrics_.counter("sessiond_cache_subscriptions_total", "").read(); }
  std::uint64_t misses() { return metrics_.counter("sessiond_cache_misses_total", "").read(); }
  RedisSessionStore& store() { return store_; }

 private:
  static SessionSettings sessionConfig(const std::string& prefix, milliseconds max_staleness) {
    SessionSettings config;
    config.key_prefix = prefix;
    config.cache.max_staleness = max_staleness;
    return config;
  }
  static std::string describe(const FoundSession& found) {
    switch (found.presence) {
      case Presence::kPresent:
        return std::string(found.session->identity().text());
      case Presence::kUnknown:
        return "unknown";
      case Presence::kRevoked:
        return "revoked";
      case Presence::kUnavailable:
        return "unavailable";
    }
    return "";
  }

  SystemClock clock_;
  MetricsRegistry metrics_;
  SessionSettings config_;
  RedisClient client_;
  RedisSessionStore store_;
  FactsExtractor extractor_{ExtractionRules{.identity = {{.name = "U", .from = "/user/id"}}}};
  HmacKey log_names_{Secret(std::string("names"))};
  StoreFactsSource source_;
  CacheTrust trust_;
  SessionCache cache_;
  CachingFactsSource caching_;
  std::unique_ptr<InvalidationListener> listener_;
};

std::string sessionOf(const std::string& user) {
  return R"({"cookie":{},"user":{"id":")" + user + R"("}})";
}

class CoherentCache : public testing::Test {
 protected:
  CoherentCache() { put("a", "ada"); }
  void put(const std::string& id, const std::string& user) { server_.command({"SET", "sess:" + id, sessionOf(user)}); }

  RedisServer server_;
};

TEST_F(CoherentCache, KeepsASessionUntilSomebodyChangesIt) {
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  const std::uint64_t before = instance.misses();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_EQ(instance.misses(), before);
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
}

TEST_F(CoherentCache, NoticesEveryWayInWhichASessionCanChangeOrGo) {
  Instance instance(server_.unixUrl());
  const struct {
    const char* what;
    std::function<void()> change;
    const char* then;
  } cases[] = {
      {"DEL",
       [&] {
         server_.command({"DEL", "sess:a"});
       },
       "unknown"},
      {"UNLINK",
       [&] {
         server_.command({"UNLINK", "sess:a"});
       },
       "unknown"},
      {"FLUSHALL", [&] { server_.command({"FLUSHALL"}); }, "unknown"},
      {"FLUSHDB ASYNC",
       [&] {
         server_.command({"FLUSHDB", "ASYNC"});
       },
       "unknown"},
      {"RENAME",
       [&] {
         server_.command({"RENAME", "sess:a", "elsewhere"});
       },
       "unknown"},
      {"SET", [&] { put("a", "eve"); }, "U: eve\r\n"},
      {"PEXPIRE",
       [&] {
         server_.command({"PEXPIRE", "sess:a", "1"});
       },
       "unknown"},
      {"EXPIREAT",
       [&] {
         server_.command({"EXPIREAT", "sess:a", "1"});
       },
       "unknown"},
      {"tombstone",
       [&] {
         server_.command({"SET", "sessiond:revoked:{sess:a}", "1"});
       },
       "revoked"},
      {"APPEND",
       [&] {
         server_.command({"APPEND", "sess:a", "junk"});
       },
       ""},
  };
  for (const auto& one : cases) {
    put("a", "ada");
    ASSERT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n" && instance.isInMemory("a"); })) << one.what;
    one.change();
    EXPECT_TRUE(soon([&] { return instance.check("a") == one.then; })) << one.what;
    server_.command({"DEL", "sessiond:revoked:{sess:a}"});
  }
}

TEST(CoherentCacheAndTime, ForgetsASessionWhenItsTimeIsUpThoughRedisHasNotDeletedIt) {
  RedisServer server({.configuration = {"enable-debug-command yes"}});
  ASSERT_EQ(server.command({"DEBUG", "SET-ACTIVE-EXPIRE", "0"}), "OK");
  server.command({"SET", "sess:a", sessionOf("ada"), "PX", "600"});
  Instance instance(server.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unknown"; })) << "no invalidation comes in this time";
}

TEST_F(CoherentCache, ALogoutOnAnotherInstanceIsSeenHere) {
  Instance here(server_.unixUrl());
  Instance there(server_.unixUrl());
  ASSERT_TRUE(here.settle("a"));
  ASSERT_TRUE(there.settle("a"));
  ASSERT_TRUE(there.store().revoke(*SessionId::fromBytes("a"), 60s));
  EXPECT_TRUE(soon([&] { return here.check("a") == "revoked"; }));
  EXPECT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
}

TEST_F(CoherentCache, ASessionThatBeginsIsSeenThoughItsAbsenceWasKept) {
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("new"));
  EXPECT_EQ(instance.check("new"), "unknown");
  put("new", "zoe");
  EXPECT_TRUE(soon([&] { return instance.check("new") == "U: zoe\r\n"; }));
}

TEST_F(CoherentCache, ALostSubscriptionIsMadeAnewAndNothingOldBelieved) {
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  for (int round = 1; round <= 3; ++round) {
    server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    server_.command({"SET", "sess:a", sessionOf("round" + std::to_string(round))});
    EXPECT_TRUE(soon([&] { return instance.check("a") == "U: round" + std::to_string(round) + "\r\n"; }));
    EXPECT_TRUE(soon([&] { return instance.subscriptions() == 1U + static_cast<unsigned>(round); }));
    EXPECT_TRUE(instance.settle("a"));
  }
}

TEST_F(CoherentCache, AFrozenRedisIsNotBelievedForLongerThanPromised) {
  Instance instance(server_.unixUrl(), "sess:", 300ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.freeze();
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  EXPECT_EQ(instance.check("a"), "unavailable");
  server_.thaw();
  EXPECT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
}

TEST_F(CoherentCache, ARestartedRedisIsAskedAnew) {
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  server_.kill();
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  server_.start();
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unknown"; }));
  put("a", "ada");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  EXPECT_TRUE(instance.settle("a"));
}

TEST_F(CoherentCache, ATrackingTableThatIsFullForgetsNothing) {
  server_.command({"CONFIG", "SET", "tracking-table-max-keys", "1"});
  for (int i = 0; i < 50; ++i) put("s" + std::to_string(i), "user");
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(instance.settle("s" + std::to_string(i)));
  for (int i = 0; i < 50; ++i) put("s" + std::to_string(i), "other");
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(soon([&] { return instance.check("s" + std::to_string(i)) == "U: other\r\n"; })) << i;
  }
}

TEST_F(CoherentCache, WorksWithAnyKeyPrefix) {
  for (const std::string prefix : {"", "s", "sessiond:", "sessiond:revoked:x", "app one:", "*[a]?:", "{app}:"}) {
    const std::string tombstone = RedisKeys(prefix, "sessiond:").tombstone("p");
    Instance instance(server_.unixUrl(), prefix);
    server_.command({"SET", prefix + "p", sessionOf("first")});
    ASSERT_TRUE(instance.settle("p")) << prefix;
    server_.command({"SET", prefix + "p", sessionOf("second")});
    EXPECT_TRUE(soon([&] { return instance.check("p") == "U: second\r\n"; })) << prefix;
    server_.command({"SET", tombstone, "1", "EX", "60"});
    EXPECT_TRUE(soon([&] { return instance.check("p") == "revoked"; })) << prefix;
    server_.command({"DEL", tombstone});
  }
}

TEST_F(CoherentCache, ARedisThatDoesNotTellIsAskedAtEveryCheck) {
  server_.command({"ACL", "SETUSER", "default", "-subscribe"});
  Instance instance(server_.unixUrl());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada\r\n");
    EXPECT_FALSE(instance.isInMemory("a"));
  }
  server_.command({"ACL", "SETUSER", "default", "+subscribe"});
  EXPECT_TRUE(instance.settle("a"));
}

TEST_F(CoherentCache, BytesThatAreSwallowedOnTheWayEndTheTrust) {
  ByteRelay relay(server_.socketPath());
  Instance instance(relay.url(), "sess:", 300ms);
  ASSERT_TRUE(instance.settle("a"));
  relay.swallow(true);
  put("a", "changed unseen");
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  relay.swallow(false);
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: changed unseen\r\n"; }));
  EXPECT_TRUE(instance.settle("a"));
}

TEST_F(CoherentCache, UnderLoadARevokedSessionIsNeverSeenAgainOnceItWasRefused) {
  Instance instance(server_.unixUrl());
  ASSERT_TRUE(instance.settle("a"));
  std::atomic<bool> stop = false;
  std::atomic<int> relapses = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      bool refused = false;
      while (!stop) {
        const bool now_refused = instance.check("a") == "revoked";
        if (refused && !now_refused) ++relapses;
        refused = refused || now_refused;
        std::this_thread::yield();
      }
      EXPECT_TRUE(refused);
    });
  }
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 60s));
  for (int i = 0; i < 50; ++i) put("a", "late writer");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "revoked"; }));
  std::this_thread::sleep_for(50ms);
  stop = true;
  threads.clear();
  EXPECT_EQ(relapses, 0);
}

}  // namespace
}  // namespace sessiond
