// Slots of a Redis Cluster that move: every key is found wherever it is, and nothing is believed that came from where
// it is no longer.

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "cluster_fixture.h"
#include "redis/hash_slot.h"

namespace sessiond {
namespace {

class ClusterMoves : public Cluster {};

TEST_F(ClusterMoves, OfASlotOnItsWayEachKeyIsFoundWhereverItIs) {
  ClusterInstance instance(patientConfigFor(group()), kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t from = ownerOf("a");
  const std::size_t to = otherThan(from);
  const std::string there = idAt(to, "there");
  put(there, "ada");
  ASSERT_TRUE(instance.settle(there));
  group().beginMove(keyOf("a"), to);
  EXPECT_EQ(instance.check("a"), "U: ada\r\n") << "it is at the old node yet";
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
  group().moveKey(keyOf("a"), from, to);
  // A session that has just been told of is not kept at once anyway.
  for (const SteadyTime until = now() + 2 * kStaleness; now() < until; std::this_thread::sleep_for(5ms)) {
    ASSERT_EQ(instance.check("a"), "U: bob\r\n") << "it is at the new one";
    ASSERT_FALSE(instance.isInMemory("a")) << "what came by a roundabout way is never fresh";
  }
  ASSERT_TRUE(instance.settle(there)) << "what the new node says of its own is believed all the time";
  EXPECT_GT(instance.counter("sessiond_cluster_asks_total"), 0U);
  // A worker writes there too, and reads its own writes.
  EXPECT_EQ(*instance.store().replace(idOf("a"), sessionOf("bob"), sessionOf("eve")), ReplaceOutcome::kReplaced);
  EXPECT_EQ(instance.check("a"), "U: eve\r\n");
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 60s));
  EXPECT_EQ(instance.check("a"), "revoked");
  group().endMove(keyOf("a"), from, to);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(instance.check("a"), "revoked");
  EXPECT_EQ(group().server(to).command({"EXISTS", tombstoneOf("a")}), "1");
}

TEST_F(ClusterMoves, ARevocationByOthersOfWhatMovesIsSeen) {
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
    ASSERT_TRUE(other.store().revoke(idOf(id), 60s));
    const SteadyTime revoked = now();
    for (SteadyTime sent = now(); sent - revoked < 2 * kStaleness; sent = now()) {
      EXPECT_TRUE(instance.check(id) == "revoked" || sent - revoked <= kStaleness) << instance.check(id);
    }
    group().endMove(keyOf(id), from, to);
    EXPECT_EQ(instance.check(id), "revoked");
  }
}

TEST_F(ClusterMoves, ASlotThatHasMovedIsFollowedAndItsSessionsKeptAgain) {
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

TEST_F(ClusterMoves, ASessionThatBeginsInASlotOnItsWayIsNotRefused) {
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
  ASSERT_TRUE(soon([&] { return other.store().create(idOf(id), sessionOf("ada"), 60s).hasValue(); }));
  EXPECT_EQ(instance.check(id), "U: ada\r\n");
  group().endMove(keyOf(id), from, to);
  EXPECT_EQ(instance.check(id), "U: ada\r\n");
}

TEST_F(ClusterMoves, SlotsThatMoveUnderLoadCostNobodyHisSession) {
  ClusterInstance instance(configFor(group()), kStaleness);
  std::vector<std::string> ids;
  for (int i = 0; i < 12; ++i) {
    ids.push_back("load" + std::to_string(i));
    put(ids.back(), "ada");
  }
  ASSERT_TRUE(instance.settle(ids.front()));
  std::atomic<bool> stop = false;
  std::atomic<int> moved = 0;  ///< of the slots, so far
  std::map<std::string, int> answers;
  std::map<std::string, std::set<int>> let_in;  ///< of each session, after how many moves
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      LaneOf<ClusterSite> lane(instance.site());
      while (!stop) {
        for (const std::string& id : ids) {
          const int before = moved;
          const std::string answer = lane.check(id);
          const std::lock_guard lock(mutex);
          ++answers[answer];
          if (answer == "U: ada\r\n") let_in[id].insert(before);
        }
      }
    });
  }
  const auto letInAfter = [&](const std::string& id, int moves) {
    const std::lock_guard lock(mutex);
    return let_in[id].contains(moves);
  };
  for (const std::string& id : ids) {
    const std::size_t from = ownerOf(id);
    const std::size_t to = otherThan(from);
    group().beginMove(keyOf(id), to);
    group().endMove(keyOf(id), from, to);
    ++moved;
    EXPECT_TRUE(soon([&] { return letInAfter(id, moved); }, 15s)) << id;
  }
  stop = true;
  threads.clear();
  EXPECT_EQ(answers["unknown"], 0);
  EXPECT_EQ(answers["revoked"], 0);
  for (const auto& [answer, times] : answers) {
    EXPECT_TRUE(answer == "U: ada\r\n" || answer == "unavailable" || times == 0) << answer;
  }
}

TEST_F(ClusterMoves, CommandsOfTwoKeysAreAskedAgainUntilBothAreTogether) {
  ClusterAccess access(patientConfigFor(group()));
  ASSERT_TRUE(access.recovers());
  const std::string one = "two{" + idAt(0, "pair") + "}a";
  const std::string other = one.substr(0, one.size() - 1) + "b";
  for (const std::string& key : {one, other}) group().command(key, {"SET", key, "1"});
  const std::size_t from = group().ownerOf(one);
  const std::size_t to = otherThan(from);
  group().beginMove(one, to);
  group().moveKey(one, from, to);
  RedisCommands commands;
  commands.add({"EXISTS", one, other});
  RedisReplies replies;
  const auto tries = [&] {
    return access.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "TRYAGAIN"}}).read();
  };
  {
    std::jthread mover([&] {
      EXPECT_TRUE(soon([&] { return tries() >= 3; }, 15s));
      group().endMove(one, from, to);
    });
    ASSERT_TRUE(access.client.pipeline(commands, Repeat::kSafe, replies));
  }
  EXPECT_EQ(replies.at(0).integer, 2) << replies.at(0).text;
  EXPECT_GE(tries(), 3U);
}

TEST_F(ClusterMoves, CommandsOfKeysThatStayApartEndWithTheBudget) {
  ClusterAccess access(configFor(group()));
  ASSERT_TRUE(access.recovers());
  const std::string one = "two{" + idAt(0, "apart") + "}a";
  const std::string other = one.substr(0, one.size() - 1) + "b";
  for (const std::string& key : {one, other}) group().command(key, {"SET", key, "1"});
  const std::size_t from = group().ownerOf(one);
  const std::size_t to = otherThan(from);
  group().beginMove(one, to);
  group().moveKey(one, from, to);
  RedisCommands commands;
  commands.add({"EXISTS", one, other});
  RedisReplies replies;
  EXPECT_EQ(access.client.pipeline(commands, Repeat::kSafe, replies).error(), StoreError::kUnavailable);
  EXPECT_EQ(access.metrics.counter("sessiond_redis_breaker_opened_total", "").read(), 0U) << "no server's fault";
  group().endMove(one, from, to);
  ASSERT_TRUE(access.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_EQ(replies.at(0).integer, 2);
}

TEST_F(ClusterMoves, ReplicasAreWaitedForOnlyWhereSomethingWasWritten) {
  ClusterAccess access(patientConfigFor(group()));
  ASSERT_TRUE(access.recovers());
  RedisSessionStore store(access.client, SessionSettings(), access.keys, 1);
  const std::size_t from = ownerOf("a");
  const std::size_t to = otherThan(from);
  group().beginMove(keyOf("a"), to);
  group().moveKey(keyOf("a"), from, to);
  for (const std::size_t one : {from, to}) group().server(one).command({"CONFIG", "RESETSTAT"});
  const auto waits = [](std::size_t server) {
    return group().server(server).command({"INFO", "commandstats"}).find("cmdstat_wait:") != std::string::npos;
  };
  SessionRevocation one{.id = idOf("a"), .tombstone_ttl = 60s};
  store.revoke({&one, 1});
  EXPECT_TRUE(one.result);
  EXPECT_EQ(one.replicas, 1U);
  EXPECT_FALSE(waits(from)) << "it only said where the session is";
  EXPECT_TRUE(waits(to));
  EXPECT_EQ(access.metrics.counter("sessiond_redis_unreplicated_total", "").read(), 0U);
  group().endMove(keyOf("a"), from, to);
}

/// It does not answer, so it tells of nothing, and what it proved counts for long yet; the new one may not tell.
TEST(ClusterOfPrimaries, WhatANodeSaidOfASlotThatItHasLostIsNotBelieved) {
  ClusterGroup group({.replicas = 0, .node_timeout = 60'000});
  const std::size_t from = group.ownerOf("sessiond:epoch") == 0 ? 1 : 0;
  const std::size_t to = 2;
  group.server(to).command({"ACL", "SETUSER", "default", "-subscribe"});
  ClusterInstance instance(configFor(group), 60s);
  const std::string key = group.keyAt(from, "sess:a");
  const std::string other = group.keyAt(from, "sess:b");
  const std::string id = key.substr(5);
  for (const std::string& one : {key, other}) group.command(one, {"SET", one, sessionOf("ada")});
  ASSERT_TRUE(instance.settle(id));
  const std::string slot = group.server(from).command({"CLUSTER", "KEYSLOT", key});
  ASSERT_NE(group.server(from).command({"CLUSTER", "KEYSLOT", other}), slot);
  group.server(from).freeze();
  const std::string new_owner = group.server(to).command({"CLUSTER", "MYID"});
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (i == from) continue;
    ASSERT_EQ(group.server(i).command({"CLUSTER", "SETSLOT", slot, "NODE", new_owner}), "OK");
  }
  group.server(to).command({"SET", key, sessionOf("eve")});
  EXPECT_TRUE(soon(
      [&] {
        instance.check(other.substr(5));  // in vain: so the cluster is asked what has moved
        return instance.check(id) == "U: eve\r\n";
      },
      20s))
      << instance.check(id);
  EXPECT_EQ(instance.losses("canaries"), 0U) << "long before its canaries are missed";
}

/// Its nodes serve what they have, whoever has the rest.
TEST(ClusterWithHoles, ASlotThatNobodyHasIsAskedOfNobodyAndComesBack) {
  ClusterGroup group({.replicas = 0, .configuration = {"cluster-require-full-coverage no"}});
  ClusterInstance instance(configFor(group), kStaleness);
  const std::string key = group.keyAt(0, "sess:a");
  const std::string id = key.substr(5);
  const std::string stays = group.keyAt(1, "sess:b");
  for (const std::string& one : {key, stays}) group.command(one, {"SET", one, sessionOf("ada")});
  ASSERT_TRUE(instance.settle(id));
  ASSERT_TRUE(instance.settle(stays.substr(5)));
  const std::string slot = group.server(0).command({"CLUSTER", "KEYSLOT", key});
  for (std::size_t i = 0; i < group.size(); ++i) group.server(i).command({"CLUSTER", "DELSLOTS", slot});
  const ClusterNodes& nodes = instance.site().access.nodes;
  EXPECT_TRUE(soon([&] { return instance.check(id) == "unavailable" && nodes.of(hashSlot(key)) == nullptr; }, 20s));
  EXPECT_EQ(instance.check(stays.substr(5)), "U: ada\r\n");
  EXPECT_FALSE(instance.site().access.client.reachable()) << "not every session can be asked for";
  const auto commands = [&] { return group.server(0).command({"INFO", "commandstats"}); };
  group.server(0).command({"CONFIG", "RESETSTAT"});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(instance.check(id), "unavailable");
  EXPECT_EQ(commands().find("cmdstat_pttl:"), std::string::npos) << "it is not asked any more";
  ASSERT_EQ(group.server(2).command({"CLUSTER", "ADDSLOTS", slot}), "OK");
  group.server(2).command({"CLUSTER", "BUMPEPOCH"});
  group.server(2).command({"SET", key, sessionOf("eve")});
  EXPECT_TRUE(soon([&] { return instance.check(id) == "U: eve\r\n"; }, 20s)) << instance.check(id);
}

}  // namespace
}  // namespace sessiond
