// The in-process cache with a real Redis: what is kept there is what Redis holds, whoever changes it and however, and
// when Redis can no longer say so, nothing is believed. More than 400 lines because they are one promise, kept over
// every kind of connection.

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cache_instance.h"
#include "login/password_tag.h"
#include "support/byte_relay.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

class CoherentCache : public testing::TestWithParam<Way> {
 protected:
  CoherentCache() { put("a", "ada"); }
  RedisSettings redis() const { return reached_.settings(); }
  void put(const std::string& id, const std::string& user) { server_.command({"SET", "sess:" + id, sessionOf(user)}); }
  /// Beside what is there.
  void putInOtherDatabase(const std::string& id, const std::string& user) {
    const std::string key = "sess:" + id;
    server_.command({"RENAME", key, "aside"});
    server_.command({"SET", key, sessionOf(user)});
    EXPECT_EQ(server_.command({"MOVE", key, "1"}), "1");
    server_.command({"RENAME", "aside", key});
  }

  const ReachedServer reached_{GetParam()};
  RedisServer& server_ = reached_.server();
};

TEST_P(CoherentCache, KeepsASessionUntilSomebodyChangesIt) {
  Instance instance(redis(), "sess:", 20s);
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  const std::uint64_t before = instance.misses();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_EQ(instance.misses(), before);
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
}

TEST_P(CoherentCache, EverybodyIsLoggedOutAtEveryInstanceByOneCounter) {
  server_.command({"SET", "sess:own", R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1}})"});
  Instance one(redis());
  Instance other(redis());
  for (Instance* instance : {&one, &other}) ASSERT_TRUE(instance->settle("own"));
  EXPECT_EQ(*one.store().raiseEpoch(1), 1U);
  for (Instance* instance : {&one, &other}) {
    EXPECT_TRUE(soon([&] { return instance->check("own") == "revoked"; }));
    EXPECT_EQ(instance->check("a"), "U: ada\r\n") << "what an application made has no counter";
  }
  server_.command({"DEL", "sessiond:epoch"});
  for (int i = 0; i < 100; ++i) ASSERT_EQ(other.check("own"), "revoked") << "who has seen the counter remembers";
  server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return server_.command({"GET", "sessiond:epoch"}) == "1"; })) << "and writes it again";
  Instance later(redis());
  EXPECT_EQ(later.check("own"), "revoked");
  server_.command({"SET", "sess:new", R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1,"epoch":1}})"});
  EXPECT_EQ(later.check("new"), "U: ada\r\n");
  server_.command({"SET", "sessiond:epoch", "many"});
  EXPECT_TRUE(soon([&] { return later.check("new") == "unavailable"; })) << "nobody can tell";
  EXPECT_EQ(later.check("a"), "U: ada\r\n");
}

TEST_P(CoherentCache, AUserWhoIsLockedGoneOrHasAnotherPasswordLosesWhatHeLoggedInWith) {
  const auto user = [this](const std::vector<std::string>& words) { server_.command(words); };
  user({"HSET", "sessiond:user:ada", "password", "$6$hash"});
  const std::string auth = redisAuth(passwordTag("ada", "$6$hash"));
  server_.command({"SET", "sess:own",
                   R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1,"login":"ada","auth":")" + auth + "\"}}"});
  Instance instance(redis(), "sess:", 20s);
  ASSERT_TRUE(instance.settle("own"));
  const std::uint64_t before = instance.misses();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(instance.check("own"), "U: ada\r\n");
  user({"HSET", "sessiond:user:grace", "password", "$6$hash"});
  EXPECT_EQ(instance.misses(), before) << "a check from memory asks nobody";
  const std::vector<std::pair<std::vector<std::string>, std::string>> changes = {
      {{"HSET", "sessiond:user:ada", "disabled", "1"}, "revoked"},
      {{"HDEL", "sessiond:user:ada", "disabled"}, "U: ada\r\n"},
      {{"HSET", "sessiond:user:ada", "password", "$6$other"}, "revoked"},
      {{"HSET", "sessiond:user:ada", "password", "$6$hash"}, "U: ada\r\n"},
      {{"HSET", "sessiond:user:ada", "password", "!$6$hash"}, "revoked"},
      {{"DEL", "sessiond:user:ada"}, "revoked"},
      {{"SET", "sessiond:user:ada", "no hash"}, "revoked"},
  };
  for (const auto& [change, then] : changes) {
    user(change);
    EXPECT_TRUE(soon([&, &then = then] { return instance.check("own") == then; }))
        << change.back() << ": " << instance.check("own");
    Instance restarted(redis());
    EXPECT_EQ(restarted.check("own"), then) << change.back();
  }
}

TEST_P(CoherentCache, NoticesEveryWayInWhichASessionCanChangeOrGo) {
  Instance instance(redis());
  const std::vector<std::pair<std::vector<std::string>, std::string>> changes = {
      {{"DEL", "sess:a"}, "unknown"},
      {{"UNLINK", "sess:a"}, "unknown"},
      {{"FLUSHALL"}, "unknown"},
      {{"FLUSHDB", "ASYNC"}, "unknown"},
      {{"RENAME", "sess:a", "elsewhere"}, "unknown"},
      {{"SET", "sess:a", sessionOf("eve")}, "U: eve\r\n"},
      {{"PEXPIRE", "sess:a", "1"}, "unknown"},
      {{"EXPIREAT", "sess:a", "1"}, "unknown"},
      {{"SET", "sessiond:revoked:{sess:a}", "1"}, "revoked"},
      {{"APPEND", "sess:a", "junk"}, ""},
  };
  for (const auto& [change, then] : changes) {
    put("a", "ada");
    ASSERT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n" && instance.isInMemory("a"); }))
        << change[0] << ": " << then;
    server_.command(change);
    EXPECT_TRUE(soon([&, &then = then] { return instance.check("a") == then; })) << change[0] << ": " << then;
    server_.command({"DEL", "sessiond:revoked:{sess:a}"});
  }
}

/// That the canary before it is gone as well is seen when the next one is written.
TEST_P(CoherentCache, AFlushEndsWhatIsBelievedLongBeforeACanaryIsMissed) {
  for (const char* flush : {"FLUSHALL", "FLUSHDB"}) {
    put("a", "ada");
    Instance instance(redis(), "sess:", 600s);
    ASSERT_TRUE(instance.settle("a")) << flush;
    server_.command({flush});
    EXPECT_TRUE(soon([&] { return instance.check("a") == "unknown"; })) << flush;
    EXPECT_EQ(instance.losses("database"), 0U) << flush;
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
  Instance here(redis());
  Instance there(redis());
  ASSERT_TRUE(here.settle("a"));
  ASSERT_TRUE(there.settle("a"));
  ASSERT_TRUE(there.store().revoke(idOf("a"), 60s));
  EXPECT_TRUE(soon([&] { return here.check("a") == "revoked"; }));
  EXPECT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
}

TEST_P(CoherentCache, ASessionThatBeginsIsSeenThoughItsAbsenceWasKept) {
  Instance instance(redis());
  ASSERT_TRUE(instance.settle("new"));
  EXPECT_EQ(instance.check("new"), "unknown");
  put("new", "zoe");
  EXPECT_TRUE(soon([&] { return instance.check("new") == "U: zoe\r\n"; }));
}

TEST_P(CoherentCache, ALostSubscriptionIsMadeAnewAndNothingOldBelieved) {
  Instance instance(redis());
  ASSERT_TRUE(instance.settle("a"));
  const auto before = instance.subscriptions();  // one more, where sentinels have named the primary meanwhile
  for (int round = 1; round <= 3; ++round) {
    server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
    server_.command({"SET", "sess:a", sessionOf("round" + std::to_string(round))});
    EXPECT_TRUE(soon([&] { return instance.check("a") == "U: round" + std::to_string(round) + "\r\n"; }));
    EXPECT_TRUE(soon([&] { return instance.subscriptions() == before + static_cast<unsigned>(round); }));
    EXPECT_TRUE(instance.settle("a"));
  }
}

TEST_P(CoherentCache, AFrozenRedisIsNotBelievedForLongerThanPromised) {
  Instance instance(redis(), "sess:", 300ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.freeze();
  EXPECT_TRUE(soon([&] { return !instance.isInMemory("a"); }));
  EXPECT_EQ(instance.check("a"), "unavailable");
  server_.thaw();
  EXPECT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
}

TEST_P(CoherentCache, ARestartedRedisIsAskedAnew) {
  Instance instance(redis());
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
  Instance instance(redis());
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
    Instance instance(redis(), prefix);
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
  Instance instance(redis());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada\r\n");
    EXPECT_FALSE(instance.isInMemory("a"));
  }
  server_.command({"ACL", "SETUSER", "default", "+subscribe"});
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, ATrackingThatIsRefusedIsNoSubscription) {
  server_.command({"ACL", "SETUSER", "default", "-client|tracking"});
  server_.command({"CONFIG", "RESETSTAT"});
  Instance instance(redis(), "sess:", 100ms);
  const auto refusals = [&] {
    const std::string stats = server_.command({"INFO", "commandstats"});
    const std::size_t at = stats.find("cmdstat_client|tracking:");
    const std::size_t count = stats.find("rejected_calls=", at);
    return at == std::string::npos ? 0 : std::stoi(stats.substr(count + std::string("rejected_calls=").size()));
  };
  EXPECT_TRUE(soon(
      [&] {
        EXPECT_EQ(instance.check("a"), "U: ada\r\n");
        return refusals() >= 3;
      },
      15s));
  EXPECT_EQ(instance.subscriptions(), 0U);
  server_.command({"ACL", "SETUSER", "default", "+client|tracking"});
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
  Instance instance(redis());
  ASSERT_TRUE(instance.settle("a"));
  std::atomic<bool> stop = false;
  std::atomic<int> relapses = 0;
  std::atomic<int> refused_once = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Lane lane(instance.site());
      bool refused = false;
      while (!stop) {
        const bool now_refused = lane.check("a") == "revoked";
        if (refused && !now_refused) ++relapses;
        if (now_refused && !std::exchange(refused, true)) ++refused_once;
        std::this_thread::yield();
      }
    });
  }
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 60s));
  for (int i = 0; i < 50; ++i) put("a", "late writer");
  EXPECT_TRUE(soon([&] { return refused_once == 4; }));
  for (int i = 0; i < 50; ++i) put("a", "later still");
  stop = true;
  threads.clear();
  EXPECT_EQ(relapses, 0);
}

TEST_P(CoherentCache, ALogoutHereIsSeenHereAtOnce) {
  Instance instance(redis());
  for (int round = 0; round < 5; ++round) {
    put("a", "ada");
    server_.command({"DEL", "sessiond:revoked:{sess:a}"});
    ASSERT_TRUE(instance.settle("a"));
    ASSERT_TRUE(instance.store().revoke(idOf("a"), 60s));
    EXPECT_EQ(instance.check("a"), "revoked");
  }
}

/// What a server has that took over without having heard of the logout: the session, and no tombstone.
TEST_P(CoherentCache, ALogoutThatTheServerHasLostStaysALogout) {
  Instance here(redis(), "sess:", 400ms);
  Instance there(redis(), "sess:", 400ms);
  const SessionId id = idOf("a");
  ASSERT_TRUE(here.settle("a"));
  ASSERT_TRUE(there.settle("a"));
  ASSERT_TRUE(here.store().revoke(id, 3600s));
  ASSERT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
  server_.command({"MULTI"});
  server_.command({"DEL", "sessiond:revoked:{sess:a}"});
  server_.command({"SET", "sess:a", sessionOf("ada")});
  server_.command({"EXEC"});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(here.check("a"), "revoked") << "whatever the server says";
  EXPECT_TRUE(soon([&] { return server_.command({"EXISTS", "sess:a"}) == "0"; })) << "and it is told again";
  EXPECT_TRUE(soon([&] { return there.check("a") == "revoked"; }));
  EXPECT_GT(std::stoi(server_.command({"TTL", "sessiond:revoked:{sess:a}"})), 3500);
}

TEST_P(CoherentCache, ATombstoneThatTheServerHasLostIsWrittenAgainWithTheNextSubscription) {
  Instance instance(redis());
  ASSERT_TRUE(instance.settle("a"));
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 3600s));
  const auto stands = [&] { return server_.command({"EXISTS", "sessiond:revoked:{sess:a}"}) == "1"; };
  server_.kill();
  server_.start();  // empty
  EXPECT_TRUE(soon(stands));
  EXPECT_GT(std::stoi(server_.command({"TTL", "sessiond:revoked:{sess:a}"})), 3500);
  server_.command({"FLUSHALL"});
  EXPECT_TRUE(soon(stands)) << "nobody can tell which server this is like";
  const std::string life = server_.command({"TTL", "sessiond:revoked:{sess:a}"});
  const std::uint64_t before = instance.subscriptions();
  server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return instance.subscriptions() > before; }));
  EXPECT_TRUE(stands());
  EXPECT_LE(server_.command({"TTL", "sessiond:revoked:{sess:a}"}), life) << "its life does not begin anew";
}

TEST_P(CoherentCache, ARestartOfAMomentIsNotSeenAndTheSubscriptionStandsAgain) {
  Instance instance(redis(), "sess:", 20s);
  ASSERT_TRUE(instance.settle("a"));
  const std::uint64_t before = instance.subscriptions();  // one more, where sentinels named the primary meanwhile
  server_.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return instance.subscriptions() == before + 1; }));
  EXPECT_EQ(instance.losses("subscription"), 1U);
  EXPECT_TRUE(instance.isInMemory("a")) << "the last proof is younger than max_staleness";
}

TEST_P(CoherentCache, DatabasesThatAreSwappedAreNoticed) {
  putInOtherDatabase("a", "of the other database");
  Instance instance(redis(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"SWAPDB", "0", "1"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: of the other database\r\n"; })) << "nobody tells";
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, DatabasesThatAreSwappedBetweenTwoConnectionsAreNoticed) {
  putInOtherDatabase("a", "of the other database");
  Instance instance(redis(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"CLIENT", "KILL", "TYPE", "normal"});
  server_.command({"SWAPDB", "0", "1"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: of the other database\r\n"; }))
      << "the new connection reads what the old one wrote";
}

TEST_P(CoherentCache, DatabasesThatAreSwappedWhileNobodyAsksAreNoticed) {
  putInOtherDatabase("a", "of the other database");
  Instance instance(redis(), "sess:", 100ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"SWAPDB", "0", "1"});
  std::this_thread::sleep_for(1200ms);  // longer than a canary lives
  EXPECT_TRUE(soon([&] { return instance.keeps("a"); }));
  EXPECT_EQ(instance.check("a"), "U: of the other database\r\n");
}

TEST_P(CoherentCache, ATombstoneIsWrittenAgainInEachDatabaseThatIsSwappedIn) {
  Instance instance(redis(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 3600s));
  for (const char* database : {"1", "2"}) {
    put("b", "bob");
    ASSERT_TRUE(instance.settle("b"));
    server_.command({"SWAPDB", "0", database});
    EXPECT_TRUE(soon([&] {
      instance.check("b");
      return server_.command({"EXISTS", "sessiond:revoked:{sess:a}"}) == "1";
    })) << database;
  }
}

TEST_P(CoherentCache, ConnectionsToAnotherServerThanTheSubscriptionAreNotBelieved) {
  RedisServer other;
  other.command({"SET", "sess:a", sessionOf("ada there")});
  Instance instance(redis(), "sess:", 100ms, other.unixUrl());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada there\r\n");
    EXPECT_FALSE(instance.isInMemory("a"));
    std::this_thread::sleep_for(5ms);  // several times max_staleness in all
  }
  EXPECT_TRUE(soon([&] {
    instance.check("a");
    return instance.subscriptions() > 1U;
  })) << "the subscription is made anew when no canary comes back";
}

TEST_P(CoherentCache, NothingIsFreshWhereCanariesMayNotBeWritten) {
  server_.command({"ACL", "SETUSER", "default", "resetkeys", "~sess:*", "~sessiond:revoked:*"});
  Instance instance(redis());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(instance.check("a"), "U: ada\r\n") << "loads go on";
    EXPECT_FALSE(instance.isInMemory("a"));
  }
}

TEST_P(CoherentCache, AFullServerIsReadAllTheSame) {
  server_.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  server_.command({"CONFIG", "SET", "maxmemory", "1"});
  Instance instance(redis());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  server_.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(instance.settle("a"));
}

TEST_P(CoherentCache, AReplicaIsNotBelieved) {
  Instance instance(redis(), "sess:", 400ms);
  ASSERT_TRUE(instance.settle("a"));
  server_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unavailable"; }));
  EXPECT_FALSE(instance.isInMemory("a"));
  server_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(instance.settle("a"));
}

/// Canaries cannot be written there; loads go on where that is said (redis.allow_replica), and nowhere else.
TEST(CoherentCacheAtAReplica, IsAskedAtEveryCheckWhereThatIsAllowed) {
  RedisServer server;
  server.command({"SET", "sess:a", sessionOf("ada")});
  server.command({"REPLICAOF", "127.0.0.1", "1"});
  RedisSettings redis = configFor(server.unixUrl());
  Instance strict(redis);
  EXPECT_EQ(strict.check("a"), "unavailable");
  redis.allow_replica = true;
  Instance lenient(redis);
  ASSERT_TRUE(soon([&] { return lenient.subscriptions() > 0; }));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(lenient.check("a"), "U: ada\r\n");
    EXPECT_FALSE(lenient.isInMemory("a"));
  }
}

INSTANTIATE_TEST_SUITE_P(By, CoherentCache, kAllWays, nameOfWay);

}  // namespace
}  // namespace sessiond
