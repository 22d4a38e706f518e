// How threads that may wait ask a Redis Cluster, and what is said of one at the start.

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "cluster_fixture.h"
#include "redis/hash_slot.h"
#include "redis/key_scan.h"
#include "redis/permission_check.h"

namespace sessiond {
namespace {

class ClusterClients : public Cluster {};

TEST_F(ClusterClients, HasEveryKeyInTheSlotThatWeSay) {
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

TEST_F(ClusterClients, IsAskedForEachKeyWhereItIs) {
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

TEST_F(ClusterClients, IsScannedAtAllPrimaries) {
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

TEST_F(ClusterClients, AWorkersPipelineIsAnsweredAsFarAsNodesAnswer) {
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

TEST_F(ClusterClients, NodesThatDoNotAnswerLeaveTimeForThoseThatDo) {
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

/// A server that does not answer writes for now; they wait.
class Paused {
 public:
  explicit Paused(RedisServer& server) : server_(server) { server_.command({"CLIENT", "PAUSE", "60000", "WRITE"}); }
  ~Paused() { server_.command({"CLIENT", "UNPAUSE"}); }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;

  bool holdsOne() {
    const std::vector<std::string> ask = {"INFO", "clients"};
    return soon([&] { return server_.command(ask).find("blocked_clients:1") != std::string::npos; }, 15s);
  }

 private:
  RedisServer& server_;
};

/// Somebody says that the key's slot is now where the other key's is.
void noteMoved(ClusterNodes& nodes, const std::string& key, const std::string& other) {
  const auto to = parseClusterNode(nodes.of(hashSlot(other))->address);
  nodes.follow({.kind = Redirect::Kind::kMoved, .slot = hashSlot(key), .address = *to}, *nodes.of(hashSlot(key)));
}

std::uint64_t redirectsOf(ClusterAccess& access) {
  return access.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "MOVED"}}).read();
}

TEST_F(ClusterClients, WhatWaitsForItsTurnGoesWhereItsSlotIsByThen) {
  ClusterAccess access(patientConfigFor(group()));
  ASSERT_TRUE(access.recovers());
  const auto ids = oneAtEach();
  const std::string moved = keyOf(ids[1]);
  const std::size_t to = ownerOf(ids[2]);
  const std::size_t from = ownerOf(ids[1]);
  group().beginMove(moved, to);
  group().endMove(moved, from, to);
  RedisCommands commands;
  commands.add({"SET", keyOf(ids[0]), "first"});
  commands.add({"SET", moved, "second"});
  RedisReplies replies;
  {
    std::jthread asker;
    Paused first(group().serverOf(keyOf(ids[0])));
    asker = std::jthread([&] { EXPECT_TRUE(access.client.pipeline(commands, Repeat::kSafe, replies)); });
    EXPECT_TRUE(first.holdsOne());
    noteMoved(access.nodes, moved, keyOf(ids[2]));
  }
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[1].text, "OK");
  EXPECT_EQ(redirectsOf(access), 0U) << "where it was nobody is asked";
}

TEST_F(ClusterClients, WhatMayNotBeSentTwiceIsNotLedOn) {
  RedisSettings config = configFor(group());
  config.command_timeout = 2000ms;
  ClusterAccess access(config);
  ASSERT_TRUE(access.recovers());
  const auto ids = oneAtEach();
  const std::string key = keyOf(ids[0]);
  const auto isAskedAtItsNode = [&] {
    const std::uint64_t before = redirectsOf(access);
    RedisCommands commands;
    commands.add({"EXISTS", key});
    RedisReplies replies;
    return access.client.pipeline(commands, Repeat::kSafe, replies).hasValue() && redirectsOf(access) == before;
  };
  const auto ledOn = [&](Repeat repeat) {
    EXPECT_TRUE(soon(isAskedAtItsNode)) << "else whoever is asked first says that it is not theirs";
    const std::uint64_t before = redirectsOf(access);
    RedisCommands commands;
    commands.add({"APPEND", key, "x"});
    RedisReplies replies;
    std::atomic<bool> over = false;
    std::jthread asker;
    Paused paused(group().serverOf(key));
    asker = std::jthread([&] {
      EXPECT_FALSE(access.client.pipeline(commands, repeat, replies));
      over = true;
    });
    EXPECT_TRUE(paused.holdsOne());
    // Again and again: the cluster itself says otherwise.
    for (; !over; std::this_thread::sleep_for(1ms)) noteMoved(access.nodes, key, keyOf(ids[1]));
    return redirectsOf(access) > before;  // whoever was asked there said that it is not theirs
  };
  EXPECT_FALSE(ledOn(Repeat::kUnsafe));
  ASSERT_TRUE(access.recovers());
  EXPECT_TRUE(ledOn(Repeat::kSafe));
}

TEST_F(ClusterClients, ReplicasAreWaitedForWhereTheKeyIs) {
  ClusterAccess access(patientConfigFor(group()));
  RedisSessionStore store(access.client, SessionSettings(), access.keys, 1);
  for (const std::string& id : oneAtEach()) {
    SessionRevocation one{.id = idOf(id), .tombstone_ttl = 60s};
    store.revoke({&one, 1});
    ASSERT_TRUE(one.result);
    EXPECT_EQ(one.replicas, 1U);
  }
}

TEST_F(ClusterClients, OfOneNodeTheOthersAreLearned) {
  RedisSettings config = configFor(group());
  const std::size_t named = ownerOf("a");
  config.cluster.nodes = {group().nodes().at(named)};
  ClusterAccess access(config);
  EXPECT_TRUE(access.recovers());
  EXPECT_EQ(access.client.servers().size(), 3U);
  group().command(keyOf("a"), {"WAIT", "1", "2000"});
  group().server(named).kill();
  group().failedOver(named, keyOf("a"));
  EXPECT_TRUE(soon([&] { return access.client.reachable(); }, 20s)) << "they are asked when that one is gone";
  group().server(named).start();
}

TEST_F(ClusterClients, AUserWithTooFewRightsIsToldWhichAreMissing) {
  ClusterAccess access(configFor(group()));
  ASSERT_TRUE(access.recovers());
  RedisServer& limited = group().server(ownerOf("a"));
  const std::vector<std::string> give_back = {"ACL", "SETUSER", "default", "+@all"};
  const std::shared_ptr<void> afterwards(nullptr, [&](void*) { limited.command(give_back); });
  limited.command({"ACL", "SETUSER", "default", "-expire", "-cluster|slots"});
  const SessionSettings session;
  const LoginSettings login;
  const PermissionScope scope{access.keys, session, login, nullptr, false, true, true};
  ClusterAccess limited_access(configFor(group()));
  ASSERT_TRUE(limited_access.nodes.waitUntilKnown(now() + 10s));
  const StartupReport report = checkPermissions(limited_access.client, scope, access.clock);
  EXPECT_EQ(report.outcome, StartupProbe::kLimited);
  EXPECT_NE(report.message.find("EXPIRE sess:*"), std::string::npos) << report.message;
  EXPECT_NE(report.message.find("CLUSTER SLOTS"), std::string::npos) << report.message;
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

/// Whose hostname was never announced; the name in its place is `?`.
TEST(ClusterWithoutHostnames, IsSaidAtTheStart) {
  ClusterGroup group({.primaries = 1, .replicas = 0, .configuration = {"cluster-preferred-endpoint-type hostname"}});
  ClusterAccess access(configFor(group));
  const StartupReport report = access.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
  const std::string name = group.nodes()[0];
  EXPECT_EQ(report.message, "redis: the cluster of " + name + " is not reachable: " + name +
                                ": it names its nodes by what is no address (?" + name.substr(name.find(':')) +
                                "); check their cluster-announce-hostname");
}

TEST(ClusterWithTls, AsksForTheOptionThatIsWrong) {
  const auto messageOf = [](const RedisSettings& config) {
    ClusterAccess access(config);
    std::string message;
    soon([&] {
      message = access.client.probe().message;
      return message.find("redis.cluster.tls") != std::string::npos;
    });
    return message;
  };
  ClusterGroup group({.replicas = 0, .tls = true});
  RedisSettings plain = configFor(group);
  plain.cluster.tls = false;
  const std::string of_plain = messageOf(plain);
  EXPECT_NE(of_plain.find("does redis.cluster.tls have to be true?"), std::string::npos) << of_plain;
  RedisServer without({.tcp = true});
  RedisSettings tls = configFor(group);
  tls.cluster.nodes = {"127.0.0.1:" + std::to_string(without.port())};
  const std::string of_tls = messageOf(tls);
  EXPECT_NE(of_tls.find("is the port one for TLS? (redis.cluster.tls: false is without)"), std::string::npos) << of_tls;
}

}  // namespace
}  // namespace sessiond
