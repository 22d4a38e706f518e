// Primaries of a Redis Cluster that fail, are failed over, and come back.

#include <cstdio>
#include <string>
#include <thread>

#include "cluster_fixture.h"
#include "login/password_tag.h"

namespace sessiond {
namespace {

class ClusterFailover : public Cluster {};

TEST_F(ClusterFailover, AFailoverByHandIsFollowed) {
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
    EXPECT_TRUE(answer != "U: ada\r\n" || sent - changed <= kStaleness) << answer;
  }
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: eve\r\n"; }));
  ASSERT_TRUE(instance.settle("a")) << "and the new one tells of changes";
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 60s));
  EXPECT_EQ(group().server(after).command({"EXISTS", tombstoneOf("a")}), "1");
  EXPECT_EQ(instance.check("a"), "revoked");
}

/// A subscription to the new primary, or a connection that ends, would have it written again as well.
TEST_F(ClusterFailover, WithoutACacheTombstonesAreWrittenAgainAtTheNewPrimaryToo) {
  ClusterInstance instance(patientConfigFor(group()), 60s, false);
  const std::size_t before = otherThan(group().ownerOf("sessiond:epoch"));
  const std::string ended = idAt(before, "ended");
  const std::string other = idAt(before, "other");
  for (const std::string& id : {ended, other}) put(id, "ada");
  for (const std::string& id : oneAtEach()) EXPECT_TRUE(soon([&] { return instance.check(id) == "U: ada\r\n"; }));
  ASSERT_TRUE(instance.store().revoke(idOf(ended), 60s));
  // As if it had not been replicated.
  const std::string tombstone = tombstoneOf(ended);
  ASSERT_EQ(group().command(tombstone, {"DEL", tombstone}), "1");
  const std::size_t after = group().failOver(before);
  const auto is_buried = [&] {
    instance.check(other);
    return group().server(after).command({"EXISTS", tombstone}) == "1";
  };
  EXPECT_TRUE(soon(is_buried, 20s));
  EXPECT_TRUE(soon([&] { return instance.check(other) == "U: ada\r\n"; }));
}

TEST_F(ClusterFailover, APrimaryThatDiesIsReplaced) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  ASSERT_TRUE(instance.store().revoke(idOf(ids[0]), 60s));
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
  const std::string tombstone = tombstoneOf(ids[0]);
  const auto is_buried = [&] { return group().command(tombstone, {"EXISTS", tombstone}) == "1"; };
  EXPECT_TRUE(soon(is_buried, 15s)) << "and writes it again";
  EXPECT_EQ(instance.check(ids[0]), "revoked");
  group().server(dead).start();
}

TEST_F(ClusterFailover, APrimaryThatIsFrozenDelaysNoOtherAndIsNotBelievedWhenItWakes) {
  ClusterInstance instance(configFor(group()), kStaleness);
  ClusterInstance patient(patientConfigFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) {
    ASSERT_TRUE(instance.settle(id));
    ASSERT_TRUE(patient.settle(id));
  }
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
  patient.lane().begin(asked[0], [&](const std::string& answer) { of_frozen = answer; });
  patient.lane().begin(asked[1], [&](const std::string& answer) { of_others += answer; });
  patient.lane().begin(asked[2], [&](const std::string& answer) { of_others += answer; });
  EXPECT_TRUE(patient.lane().runUntil([&] { return of_others == "U: ada\r\nU: ada\r\n"; }));
  EXPECT_EQ(of_frozen, "") << "it waits, and nobody else does";
  EXPECT_EQ(instance.check(asked[0]), "unavailable") << "not for ever";
  group().failedOver(frozen, keyOf(ids[0]));
  ASSERT_TRUE(soon([&] { return instance.check(ids[0]) == "U: ada\r\n"; }, 15s)) << instance.check(ids[0]);
  ClusterInstance other(configFor(group()), kStaleness);
  ASSERT_TRUE(soon([&] { return other.store().revoke(idOf(ids[0]), 60s).hasValue(); }, 15s));
  group().server(frozen).thaw();
  const SteadyTime revoked = now();
  for (SteadyTime sent = now(); sent - revoked < 3 * kStaleness; sent = now()) {
    const std::string answer = instance.check(ids[0]);
    EXPECT_TRUE(answer == "revoked" || sent - revoked <= kStaleness) << answer;
  }
}

TEST_F(ClusterFailover, WhatWaitsForAPrimaryThatIsGoneFollowsTheSlot) {
  // What concerns everybody is elsewhere.
  const std::size_t frozen = otherThan(group().ownerOf("sessiond:epoch"));
  const std::size_t elsewhere = otherThan(frozen);
  const std::string waiting = idAt(frozen, "waiting");
  const std::string owned = idAt(elsewhere, "owned");
  const std::string other = idAt(elsewhere, "other");
  for (const std::string& id : {waiting, other}) put(id, "ada");
  // Of a session elsewhere the user is at the node that will not answer.
  const std::string user_key = group().keyAt(frozen, "sessiond:user:u");
  const std::string login = user_key.substr(std::string("sessiond:user:").size());
  group().command(user_key, {"HSET", user_key, "password", "$6$hash"});
  const std::string auth = redisAuth(passwordTag(login, "$6$hash"));
  group().command(keyOf(owned), {"SET", keyOf(owned),
                                 R"({"cookie":{},"user":{"id":"ada"},"_sd":{"created":1,"login":")" + login +
                                     R"(","auth":")" + auth + "\"}}"});
  for (const std::string& key : {keyOf(waiting), user_key}) group().command(key, {"WAIT", "1", "5000"});
  ClusterInstance instance(patientConfigFor(group()), kStaleness, false);
  // Connections stand, so that what is asked over them is waited for.
  for (const std::string& id : {other, waiting, owned}) {
    ASSERT_TRUE(soon([&] { return instance.check(id) == "U: ada\r\n"; }, 15s)) << id;
  }
  group().server(frozen).freeze();
  std::string of_owned;
  std::string of_waiting;
  instance.lane().begin(owned, [&](const std::string& answer) { of_owned = answer; });
  EXPECT_TRUE(soon([&] { return instance.check(other) == "U: ada\r\n"; }));
  instance.lane().begin(waiting, [&](const std::string& answer) { of_waiting = answer; });
  group().failedOver(frozen, keyOf(waiting));
  // Whoever has taken over may say for a moment yet that the cluster is down. Nothing else happens in the lane.
  EXPECT_TRUE(soon(
      [&] {
        instance.lane().live();
        return !of_waiting.empty();
      },
      15s))
      << "long before anything fails for being slow";
  EXPECT_TRUE(soon([&] { return instance.check(waiting) == "U: ada\r\n"; }, 15s)) << instance.check(waiting);
  EXPECT_EQ(of_owned, "") << "it was sent, and may be answered yet";
  group().server(frozen).thaw();
  EXPECT_TRUE(instance.lane().runUntil([&] { return !of_owned.empty(); }));
}

}  // namespace
}  // namespace sessiond
