// Sentinels that say nothing, or not yet, and a primary whose replicas do: how long that is borne, and that nobody is
// believed afterwards.

#include <atomic>
#include <latch>
#include <string>
#include <thread>

#include "sentinel_fixture.h"
#include "support/no_threads.h"

namespace sessiond {
namespace {

TEST_F(Sentinels, OneThatIsGoneIsMissedByNobody) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  group().sentinel(0).kill();
  const SteadyTime until = now() + 2s;
  while (now() < until) ASSERT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_TRUE(soon([&] { return gauge(instance, "sessiond_sentinels_reached") == 2; }));
  const std::size_t before = group().primary();
  ASSERT_EQ(group().sentinel(1).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  group().failedOver(before);
  EXPECT_TRUE(soon([&] { return switches(instance) == 1; }));
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  group().sentinel(0).start();
  EXPECT_TRUE(soon([&] { return gauge(instance, "sessiond_sentinels_reached") == 3; }));
}

TEST_F(Sentinels, WithoutAMajorityOfThemNobodyIsBelieved) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const SteadyTime began = now();
  group().sentinel(0).kill();
  group().sentinel(1).freeze();
  EXPECT_EQ(instance.check("a"), "U: ada\r\n") << "their silence is borne for a while";
  ASSERT_TRUE(soon([&] { return instance.check("a") == "unavailable"; }));
  EXPECT_GE(now() - began, 1s);
  EXPECT_FALSE(instance.isInMemory("a"));
  EXPECT_FALSE(instance.site().client.reachable());
  EXPECT_EQ(gauge(instance, "sessiond_sentinels_reached"), 1);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(instance.check("a"), "unavailable");
  group().sentinel(1).thaw();
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; })) << "without anybody's help";
  EXPECT_TRUE(instance.settle("a"));
  group().sentinel(0).start();
}

TEST_F(Sentinels, BeforeAnyHasAnsweredTheirAnswerIsWaitedFor) {
  RedisSettings config = configFor(group());
  config.sentinel.nodes = {"127.0.0.1:1"};
  config.sentinel.max_silence = 1000ms;
  const SystemClock clock;
  MetricsRegistry metrics;
  RedisClient client(config, kProbeKey, clock, metrics);
  EXPECT_FALSE(client.node().isVouchedFor(clock.steadyNow()));
  const SteadyTime before = now();
  LearnedNodes learned;
  const SentinelWatch watch(config, 100ms, client.node(), learned, clock, metrics);
  EXPECT_TRUE(client.node().isVouchedFor(before));
  ASSERT_TRUE(soon([&] { return !client.node().isVouchedFor(now()); })) << "not for ever";
  EXPECT_GE(now() - before, 1000ms);
}

TEST_F(Sentinels, AllMayBeGoneForAMoment) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  for (std::size_t i = 0; i < 3; ++i) group().sentinel(i).kill();
  ASSERT_TRUE(soon([&] { return instance.check("a") == "unavailable"; }));
  for (std::size_t i = 0; i < 3; ++i) group().sentinel(i).start();
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  EXPECT_EQ(switches(instance), 0U);
}

TEST_F(Sentinels, APrimaryWithoutReplicasIsNotBelieved) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  RedisServer& primary = group().primaryServer();
  primary.command({"CONFIG", "SET", "min-replicas-to-write", "3"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "unavailable"; }));
  EXPECT_FALSE(instance.site().client.reachable());
  const SessionId id = idOf("a");
  SessionLoad load{.id = &id};
  instance.store().load({&load, 1});
  EXPECT_FALSE(load.result.hasValue()) << "nor by workers";
  for (int i = 0; i < 20; ++i) EXPECT_EQ(instance.check("a"), "unavailable");
  primary.command({"CONFIG", "SET", "min-replicas-to-write", "0"});
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  instance.store().load({&load, 1});
  EXPECT_TRUE(load.result.hasValue());
  EXPECT_TRUE(instance.settle("a"));
}

/// Whoever asks for the time on another thread than the test's waits until they may.
class WaitingClock final : public Clock {
 public:
  WallTime wallNow() const override { return clock_.wallNow(); }
  SteadyTime steadyNow() const override {
    if (std::this_thread::get_id() != test_) {
      ++asked_;
      may_go_on_.wait();
    }
    return clock_.steadyNow();
  }
  int asked() const { return asked_; }
  void goOn() { may_go_on_.count_down(); }

 private:
  const std::thread::id test_ = std::this_thread::get_id();
  SystemClock clock_;
  mutable std::atomic<int> asked_ = 0;
  mutable std::latch may_go_on_{1};
};

TEST_F(Sentinels, AreAskedOnceThereAreThreadsForThem) {
  const RedisSettings config = configFor(group());
  WaitingClock clock;
  MetricsRegistry metrics;
  RedisNode node(config, "sessiond:probe", clock, metrics);
  LearnedNodes learned;
  const SentinelWatch watch(config, 100ms, node, learned, clock, metrics);
  EXPECT_TRUE(soon([&] { return clock.asked() > 0; })) << "the watch runs, and is about to ask the first one";
  {
    const NoThreads none;
    clock.goOn();
    const int before = clock.asked();
    EXPECT_TRUE(soon([&] { return clock.asked() >= before + 10; })) << "it goes on trying";
    EXPECT_EQ(metrics.gauge("sessiond_sentinels_reached", "").read(), 0);
  }
  EXPECT_TRUE(soon([&] { return metrics.gauge("sessiond_sentinels_reached", "").read() == 3; }));
  const std::string primary = "127.0.0.1:" + std::to_string(group().primaryServer().port());
  EXPECT_TRUE(soon([&] { return node.server() == primary; }));
}

}  // namespace
}  // namespace sessiond
