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
#include "redis/redis_lane_store.h"
#include "redis/redis_session_store.h"
#include "redis_test_fixture.h"
#include "session/coherent_store.h"
#include "session/facts_extractor.h"
#include "session/session_cache.h"
#include "session/session_loader.h"
#include "support/byte_relay.h"
#include "support/poll_loop.h"
#include "support/scripted_redis.h"

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

/// What the lanes of an instance of sessiond share, as far as sessions go.
struct Site {
  Site(const std::string& url, const std::string& prefix, milliseconds max_staleness, const std::string& lanes_url)
      : config(sessionConfig(prefix, max_staleness)),
        client(configFor(url), clock, metrics),
        lanes_client(configFor(lanes_url), clock, metrics),
        trust(max_staleness),
        listener(client, keys, cache, burials, canaries, clock, metrics) {}

  static SessionSettings sessionConfig(const std::string& prefix, milliseconds max_staleness) {
    SessionSettings made;
    made.key_prefix = prefix;
    made.cache.max_staleness = max_staleness;
    return made;
  }

  SystemClock clock;
  MetricsRegistry metrics;
  SessionSettings config;
  RedisClient client;
  RedisClient lanes_client;  ///< for its node
  FactsExtractor extractor{ExtractionRules{.identity = {{.name = "U", .from = "/user/id"}}}};
  HmacKey log_names{Secret(std::string("names"))};
  CacheTrust trust;
  SessionCache cache{CacheLimits{}, trust};
  RedisKeys keys = keysFor(config);
  RedisSessionStore redis_store{client, config, keys};
  RevokedSessions revoked{clock, metrics};
  LiveCaches caches;
  const LiveCaches::Membership membership{caches, cache};
  CoherentStore store{redis_store, caches, revoked, clock};
  FactsReader reader{extractor, {.latest_writer = 3600s, .usual_life = 3600s},
                     revoked,   log_names,
                     metrics,   [](const SessionId&, seconds) {}};
  BurialQueue burials{store, redis_store, revoked, log_names, metrics};
  Canaries canaries{trust, keys};
  InvalidationListener listener;
  TouchThrottle throttle{60s};
  LateTouches late;
  LoaderMetrics loader_metrics{metrics};
};

/// Of one thread.
class Lane final : private SessionLoader::Client {
 public:
  explicit Lane(Site& site)
      : site_(site), store_(site.lanes_client.node(), &site.canaries, site.config, site.keys, loop_, site.clock) {}

  /// The user's id, or what else is known of the session; from memory if it can be.
  std::string check(const std::string& name) {
    live();
    const std::string cookie = "s:" + name + ".signature";
    if (const auto found = site_.cache.find(cookie, now())) return describe(*found);
    const SessionId id = *SessionId::fromBytes(name);
    SessionWant want{.id = &id, .cookie = cookie, .arrived = now()};
    loaded_ = false;
    loader_.want(want);
    loader_.flush();
    EXPECT_TRUE(loop_.runUntil([this] { return loaded_; }));
    return describe(want.found);
  }
  bool isInMemory(const std::string& name) {
    live();
    return site_.cache.find("s:" + name + ".signature", now()).has_value();
  }
  /// Lets the lane do what it does while checks are made.
  void live() {
    store_.noteUse();
    loop_.run(milliseconds(0));
  }

 private:
  void loaded(SessionWant&) override { loaded_ = true; }
  void touched(TouchWant&) override {}
  SteadyTime now() { return site_.clock.steadyNow(); }
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

  Site& site_;
  PollLoop loop_;
  RedisLaneStore store_;
  SessionLoader loader_{{.store = store_,
                         .cache = site_.cache,
                         .reader = site_.reader,
                         .throttle = site_.throttle,
                         .late = site_.late,
                         .metrics = site_.loader_metrics,
                         .clock = site_.clock,
                         .loop = loop_,
                         .budget = 750ms},
                        *this};
  bool loaded_ = false;
};

/// A site with one lane.
class Instance {
 public:
  explicit Instance(const std::string& url, const std::string& prefix = "sess:", milliseconds max_staleness = 1000ms,
                    const std::string& lanes_url = "")
      : site_(url, prefix, max_staleness, lanes_url.empty() ? url : lanes_url) {}

  std::string check(const std::string& name) { return lane_.check(name); }
  bool isInMemory(const std::string& name) { return lane_.isInMemory(name); }
  bool keeps(const std::string& name) {
    check(name);
    return isInMemory(name);
  }
  /// Waits until the subscription stands and the session is kept.
  ::testing::AssertionResult settle(const std::string& name) {
    if (soon([&] { return keeps(name); })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name << " is not kept: " << check(name);
  }
  std::uint64_t subscriptions() { return site_.metrics.counter("sessiond_cache_subscriptions_total", "").read(); }
  std::uint64_t misses() { return site_.metrics.counter("sessiond_cache_misses_total", "").read(); }
  SessionStore& store() { return site_.store; }
  Site& site() { return site_; }

 private:
  Site site_;
  Lane lane_{site_};
};

std::string sessionOf(const std::string& user) {
  return R"({"cookie":{},"user":{"id":")" + user + R"("}})";
}

class CoherentCache : public testing::TestWithParam<Way> {
 protected:
  CoherentCache() : server_(optionsFor(GetParam())) { put("a", "ada"); }
  std::string url() const { return urlOf(server_, GetParam()); }
  void put(const std::string& id, const std::string& user) { server_.command({"SET", "sess:" + id, sessionOf(user)}); }

  RedisServer server_;
};

TEST_P(CoherentCache, KeepsASessionUntilSomebodyChangesIt) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  const std::uint64_t before = instance.misses();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_EQ(instance.misses(), before);
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
}

TEST_P(CoherentCache, NoticesEveryWayInWhichASessionCanChangeOrGo) {
  Instance instance(url());
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

TEST_P(CoherentCache, ALogoutOnAnotherInstanceIsSeenHere) {
  Instance here(url());
  Instance there(url());
  ASSERT_TRUE(here.settle("a"));
  ASSERT_TRUE(there.settle("a"));
  ASSERT_TRUE(there.store().revoke(*SessionId::fromBytes("a"), 60s));
  EXPECT_TRUE(soon([&] { return here.check("a") == "revoked"; }));
  EXPECT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
}

TEST_P(CoherentCache, ASessionThatBeginsIsSeenThoughItsAbsenceWasKept) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("new"));
  EXPECT_EQ(instance.check("new"), "unknown");
  put("new", "zoe");
  EXPECT_TRUE(soon([&] { return instance.check("new") == "U: zoe\r\n"; }));
}

TEST_P(CoherentCache, ALostSubscriptionIsMadeAnewAndNothingOldBelieved) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  for (int round = 1; round <= 3; ++round) {
    server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    server_.command({"SET", "sess:a", sessionOf("round" + std::to_string(round))});
    EXPECT_TRUE(soon([&] { return instance.check("a") == "U: round" + std::to_string(round) + "\r\n"; }));
    EXPECT_TRUE(soon([&] { return instance.subscriptions() == 1U + static_cast<unsigned>(round); }));
    EXPECT_TRUE(instance.settle("a"));
  }
}

TEST_P(CoherentCache, AFrozenRedisIsNotBelievedForLongerThanPromised) {
  Instance instance(url(), "sess:", 300ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.freeze();
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  EXPECT_EQ(instance.check("a"), "unavailable");
  server_.thaw();
  EXPECT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
}

TEST_P(CoherentCache, ARestartedRedisIsAskedAnew) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  server_.kill();
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  server_.start();
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unknown"; }));
  put("a", "ada");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, ATrackingTableThatIsFullForgetsNothing) {
  server_.command({"CONFIG", "SET", "tracking-table-max-keys", "1"});
  for (int i = 0; i < 50; ++i) put("s" + std::to_string(i), "user");
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(instance.settle("s" + std::to_string(i)));
  for (int i = 0; i < 50; ++i) put("s" + std::to_string(i), "other");
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(soon([&] { return instance.check("s" + std::to_string(i)) == "U: other\r\n"; })) << i;
  }
}

TEST_P(CoherentCache, WorksWithAnyKeyPrefix) {
  for (const std::string prefix : {"", "s", "sessiond:", "sessiond:revoked:x", "app one:", "*[a]?:", "{app}:"}) {
    const std::string tombstone = RedisKeys(prefix, "sessiond:").tombstone("p");
    Instance instance(url(), prefix);
    server_.command({"SET", prefix + "p", sessionOf("first")});
    ASSERT_TRUE(instance.settle("p")) << prefix;
    server_.command({"SET", prefix + "p", sessionOf("second")});
    EXPECT_TRUE(soon([&] { return instance.check("p") == "U: second\r\n"; })) << prefix;
    server_.command({"SET", tombstone, "1", "EX", "60"});
    EXPECT_TRUE(soon([&] { return instance.check("p") == "revoked"; })) << prefix;
    server_.command({"DEL", tombstone});
  }
}

TEST_P(CoherentCache, ARedisThatDoesNotTellIsAskedAtEveryCheck) {
  server_.command({"ACL", "SETUSER", "default", "-subscribe"});
  Instance instance(url());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada\r\n");
    EXPECT_FALSE(instance.isInMemory("a"));
  }
  server_.command({"ACL", "SETUSER", "default", "+subscribe"});
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, BytesThatAreSwallowedOnTheWayEndTheTrust) {
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

TEST_P(CoherentCache, UnderLoadARevokedSessionIsNeverSeenAgainOnceItWasRefused) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  std::atomic<bool> stop = false;
  std::atomic<int> relapses = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Lane lane(instance.site());
      bool refused = false;
      while (!stop) {
        const bool now_refused = lane.check("a") == "revoked";
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

TEST_P(CoherentCache, ALogoutHereIsSeenHereAtOnce) {
  Instance instance(url());
  for (int round = 0; round < 5; ++round) {
    put("a", "ada");
    server_.command({"DEL", "sessiond:revoked:{sess:a}"});
    ASSERT_TRUE(instance.settle("a"));
    ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 60s));
    EXPECT_EQ(instance.check("a"), "revoked");
  }
}

/// What a server has that took over without having heard of the logout: the session, and no tombstone.
TEST_P(CoherentCache, ALogoutThatTheServerHasLostStaysALogout) {
  Instance here(url(), "sess:", 400ms);
  Instance there(url(), "sess:", 400ms);
  const SessionId id = *SessionId::fromBytes("a");
  ASSERT_TRUE(here.settle("a"));
  ASSERT_TRUE(there.settle("a"));
  ASSERT_TRUE(here.store().revoke(id, 3600s));
  ASSERT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
  server_.command({"MULTI"});
  server_.command({"DEL", "sessiond:revoked:{sess:a}"});
  server_.command({"SET", "sess:a", sessionOf("ada")});
  server_.command({"EXEC"});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(here.check("a"), "revoked") << "whatever the server says";
  EXPECT_TRUE(soon([&] { return there.check("a") == "revoked"; })) << "and it is told again";
  EXPECT_EQ(server_.command({"EXISTS", "sess:a"}), "0");
  EXPECT_GT(std::stoi(server_.command({"TTL", "sessiond:revoked:{sess:a}"})), 3500);
}

TEST_P(CoherentCache, ATombstoneThatTheServerHasLostIsWrittenAgainWithTheNextSubscription) {
  Instance instance(url());
  ASSERT_TRUE(instance.settle("a"));
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 3600s));
  const auto stands = [&] { return server_.command({"EXISTS", "sessiond:revoked:{sess:a}"}) == "1"; };
  server_.kill();
  server_.start();  // empty
  EXPECT_TRUE(soon(stands));
  EXPECT_GT(std::stoi(server_.command({"TTL", "sessiond:revoked:{sess:a}"})), 3500);
  server_.command({"FLUSHALL"});
  EXPECT_TRUE(soon(stands)) << "nobody can tell which server this is like";
  const std::string before = server_.command({"TTL", "sessiond:revoked:{sess:a}"});
  server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return instance.subscriptions() >= 3U; }));
  EXPECT_TRUE(stands());
  EXPECT_LE(server_.command({"TTL", "sessiond:revoked:{sess:a}"}), before) << "its life does not begin anew";
}

TEST_P(CoherentCache, ARestartOfAMomentIsNotSeenAndTheSubscriptionStandsAgain) {
  Instance instance(url(), "sess:", 2000ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return instance.subscriptions() == 2U; }));
  EXPECT_TRUE(instance.isInMemory("a")) << "the last proof is younger than max_staleness";
}

TEST_P(CoherentCache, DatabasesThatAreSwappedAreNoticed) {
  server_.command({"SELECT", "1"});
  server_.command({"SET", "sess:a", sessionOf("of the other database")});
  server_.command({"SELECT", "0"});
  Instance instance(url(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"SWAPDB", "0", "1"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: of the other database\r\n"; })) << "nobody tells";
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, ConnectionsToAnotherServerThanTheSubscriptionAreNotBelieved) {
  RedisServer other;
  other.command({"SET", "sess:a", sessionOf("ada there")});
  Instance instance(url(), "sess:", 100ms, other.unixUrl());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada there\r\n");
    EXPECT_FALSE(instance.isInMemory("a"));
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(soon([&] {
    instance.check("a");
    return instance.subscriptions() > 1U;
  })) << "the subscription is made anew when no canary comes back";
}

TEST_P(CoherentCache, NothingIsFreshWhereCanariesMayNotBeWritten) {
  server_.command({"ACL", "SETUSER", "default", "resetkeys", "~sess:*", "~sessiond:revoked:*"});
  Instance instance(url());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada\r\n") << "loads go on";
    EXPECT_FALSE(instance.isInMemory("a"));
  }
}

TEST_P(CoherentCache, AFullServerIsReadAllTheSame) {
  server_.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  Instance instance(url());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  server_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, AReplicaIsNotBelieved) {
  Instance instance(url(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unavailable"; }));
  EXPECT_FALSE(instance.isInMemory("a"));
  server_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(instance.settle("a"));
}

INSTANTIATE_TEST_SUITE_P(By, CoherentCache, kAllWays, nameOfWay);

}  // namespace
}  // namespace sessiond
