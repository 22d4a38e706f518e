// A Redis Cluster of real servers: every key is asked for where it is, whatever moves, and what is known of it is
// believed only as long as the node that has it proves that it tells of everything.

#include "redis/cluster_watch.h"

#include <map>
#include <set>
#include <string>
#include <thread>

#include "cluster_instance.h"
#include "login/password_tag.h"
#include "redis/hash_slot.h"
#include "redis/key_scan.h"
#include "redis/permission_check.h"

namespace sessiond {
namespace {

constexpr milliseconds kStaleness = 400ms;
constexpr milliseconds kNodeTimeout = 1000ms;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

/// What is done to the group leaves it as healthy as it was.
class Cluster : public testing::Test {
 protected:
  static void SetUpTestSuite() { group_ = new ClusterGroup({.node_timeout = static_cast<int>(kNodeTimeout.count())}); }
  static void TearDownTestSuite() {
    delete group_;
    group_ = nullptr;
  }

  Cluster() {
    group().everywhere({"FLUSHALL"});
    put("a", "ada");
  }
  ~Cluster() override { group().settle(); }

  static ClusterGroup& group() { return *group_; }
  static void put(const std::string& id, const std::string& user) {
    const std::string key = "sess:" + id;
    group().command(key, {"SET", key, sessionOf(user)});
  }
  static std::string keyOf(const std::string& id) { return "sess:" + id; }
  static std::string tombstoneOf(const std::string& id) { return "sessiond:revoked:{sess:" + id + "}"; }
  static std::size_t ownerOf(const std::string& id) { return group().ownerOf(keyOf(id)); }
  /// An id of a session at this primary.
  static std::string idAt(std::size_t primary, const std::string& beginning = "s") {
    return group().keyAt(primary, "sess:" + beginning).substr(5);
  }
  /// One at each primary, with a session each.
  static std::vector<std::string> oneAtEach() {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < group().size(); ++i) {
      if (!group().server(i).command({"ROLE"}).starts_with("master")) continue;
      ids.push_back(idAt(i, "each"));
      put(ids.back(), "ada");
    }
    return ids;
  }
  /// For longer than anything is believed without a new proof: canaries are written meanwhile where a node answers.
  static void liveOn(ClusterInstance& instance) {
    for (const SteadyTime until = now() + kStaleness + 100ms; now() < until; std::this_thread::sleep_for(5ms)) {
      instance.lane().live();
    }
  }
  /// Another primary.
  static std::size_t otherThan(std::size_t primary) {
    for (std::size_t i = 0; i < group().size(); ++i) {
      if (i != primary && group().server(i).command({"ROLE"}).starts_with("master")) return i;
    }
    return group().size();
  }

 private:
  static ClusterGroup* group_;
};

ClusterGroup* Cluster::group_ = nullptr;

TEST_F(Cluster, HasEveryKeyInTheSlotThatWeSay) {
  std::uint32_t seed = 1;
  for (int i = 0; i < 500; ++i) {
    std::string key;
    for (int k = 0; k < 12; ++k) {
      seed = seed * 1664525 + 1013904223;
      key += "ab{}:\x80\n7"[(seed >> 16) % 8];
    }
    ASSERT_EQ(std::to_string(hashSlot(key)), group().server(0).command({"CLUSTER", "KEYSLOT", key})) << key;
  }
}

TEST_F(Cluster, IsAskedForEachKeyWhereItIs) {
  ClusterAccess access(configFor(group()));
  EXPECT_EQ(access.client.probe().outcome, StartupProbe::kOk);
  EXPECT_TRUE(access.recovers());
  RedisCommands writes;
  RedisCommands reads;
  for (int i = 0; i < 100; ++i) {
    writes.add({"SET", "key" + std::to_string(i), std::to_string(i)});
    reads.add({"GET", "key" + std::to_string(i)});
  }
  RedisReplies replies;
  ASSERT_TRUE(access.client.pipeline(writes, Repeat::kSafe, replies));
  ASSERT_TRUE(access.client.pipeline(reads, Repeat::kSafe, replies));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(replies.at(static_cast<std::size_t>(i)).text, std::to_string(i));
  EXPECT_EQ(access.metrics.gauge("sessiond_cluster_primaries", "").read(), 3);
  EXPECT_EQ(access.metrics.gauge("sessiond_cluster_slots", "").read(), 16384);
}

TEST_F(Cluster, IsScannedAtAllPrimaries) {
  ClusterAccess access(configFor(group()));
  std::set<std::string> written;
  for (int i = 0; i < 300; ++i) {
    put("scan" + std::to_string(i), "ada");
    written.insert("sess:scan" + std::to_string(i));
  }
  std::set<std::string> found;
  KeyScan scan(access.client, "sess:scan");
  EXPECT_GE(scan.all().value_or(0), 300U);
  std::string cursor(KeyScan::kEnd);
  do {
    // Whoever goes on where another one was cut off.
    KeyScan part(access.client, "sess:scan", cursor);
    const auto page = part.next();
    ASSERT_TRUE(page.hasValue() && page->has_value());
    found.insert((*page)->begin(), (*page)->end());
    cursor = part.cursor();
  } while (cursor != KeyScan::kEnd);
  EXPECT_EQ(found, written);
}

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
    ASSERT_TRUE(here.store().revoke(*SessionId::fromBytes(id), 60s));
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

TEST_F(Cluster, OfASlotOnItsWayEachKeyIsFoundWhereverItIs) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t from = ownerOf("a");
  const std::size_t to = otherThan(from);
  group().beginMove(keyOf("a"), to);
  EXPECT_EQ(instance.check("a"), "U: ada\r\n") << "it is at the old node yet";
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
  group().moveKey(keyOf("a"), from, to);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(instance.check("a"), "U: bob\r\n") << "it is at the new one";
  EXPECT_FALSE(instance.isInMemory("a")) << "what came by a roundabout way is never fresh";
  EXPECT_GT(instance.counter("sessiond_cluster_asks_total"), 0U);
  // A worker writes there too, and reads its own writes.
  EXPECT_EQ(*instance.store().replace(*SessionId::fromBytes("a"), sessionOf("bob"), sessionOf("eve")),
            ReplaceOutcome::kReplaced);
  EXPECT_EQ(instance.check("a"), "U: eve\r\n");
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 60s));
  EXPECT_EQ(instance.check("a"), "revoked");
  group().endMove(keyOf("a"), from, to);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(instance.check("a"), "revoked");
  EXPECT_EQ(group().server(to).command({"EXISTS", tombstoneOf("a")}), "1");
}

TEST_F(Cluster, ARevocationByOthersOfWhatMovesIsSeen) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ClusterInstance other(configFor(group()), kStaleness);
  for (const bool moved : {false, true}) {
    const std::string id = moved ? "m1" : "m0";
    put(id, "ada");
    ASSERT_TRUE(instance.settle(id));
    const std::size_t from = ownerOf(id);
    const std::size_t to = otherThan(from);
    group().beginMove(keyOf(id), to);
    if (moved) group().moveKey(keyOf(id), from, to);
    ASSERT_TRUE(other.store().revoke(*SessionId::fromBytes(id), 60s));
    const SteadyTime revoked = now();
    for (SteadyTime sent = now(); sent - revoked < 2 * kStaleness; sent = now()) {
      EXPECT_TRUE(instance.check(id) == "revoked" || sent - revoked <= kStaleness) << instance.check(id);
    }
    group().endMove(keyOf(id), from, to);
    EXPECT_EQ(instance.check(id), "revoked");
  }
}

TEST_F(Cluster, ASlotThatHasMovedIsFollowedAndItsSessionsKeptAgain) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t from = ownerOf("a");
  const std::size_t to = otherThan(from);
  group().beginMove(keyOf("a"), to);
  group().endMove(keyOf("a"), from, to);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_TRUE(instance.settle("a"));
  EXPECT_GE(instance.counter("sessiond_cluster_moved_slots_total"), 1U);
  group().server(to).command({"SET", keyOf("a"), sessionOf("eve")});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: eve\r\n"; })) << "the new node tells";
}

TEST_F(Cluster, ASessionThatBeginsInASlotOnItsWayIsNotRefused) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::string id = idAt(ownerOf("a"), "later");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(instance.check(id), "unknown");
  const std::size_t from = ownerOf(id);
  const std::size_t to = otherThan(from);
  group().beginMove(keyOf(id), to);
  ASSERT_TRUE(ClusterAccess(configFor(group())).client.reachable());
  // Whoever writes it now writes it at the new node, of which the old one knows nothing.
  ClusterInstance other(configFor(group()), kStaleness);
  ASSERT_TRUE(soon([&] { return other.store().create(*SessionId::fromBytes(id), sessionOf("ada"), 60s).hasValue(); }));
  EXPECT_EQ(instance.check(id), "U: ada\r\n");
  group().endMove(keyOf(id), from, to);
  EXPECT_EQ(instance.check(id), "U: ada\r\n");
}

TEST_F(Cluster, SlotsThatMoveUnderLoadCostNobodyHisSession) {
  ClusterInstance instance(configFor(group()), kStaleness);
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    ids.push_back("load" + std::to_string(i));
    put(ids.back(), "ada");
  }
  ASSERT_TRUE(instance.settle(ids.front()));
  std::atomic<bool> stop = false;
  std::map<std::string, int> wrong;
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      LaneOf<ClusterSite> lane(instance.site());
      while (!stop) {
        for (const std::string& id : ids) {
          const std::string answer = lane.check(id);
          const std::lock_guard lock(mutex);
          if (answer != "U: ada\r\n") ++wrong[answer];
        }
      }
    });
  }
  for (const std::string& id : ids) {
    const std::size_t from = ownerOf(id);
    const std::size_t to = otherThan(from);
    group().beginMove(keyOf(id), to);
    group().endMove(keyOf(id), from, to);
  }
  stop = true;
  threads.clear();
  EXPECT_EQ(wrong["unknown"], 0);
  EXPECT_EQ(wrong["revoked"], 0);
  EXPECT_EQ(wrong.size(), wrong.count("unknown") + wrong.count("revoked") + wrong.count("unavailable"));
}

TEST_F(Cluster, AFailoverByHandIsFollowed) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ClusterInstance other(configFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = ownerOf("a");
  const std::size_t after = group().failOver(before);
  ASSERT_TRUE(soon([&] { return other.check("a") == "U: ada\r\n"; }));
  // What was in memory before was the old primary's word, who is told of what the new one does, but not at once.
  group().server(after).command({"SET", keyOf("a"), sessionOf("eve")});
  const SteadyTime changed = now();
  for (SteadyTime sent = now(); sent - changed < 1s; sent = now()) {
    const std::string answer = instance.check("a");
    EXPECT_TRUE(answer == "U: eve\r\n" || sent - changed <= kStaleness) << answer;
  }
  ASSERT_TRUE(instance.settle("a")) << "and the new one tells of changes";
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 60s));
  EXPECT_EQ(group().server(after).command({"EXISTS", tombstoneOf("a")}), "1");
  EXPECT_EQ(instance.check("a"), "revoked");
}

TEST_F(Cluster, APrimaryThatDiesIsReplaced) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes(ids[0]), 60s));
  const std::size_t dead = ownerOf(ids[0]);
  const std::string same = idAt(dead, "same");
  put(same, "ada");
  group().command(keyOf(same), {"WAIT", "1", "2000"});
  group().server(dead).kill();
  const SteadyTime killed = now();
  for (int i = 0; i < 5; ++i) EXPECT_NE(instance.check(ids[0]), "U: ada\r\n");
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_EQ(instance.check(ids[i]), "U: ada\r\n");
  group().failedOver(dead, keyOf(same));
  const SteadyTime decided = now();
  ASSERT_TRUE(soon([&] { return instance.check(same) == "U: ada\r\n"; }, 15s)) << instance.check(same);
  std::printf("killed: %lld ms without service, %lld of them after the cluster's decision\n",
              static_cast<long long>((now() - killed) / 1ms), static_cast<long long>((now() - decided) / 1ms));
  EXPECT_TRUE(soon(
      [&] {
        return group().command(tombstoneOf(ids[0]), {"EXISTS", tombstoneOf(ids[0])}) == "1";
      },
      15s))
      << "and writes it again";
  EXPECT_EQ(instance.check(ids[0]), "revoked");
  group().server(dead).start();
}

TEST_F(Cluster, APrimaryThatIsFrozenDelaysNoOtherAndIsNotBelievedWhenItWakes) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  const std::size_t frozen = ownerOf(ids[0]);
  // Not in memory, so that they have to be asked for.
  std::vector<std::string> asked;
  for (const std::string& id : ids) {
    asked.push_back(idAt(ownerOf(id), "asked"));
    put(asked.back(), "ada");
  }
  group().command(keyOf(asked[0]), {"WAIT", "1", "2000"});
  group().server(frozen).freeze();
  std::string of_frozen;
  std::string of_others;
  instance.lane().begin(asked[0], [&](const std::string& answer) { of_frozen = answer; });
  instance.lane().begin(asked[1], [&](const std::string& answer) { of_others += answer; });
  instance.lane().begin(asked[2], [&](const std::string& answer) { of_others += answer; });
  EXPECT_TRUE(instance.lane().runUntil([&] { return of_others == "U: ada\r\nU: ada\r\n"; }));
  EXPECT_EQ(of_frozen, "") << "it waits, and nobody else does";
  EXPECT_TRUE(instance.lane().runUntil([&] { return !of_frozen.empty(); }));
  EXPECT_EQ(of_frozen, "unavailable");
  group().failedOver(frozen, keyOf(ids[0]));
  ASSERT_TRUE(soon([&] { return instance.check(ids[0]) == "U: ada\r\n"; }, 15s)) << instance.check(ids[0]);
  ClusterInstance other(configFor(group()), kStaleness);
  ASSERT_TRUE(soon([&] { return other.store().revoke(*SessionId::fromBytes(ids[0]), 60s).hasValue(); }, 15s));
  group().server(frozen).thaw();
  const SteadyTime revoked = now();
  for (SteadyTime sent = now(); sent - revoked < 3 * kStaleness; sent = now()) {
    const std::string answer = instance.check(ids[0]);
    EXPECT_TRUE(answer == "revoked" || sent - revoked <= kStaleness) << answer;
  }
}

TEST_F(Cluster, ASubscriptionThatIsCutEndsTheTrustInItsNodeAlone) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  const std::uint64_t before = instance.counter("sessiond_cache_trust_lost_total", {{"reason", "subscription"}});
  RedisServer& one = group().serverOf(keyOf(ids[0]));
  one.command({"CLIENT", "KILL", "TYPE", "pubsub"});
  EXPECT_TRUE(soon([&] {
    return instance.counter("sessiond_cache_trust_lost_total", {{"reason", "subscription"}}) == before + 1;
  }));
  for (std::size_t i = 1; i < ids.size(); ++i) EXPECT_TRUE(instance.isInMemory(ids[i]));
  // Changed while nobody tells: not believed for longer than promised.
  put(ids[0], "bob");
  const SteadyTime changed = now();
  for (SteadyTime sent = now(); sent - changed < 2 * kStaleness; sent = now()) {
    EXPECT_TRUE(instance.check(ids[0]) == "U: bob\r\n" || sent - changed <= kStaleness);
  }
  EXPECT_TRUE(instance.settle(ids[0]));
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
  // His node falls silent: nobody can tell whether he has been locked out.
  group().server(users).freeze();
  liveOn(instance);
  EXPECT_TRUE(instance.isInMemory(ids[2]));
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
  EXPECT_TRUE(instance.isInMemory(foreign));
  EXPECT_EQ(instance.check(own), "unavailable");
  EXPECT_EQ(instance.check(foreign), "U: ada\r\n") << "what an application made has no counter";
  group().server(epoch_at).thaw();
  EXPECT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }, 15s)) << instance.check(own);
}

/// A session that was made by logging in here, so that it counts how often everybody was logged out.
std::string madeHere() {
  return R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1}})";
}

/// Nothing fails for being slow.
RedisSettings patientConfigFor(const ClusterGroup& group) {
  RedisSettings config = configFor(group);
  config.command_timeout = 30s;
  return config;
}

TEST_F(Cluster, WhatIsKnownOfEverybodyDoesNotLapseUnderACheck) {
  constexpr milliseconds kLong = 2000ms;
  const std::string own = idAt(otherThan(group().ownerOf("sessiond:epoch")), "own");
  group().command(keyOf(own), {"SET", keyOf(own), madeHere()});
  ClusterInstance instance(patientConfigFor(group()), kLong, false);
  ASSERT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }));
  std::this_thread::sleep_for(kLong * 3 / 4);
  group().serverOf(keyOf(own)).command({"CLIENT", "PAUSE", std::to_string(kLong.count() / 2)});
  EXPECT_EQ(instance.check(own), "U: ada\r\n") << "answered when what was known before counts no longer";
}

TEST_F(Cluster, HoweverLongItTakesABatchBelievesItsOwnAnswer) {
  const std::size_t epoch_at = group().ownerOf("sessiond:epoch");
  const std::string own = idAt(otherThan(epoch_at), "own");
  group().command(keyOf(own), {"SET", keyOf(own), madeHere()});
  ClusterInstance instance(patientConfigFor(group()), kStaleness, false);
  ASSERT_TRUE(soon([&] { return instance.check(own) == "U: ada\r\n"; }));
  std::this_thread::sleep_for(2 * kStaleness);
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
  const SessionId parsed = *SessionId::fromBytes(id);
  SessionLoad load{.id = &parsed};
  instance.store().load({&load, 1});
  EXPECT_FALSE(load.result->json.has_value());
  EXPECT_EQ(instance.counter("sessiond_cluster_split_sessions_total"), 2U);
  put("a{b}c", "ada");
  EXPECT_TRUE(soon([&] { return instance.check("a{b}c") == "U: ada\r\n"; })) << "one with a tag is no such id";
}

TEST_F(Cluster, AWorkersPipelineIsAnsweredAsFarAsNodesAnswer) {
  ClusterAccess access(configFor(group()));
  ASSERT_TRUE(access.recovers());
  const auto ids = oneAtEach();
  const std::size_t frozen = ownerOf(ids[0]);
  RedisCommands commands;
  for (const std::string& id : ids) commands.add({"EXISTS", keyOf(id)});
  group().server(frozen).freeze();
  RedisReplies replies;
  EXPECT_TRUE(access.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_EQ(replies.at(0).type, RedisReply::Type::kError);
  EXPECT_EQ(replies.at(1).integer, 1);
  EXPECT_EQ(replies.at(2).integer, 1);
  commands.clear();
  commands.add({"EXISTS", keyOf(ids[0])});
  EXPECT_FALSE(access.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_FALSE(access.client.reachable());
  group().server(frozen).thaw();
  EXPECT_TRUE(access.recovers());
}

TEST_F(Cluster, NodesThatDoNotAnswerLeaveTimeForThoseThatDo) {
  RedisSettings config = configFor(group());
  config.command_timeout = 1000ms;
  ClusterAccess access(config);
  ASSERT_TRUE(access.recovers());
  const auto ids = oneAtEach();
  RedisCommands commands;
  for (const std::string& id : ids) commands.add({"EXISTS", keyOf(id)});
  const std::vector<RedisServer*> silent = {&group().serverOf(keyOf(ids[0])), &group().serverOf(keyOf(ids[1]))};
  for (RedisServer* const one : silent) one->command({"CLIENT", "PAUSE", "4000"});
  RedisReplies replies;
  EXPECT_TRUE(access.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_EQ(replies.at(0).type, RedisReply::Type::kError);
  EXPECT_EQ(replies.at(1).type, RedisReply::Type::kError);
  EXPECT_EQ(replies.at(2).integer, 1) << "both before it took their time";
  EXPECT_TRUE(access.recovers());
}

TEST_F(Cluster, ReplicasAreWaitedForWhereTheKeyIs) {
  ClusterAccess access(configFor(group()));
  RedisSessionStore store(access.client, SessionSettings(), access.keys, 1);
  for (const std::string& id : oneAtEach()) {
    SessionRevocation one{.id = *SessionId::fromBytes(id), .tombstone_ttl = 60s};
    store.revoke({&one, 1});
    ASSERT_TRUE(one.result);
    EXPECT_EQ(one.replicas, 1U);
  }
}

TEST_F(Cluster, OfOneNodeTheOthersAreLearned) {
  RedisSettings config = configFor(group());
  config.cluster.nodes.resize(1);
  ClusterAccess access(config);
  EXPECT_TRUE(access.recovers());
  EXPECT_EQ(access.client.servers().size(), 3U);
}

TEST_F(Cluster, AUserWithTooFewRightsIsToldWhichAreMissing) {
  ClusterAccess access(configFor(group()));
  ASSERT_TRUE(access.recovers());
  const std::size_t limited = ownerOf("a");
  group().server(limited).command({"ACL", "SETUSER", "default", "-expire", "-cluster|slots"});
  const SessionSettings session;
  const LoginSettings login;
  const PermissionScope scope{access.keys, session, login, nullptr, false, true};
  ClusterAccess limited_access(configFor(group()));
  ASSERT_TRUE(limited_access.nodes.waitUntilKnown(now() + 10s));
  const StartupReport report = checkPermissions(limited_access.client, scope, access.clock);
  EXPECT_EQ(report.outcome, StartupProbe::kLimited);
  EXPECT_NE(report.message.find("EXPIRE sess:*"), std::string::npos) << report.message;
  EXPECT_NE(report.message.find("CLUSTER SLOTS"), std::string::npos) << report.message;
  group().server(limited).command({"ACL", "SETUSER", "default", "+@all"});
}

TEST(ClusterWithTls, IsFollowed) {
  ClusterGroup group({.replicas = 0, .tls = true});
  ClusterInstance instance(configFor(group), kStaleness);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string key = group.keyAt(i, "sess:tls");
    group.command(key, {"SET", key, sessionOf("ada")});
    EXPECT_TRUE(instance.settle(key.substr(5)));
  }
}

TEST(ClusterThatIsNone, IsSaidAtTheStart) {
  RedisServer server({.tcp = true});
  RedisSettings config = configFor("");
  config.cluster.nodes = {"127.0.0.1:" + std::to_string(server.port())};
  ClusterAccess access(config);
  const StartupReport report = access.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_NE(report.message.find("redis.url"), std::string::npos) << report.message;
}

TEST(ClusterThatIsGone, IsSaidAtTheStart) {
  RedisSettings config = configFor("");
  config.cluster.nodes = {"127.0.0.1:" + std::to_string(RedisServer::freePort())};
  ClusterAccess access(config);
  EXPECT_EQ(access.client.probe().outcome, StartupProbe::kUnreachable);
  RedisCommands commands;
  commands.add({"GET", "a"});
  RedisReplies replies;
  EXPECT_FALSE(access.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_FALSE(access.client.reachable());
}

}  // namespace
}  // namespace sessiond
