// A Redis Cluster of real servers: what is known of a session is believed only as long as the node that has it proves
// that it tells of everything.

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "base/log.h"
#include "cluster_fixture.h"
#include "login/password_tag.h"
#include "redis/hash_slot.h"
#include "support/no_threads.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

TEST_F(Cluster, ASessionIsKeptInMemoryWhateverNodeHasIt) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  ASSERT_EQ(ids.size(), 3U);
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  const std::uint64_t before = instance.counter("sessiond_cache_misses_total");
  for (int i = 0; i < 100; ++i) {
    for (const std::string& id : ids) EXPECT_EQ(instance.check(id), "U: ada\r\n");
  }
  EXPECT_EQ(instance.counter("sessiond_cache_misses_total"), before);
  for (const std::string& id : ids) {
    put(id, "bob");
    EXPECT_TRUE(soon([&] { return instance.check(id) == "U: bob\r\n"; }));
  }
}

TEST_F(Cluster, ALogoutIsSeenHereAtOnceAndElsewhereSoon) {
  ClusterInstance here(configFor(group()), kStaleness);
  ClusterInstance elsewhere(configFor(group()), kStaleness);
  for (const std::string& id : oneAtEach()) {
    ASSERT_TRUE(here.settle(id));
    ASSERT_TRUE(elsewhere.settle(id));
    ASSERT_TRUE(here.store().revoke(idOf(id), 60s));
    const SteadyTime revoked = now();
    EXPECT_EQ(here.check(id), "revoked");
    for (SteadyTime sent = now(); sent - revoked < kStaleness; sent = now()) {
      if (elsewhere.check(id) == "revoked") break;
    }
    for (int i = 0; i < 20; ++i) EXPECT_EQ(elsewhere.check(id), "revoked");
  }
}

TEST_F(Cluster, ATouchGoesWhereTheKeyIs) {
  ClusterInstance instance(configFor(group()), kStaleness);
  for (const std::string& id : oneAtEach()) {
    group().command(keyOf(id), {"EXPIRE", keyOf(id), "100"});
    ASSERT_TRUE(soon([&] { return instance.check(id) == "U: ada\r\n"; }));
    EXPECT_EQ(instance.lane().touch(id, 500s, 100s), "touched");
    EXPECT_GT(std::stoi(group().command(keyOf(id), {"TTL", keyOf(id)})), 400);
  }
}

TEST_F(Cluster, ASubscriptionThatIsCutEndsTheTrustInItsNodeAlone) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  const std::uint64_t before = instance.losses("subscription");
  RedisServer& one = group().serverOf(keyOf(ids[0]));
  one.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] { return instance.losses("subscription") == before + 1; }));
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_TRUE(instance.isKept(ids[i]));
  // Changed while nobody tells: not believed for longer than promised.
  put(ids[0], "bob");
  const SteadyTime changed = now();
  for (SteadyTime sent = now(); sent - changed < 2 * kStaleness; sent = now()) {
    EXPECT_TRUE(instance.check(ids[0]) == "U: bob\r\n" || sent - changed <= kStaleness);
  }
  EXPECT_TRUE(instance.settle(ids[0]));
}

/// A connection from before may lead to the server from before, and tombstones that are written there are lost.
TEST_F(Cluster, WhereTombstonesAreWrittenAgainItIsOverNewConnections) {
  ClusterInstance instance(patientConfigFor(group()), kStaleness);
  ClusterSite& site = instance.site();
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  for (int i = 0; i < 2; ++i) {  // whatever was to be renewed before is
    const int before = site.renewals;
    site.burials.renew();
    ASSERT_TRUE(soon([&] { return site.renewals > before; }));
  }
  const auto connectionTo = [&](const std::string& id) {
    RedisCommands commands;
    commands.add({"CLIENT", "ID"});
    RedisReplies replies;
    RedisClient& client = site.access.nodes.of(hashSlot(keyOf(id)))->client;
    return client.pipeline(commands, Repeat::kSafe, replies) ? replies[0].integer : 0;
  };
  // Where two ask at a time, as whoever writes tombstones again does beside this test, there are two connections.
  const auto isOpen = [](const std::string& id, std::int64_t connection) {
    const std::string all = "\n" + group().serverOf(keyOf(id)).command({"CLIENT", "LIST"});
    return all.find("\nid=" + std::to_string(connection) + " ") != std::string::npos;
  };
  std::vector<std::int64_t> before;
  for (const std::string& id : ids) before.push_back(connectionTo(id));
  const int renewals = site.renewals;
  group().serverOf(keyOf(ids[0])).command({"CLIENT", "KILL", "TYPE", "pubsub"});
  ASSERT_TRUE(soon([&] { return site.renewals > renewals; }));
  EXPECT_NE(connectionTo(ids[0]), before[0]);
  EXPECT_TRUE(soon([&] { return !isOpen(ids[0], before[0]); }));
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_TRUE(isOpen(ids[i], before[i])) << "nothing happened there";
}

/// All slots at one node, whatever the cluster says.
ClusterView viewOf(const RedisSettings& config) {
  return {.epoch = 1,
          .is_ok = true,
          .ranges = {{0, static_cast<Slot>(kSlots - 1), *parseClusterNode(config.cluster.nodes.front())}},
          .nodes = {}};
}

TEST_F(Cluster, ANodeThatNobodyCanListenToForWantOfAThreadIsAskedEachTimeAndTriedAgain) {
  const TemporaryFolder folder;
  ASSERT_TRUE(setUpLog({.file = folder / "log"}));
  const std::shared_ptr<void> afterwards(nullptr, [](void*) { EXPECT_TRUE(setUpLog({})); });
  ClusterSite site(configFor(group()), kStaleness, false);
  ClusterNodes nodes(configFor(group()), site.keys, site.clock, site.metrics);
  ClusterTrust cluster_trust(nodes, site.keys, kStaleness, site.clock, site.metrics);
  SessionCache cache(CacheLimits{}, cluster_trust);
  const ClusterTrust::Listening listening(cluster_trust, cache, site.burials, true);
  {
    const NoThreads none;
    nodes.apply(viewOf(configFor(group())));
    const CacheTrust* const trust = cluster_trust.ofSession("a");
    ASSERT_NE(trust, nullptr) << "the node is known";
    EXPECT_FALSE(trust->holds(now()));
    const auto isSaid = [&] {
      std::stringstream log;
      log << std::ifstream(folder / "log").rdbuf();
      return log.str().find("every check of its sessions asks it") != std::string::npos;
    };
    EXPECT_TRUE(soon(isSaid)) << "it was tried";
    EXPECT_TRUE(threadsNamed("invalidations").empty());
  }
  EXPECT_TRUE(soon([] { return threadsNamed("invalidations").size() == 1; }, 10s));
}

TEST_F(Cluster, WhoListensToANodeDoesNotGiveWayBecauseSomebodyElseDoes) {
  ClusterSite site(configFor(group()), kStaleness, false);
  ClusterNodes nodes(configFor(group()), site.keys, site.clock, site.metrics);
  ClusterTrust cluster_trust(nodes, site.keys, kStaleness, site.clock, site.metrics);
  SessionCache cache(CacheLimits{}, cluster_trust);
  const ClusterTrust::Listening listening(cluster_trust, cache, site.burials, true);
  const int usual = ::getpriority(PRIO_PROCESS, 0);
  std::thread([&] {
    ASSERT_EQ(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), std::min(usual + 5, 19)), 0);
    nodes.apply(viewOf(configFor(group())));
  }).join();
  ASSERT_TRUE(soon([] { return threadsNamed("invalidations").size() == 1; }));
  const auto listener = static_cast<id_t>(threadsNamed("invalidations").front());
  EXPECT_EQ(::getpriority(PRIO_PROCESS, listener), usual);
}

/// In nanoseconds; 0: the kernel does not say.
std::uint64_t turnOf(pid_t thread) {
  std::array<std::uint64_t, 6> attributes{};  // the kernel's struct sched_attr; the fourth is sched_runtime
  const long done = ::syscall(SYS_sched_getattr, thread, attributes.data(), sizeof attributes, 0U);
  return done == 0 ? attributes[3] : 0;
}

TEST_F(Cluster, WhoIsToldOfAnEndHasItsTurnSoon) {
  const std::uint64_t usual = turnOf(0);
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::uint64_t longest = usual == 0 ? 0 : usual - 1;  // 0: the kernel knows of none
  for (const pid_t listener : threadsNamed("invalidations")) EXPECT_LE(turnOf(listener), longest);
}

TEST_F(Cluster, AUserOfAnotherNodeDecidesOnHisSessions) {
  // The user is at another node than the session.
  const auto ids = oneAtEach();
  const std::size_t users = ownerOf(ids[1]);
  const std::string user_key = group().keyAt(users, "sessiond:user:u");
  const std::string login = user_key.substr(std::string("sessiond:user:").size());
  group().command(user_key, {"HSET", user_key, "password", "$6$hash"});
  const std::string auth = redisAuth(passwordTag(login, "$6$hash"));
  group().command(keyOf(ids[0]), {"SET", keyOf(ids[0]),
                                  R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1,"login":")" + login +
                                      R"(","auth":")" + auth + "\"}}"});
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle(ids[0]));
  ASSERT_TRUE(instance.settle(ids[2]));
  group().command(user_key, {"HSET", user_key, "disabled", "1"});
  EXPECT_TRUE(soon([&] { return instance.check(ids[0]) == "revoked"; })) << instance.check(ids[0]);
  group().command(user_key, {"HDEL", user_key, "disabled"});
  ASSERT_TRUE(soon([&] { return instance.check(ids[0]) == "U: ada\r\n"; }));
  ASSERT_TRUE(instance.settle(ids[0]));
  // The user's node falls silent: nobody can tell whether they have been locked out.
  group().server(users).freeze();
  liveOn(instance);
  EXPECT_TRUE(instance.isKept(ids[2]));
  EXPECT_NE(instance.check(ids[0]), "U: ada\r\n");
  EXPECT_EQ(instance.check(ids[2]), "U: ada\r\n") << "whom it does not concern";
  group().server(users).thaw();
  EXPECT_TRUE(soon([&] { return instance.check(ids[0]) == "U: ada\r\n"; }, 15s)) << instance.check(ids[0]);
}

TEST_F(Cluster, EverybodyIsLoggedOutAtAllNodes) {
  const auto ids = oneAtEach();
  for (const std::string& id : ids) {
    group().command(keyOf(id), {"SET", keyOf(id), R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1}})"});
  }
  ClusterInstance one(configFor(group()), kStaleness);
  ClusterInstance other(configFor(group()), kStaleness);
  for (const std::string& id : ids) {
    ASSERT_TRUE(one.settle(id));
    ASSERT_TRUE(other.settle(id));
  }
  EXPECT_EQ(*one.store().raiseEpoch(1), 1U);
  const SteadyTime raised = now();
  for (SteadyTime sent = now(); sent - raised < 2 * kStaleness; sent = now()) {
    for (const std::string& id : ids) EXPECT_TRUE(other.check(id) == "revoked" || sent - raised <= kStaleness);
  }
  for (const std::string& id : ids) EXPECT_TRUE(soon([&] { return one.check(id) == "revoked"; }));
}

TEST_F(Cluster, WhoCannotKnowWhetherEverybodyWasLoggedOutDoesNotSay) {
  const std::string epoch_key = "sessiond:epoch";
  const std::size_t epoch_at = group().ownerOf(epoch_key);
  const std::string own = idAt(otherThan(epoch_at), "own");
  const std::string foreign = idAt(otherThan(epoch_at), "foreign");
  group().command(keyOf(own), {"SET", keyOf(own), R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1}})"});
  put(foreign, "ada");
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle(own));
  ASSERT_TRUE(instance.settle(foreign));
  group().server(epoch_at).freeze();
  liveOn(instance);
  EXPECT_TRUE(instance.isKept(foreign));
  EXPECT_EQ(instance.check(own), "unavailable");
  EXPECT_EQ(instance.check(foreign), "U: ada\r\n") << "what an application made has no counter";
  group().server(epoch_at).thaw();
  EXPECT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }, 15s)) << instance.check(own);
}

/// A session that was made by logging in here, so that it counts how often everybody was logged out.
std::string madeHere() {
  return R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1}})";
}

TEST_F(Cluster, WhatIsKnownOfEverybodyDoesNotLapseUnderACheck) {
  constexpr milliseconds kLong = 2000ms;
  const std::string own = idAt(otherThan(group().ownerOf("sessiond:epoch")), "own");
  group().command(keyOf(own), {"SET", keyOf(own), madeHere()});
  ClusterInstance instance(patientConfigFor(group()), kLong, false);
  ASSERT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }));
  std::this_thread::sleep_for(kLong * 3 / 4);  // what is known grows old
  group().serverOf(keyOf(own)).command({"CLIENT", "PAUSE", std::to_string(kLong.count() / 2)});
  EXPECT_EQ(instance.check(own), "U: ada\r\n") << "answered when what was known before counts no longer";
}

TEST_F(Cluster, HoweverLongItTakesABatchBelievesItsOwnAnswer) {
  const std::size_t epoch_at = group().ownerOf("sessiond:epoch");
  const std::string own = idAt(otherThan(epoch_at), "own");
  group().command(keyOf(own), {"SET", keyOf(own), madeHere()});
  ClusterInstance instance(patientConfigFor(group()), kStaleness, false);
  ASSERT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }));
  std::this_thread::sleep_for(2 * kStaleness);  // what was known counts no longer
  group().server(epoch_at).command({"CLIENT", "PAUSE", std::to_string(2 * kStaleness.count())});
  EXPECT_EQ(instance.check(own), "U: ada\r\n");
}

TEST_F(Cluster, WhoHasTheCounterDelaysNobodyElse) {
  constexpr milliseconds kLong = 2000ms;
  const std::size_t epoch_at = group().ownerOf("sessiond:epoch");
  const std::string foreign = idAt(otherThan(epoch_at), "foreign");
  const std::string witness = idAt(epoch_at, "witness");
  put(foreign, "ada");
  put(witness, "ada");
  ClusterInstance instance(patientConfigFor(group()), kLong, false);
  ASSERT_TRUE(soon([&] { return instance.check(foreign) == "U: ada\r\n"; }));
  ASSERT_TRUE(soon([&] { return instance.check(witness) == "U: ada\r\n"; }));
  std::string of_witness;
  group().server(epoch_at).command({"CLIENT", "PAUSE", std::to_string(3 * kLong.count())});
  instance.lane().begin(witness, [&](const std::string& answer) { of_witness = answer; });
  // Until nobody knows any more how often everybody was logged out, and on.
  for (const SteadyTime until = now() + kLong * 5 / 4; now() < until; std::this_thread::sleep_for(5ms)) {
    ASSERT_EQ(instance.check(foreign), "U: ada\r\n");
    ASSERT_EQ(of_witness, "") << "nobody else waits for that node";
  }
  EXPECT_TRUE(instance.lane().runUntil([&] { return !of_witness.empty(); }));
  EXPECT_EQ(of_witness, "U: ada\r\n");
}

TEST_F(Cluster, AnIdThatWouldKeepKeyAndTombstoneApartIsNobodys) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const std::string id = "a}b";
  put(id, "ada");
  EXPECT_EQ(instance.check(id), "unknown");
  const SessionId parsed = idOf(id);
  SessionLoad load{.id = &parsed};
  instance.store().load({&load, 1});
  EXPECT_FALSE(load.result->json.has_value());
  EXPECT_EQ(instance.counter("sessiond_cluster_split_sessions_total"), 2U);
  put("a{b}c", "ada");
  EXPECT_TRUE(soon([&] { return instance.check("a{b}c") == "U: ada\r\n"; })) << "one with a tag is no such id";
}

}  // namespace
}  // namespace sessiond
