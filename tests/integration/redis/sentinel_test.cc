// A primary behind sentinels, with real ones: which primary, as they know it and by which of them; with what they have
// to be asked.

#include <string>
#include <thread>
#include <vector>

#include "sentinel_fixture.h"

namespace sessiond {
namespace {

TEST_F(Sentinels, NameThePrimaryAndSessionsAreKeptInMemory) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  put("a", "bob");
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: bob\r\n"; }));
  EXPECT_EQ(gauge(instance, "sessiond_sentinels_known"), 3);
  EXPECT_TRUE(soon([&] { return gauge(instance, "sessiond_sentinels_reached") == 3; }));
  const std::string primary = "127.0.0.1:" + std::to_string(group().primaryServer().port());
  EXPECT_EQ(gauge(instance, "sessiond_redis_primary", {{"server", primary}}), 1);
  EXPECT_EQ(instance.site().client.node().server(), primary);
  EXPECT_EQ(instance.site().client.probe().outcome, StartupProbe::kOk);
}

TEST_F(Sentinels, OfOneTheOthersAreLearned) {
  RedisSettings config = configFor(group());
  config.sentinel.nodes = {group().nodes()[0]};
  Instance instance(config, "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_TRUE(soon([&] { return gauge(instance, "sessiond_sentinels_reached") == 3; }));
  group().sentinel(0).kill();
  const SteadyTime until = now() + 2500ms;
  while (now() < until) ASSERT_EQ(instance.check("a"), "U: ada\r\n") << "longer than max_silence";
  group().sentinel(0).start();
}

TEST_F(Sentinels, OneUnderTwoNamesCountsOnce) {
  RedisSettings config = configFor(group());
  const std::string port = std::to_string(group().sentinel(0).port());
  config.sentinel.nodes = {"127.0.0.1:" + port, "localhost:" + port};
  Instance instance(config, "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  EXPECT_TRUE(soon([&] { return gauge(instance, "sessiond_sentinels_reached") == 3; }));
  // Each name is asked over a connection of its own, and listened to over another.
  const auto connections = [] {
    const std::string all = group().sentinelCommand(0, {"CLIENT", "LIST"});
    std::size_t count = 0;
    for (std::size_t at = 0; (at = all.find(" name=sessiond ", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_TRUE(soon([&] { return connections() == 4; })) << connections();
  for (const SteadyTime until = now() + 300ms; now() < until; std::this_thread::sleep_for(5ms)) {
    ASSERT_EQ(gauge(instance, "sessiond_sentinels_reached"), 3);
  }
  EXPECT_EQ(gauge(instance, "sessiond_sentinels_known"), 3);
}

TEST_F(Sentinels, AMasterThatTheyDoNotKnowIsNobody) {
  RedisSettings config = configFor(group());
  config.sentinel.master = "mian";
  Instance instance(config, "sess:", kStaleness);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(instance.check("a"), "unavailable");
    std::this_thread::sleep_for(5ms);  // they are asked meanwhile
  }
  const StartupReport report = instance.site().client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnknown);
  const std::vector<std::string> nodes = group().nodes();
  EXPECT_EQ(report.message,
            "redis: the sentinels do not know the primary mian; check redis.sentinel.master, or have them watch it (" +
                nodes[0] + ", " + nodes[1] + ", " + nodes[2] + "; each says: ERR No such master with that name)");
}

/// As where sentinels are up before whoever tells them what to watch.
TEST_F(Sentinels, AMasterThatTheyComeToKnowIsAskedFromThenOn) {
  RedisSettings config = configFor(group());
  config.sentinel.master = "later";
  Instance instance(config, "sess:", kStaleness);
  EXPECT_EQ(instance.site().client.probe().outcome, StartupProbe::kUnknown);
  EXPECT_EQ(instance.check("a"), "unavailable");
  const std::string port = std::to_string(group().primaryServer().port());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(group().sentinelCommand(i, {"SENTINEL", "MONITOR", "later", "127.0.0.1", port, "2"}), "OK");
  }
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  EXPECT_EQ(instance.site().client.probe().outcome, StartupProbe::kOk);
  for (std::size_t i = 0; i < 3; ++i) group().sentinelCommand(i, {"SENTINEL", "REMOVE", "later"});
}

TEST_F(Sentinels, APasswordThatTheyRefuseIsCalledSo) {
  RedisSettings config = configFor(group());
  config.sentinel.password = Secret(std::string("needless"));
  Instance instance(config, "sess:", kStaleness);
  const StartupReport report = instance.site().client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_TRUE(report.message.starts_with("redis: a sentinel refuses what it is asked; check redis.sentinel.user"))
      << report.message;
  EXPECT_NE(report.message.find(group().nodes()[0] + " says: ERR AUTH "), std::string::npos) << report.message;
}

TEST_F(Sentinels, OneThatIsAwayMayKnowTheMaster) {
  RedisSettings config = configFor(group());
  config.sentinel.master = "mian";
  config.sentinel.nodes.emplace_back("127.0.0.1:1");
  Instance instance(config, "sess:", kStaleness);
  const StartupReport report = instance.site().client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
  EXPECT_EQ(report.message, "redis: the primary mian is not reachable: the sentinels have not said where it is");
}

TEST(SentinelsWithTls, AndServersWithItAreFollowed) {
  SentinelGroup group({.servers = 2, .tls = true});
  Instance instance(configFor(group), "sess:", Sentinels::kStaleness);
  group.primaryServer().command({"SET", "sess:a", sessionOf("ada")});
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = group.primary();
  ASSERT_EQ(group.sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  const std::size_t after = group.failedOver(before);
  group.server(after).command({"SET", "sess:a", sessionOf("eve")});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: eve\r\n" && instance.keeps("a"); }));
  EXPECT_EQ(instance.site().metrics.gauge("sessiond_sentinels_known", "").read(), 3);
  RedisSettings plain = configFor(group);
  plain.sentinel.tls = false;
  Instance other(plain, "sess:", Sentinels::kStaleness);
  EXPECT_EQ(other.check("a"), "unavailable");
}

/// The rights are those in the reference.
TEST(SentinelUsers, MayDoWhatTheReferenceSaysThatTheyNeed) {
  SentinelGroup group({.servers = 2,
                       .sentinel_configuration =
                           {
                               "user default off nopass ~* &* +@all",
                               "user sentinel on >s3cret ~* &* +@all",
                               "sentinel sentinel-user sentinel",
                               "sentinel sentinel-pass s3cret",
                               "user sessiond on >hunter2 -@all resetchannels &+switch-master "
                               "&+failover-state-reconf-slaves +@connection +subscribe "
                               "+sentinel|myid +sentinel|master +sentinel|get-master-addr-by-name +sentinel|sentinels",
                           },
                       .user = {"sentinel", "s3cret"}});
  RedisSettings config = configFor(group);
  config.sentinel.user = "sessiond";
  config.sentinel.password = Secret(std::string("hunter2"));
  Instance instance(config, "sess:", Sentinels::kStaleness);
  group.primaryServer().command({"SET", "sess:a", sessionOf("ada")});
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = group.primary();
  ASSERT_EQ(group.sentinelCommand(0, {"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  group.failedOver(before);
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n" && instance.keeps("a"); }));
}

}  // namespace
}  // namespace sessiond
