// A primary behind sentinels that is replaced: whoever is the primary is asked, and nobody is believed who may not be
// it any more.

#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "sentinel_fixture.h"

namespace sessiond {
namespace {

/// Until checks are answered again.
void report(const char* what, SteadyTime since, SteadyTime decided) {
  const auto all = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - since);
  const auto ours = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - decided);
  std::printf("%s: %lld ms without service, %lld of them after the sentinels' decision\n", what,
              static_cast<long long>(all.count()), static_cast<long long>(ours.count()));
}

TEST_F(Sentinels, AFailoverByHandIsFollowed) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  ASSERT_TRUE(instance.site().client.reachable()) << "over a connection that is kept";
  const std::size_t before = group().primary();
  const SteadyTime began = now();
  ASSERT_EQ(group().sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  const auto switched = [&] {
    instance.check("a");
    return switches(instance) == 1;
  };
  ASSERT_TRUE(soon(switched, 10s));
  EXPECT_FALSE(instance.isInMemory("a")) << "what was known of the old one is nothing";
  const std::size_t after = group().failedOver(before);
  const SteadyTime decided = now();
  ASSERT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  report("failover by hand", began, decided);
  group().server(after).command({"SET", "sess:a", sessionOf("eve")});
  const SteadyTime changed = now();
  for (SteadyTime sent = now(); sent - changed < 1s; sent = now()) {
    // The old one, which nobody has told anything, says ada.
    EXPECT_TRUE(instance.check("a") == "U: eve\r\n" || sent - changed <= kStaleness);
  }
  ASSERT_TRUE(instance.settle("a")) << "and tells of changes";
  EXPECT_EQ(gauge(instance, "sessiond_redis_primary",
                  {{"server", "127.0.0.1:" + std::to_string(group().server(before).port())}}),
            0);
  ASSERT_TRUE(instance.store().revoke(idOf("a"), 60s));
  EXPECT_EQ(group().server(after).command({"EXISTS", "sess:a"}), "0") << "workers go there as well";
}

/// One lane's store, without a cache.
class BareLane final : private LaneStore::Client {
 public:
  explicit BareLane(TestClient& test)
      : store_(test.client.node(), nullptr, SessionSettings(), keysFor(SessionSettings()), loop_, test.clock) {}

  std::string value(const std::string& name) {
    const SessionId id = idOf(name);
    StoreBatch batch;
    batch.loads.push_back({.id = &id});
    answered_ = false;
    store_.send(batch, SteadyClock::now() + 2s, static_cast<LaneStore::Client&>(*this));
    EXPECT_TRUE(loop_.runUntil([this] { return answered_; }));
    return batch.loads[0].result ? std::string(batch.loads[0].result->json.value_or("(none)")) : "(unavailable)";
  }

 private:
  void answered(StoreBatch&) override { answered_ = true; }

  PollLoop loop_;
  RedisLaneStore store_;
  bool answered_ = false;
};

TEST_F(Sentinels, AreFollowedWhereNothingIsCachedToo) {
  TestClient test(configFor(group()));
  BareLane lane(test);
  const std::string ada = sessionOf("ada");
  const std::string eve = sessionOf("eve");
  ASSERT_EQ(lane.value("a"), ada);
  ASSERT_EQ(test.text({"GET", "sess:a"}), ada);
  const std::size_t before = group().primary();
  ASSERT_EQ(group().sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  const std::size_t after = group().failedOver(before);
  group().server(after).command({"SET", "sess:a", eve});
  ASSERT_TRUE(soon([&] { return test.metrics.counter("sessiond_sentinel_switches_total", "").read() == 1; }));
  // Both have a connection to the old one, which nobody has told anything.
  EXPECT_EQ(lane.value("a"), eve);
  EXPECT_EQ(test.text({"GET", "sess:a"}), eve);
}

TEST_F(Sentinels, APrimaryThatIsFrozenIsReplacedAndNotBelievedWhenItWakes) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = group().primary();
  const SteadyTime began = now();
  group().server(before).freeze();
  const std::size_t after = group().failedOver(before);
  const SteadyTime decided = now();
  group().server(after).command({"SET", "sessiond:revoked:{sess:a}", "1", "EX", "60"});
  group().server(after).command({"DEL", "sess:a"});
  group().server(before).thaw();
  // The old one says yes to everybody, until the sentinels tell it, some seconds later.
  bool served = false;
  while (now() - decided < 3s) {
    const SteadyTime sent = now();
    const std::string answer = instance.check("a");
    EXPECT_TRUE(answer != "U: ada\r\n" || sent - decided <= kStaleness);
    if (answer == "revoked" && !std::exchange(served, true)) report("frozen primary", began, decided);
  }
  EXPECT_TRUE(served);
  EXPECT_EQ(instance.check("a"), "revoked");
}

TEST_F(Sentinels, APrimaryThatDiesIsReplaced) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = group().primary();
  const SteadyTime began = now();
  group().server(before).kill();
  group().failedOver(before);
  const SteadyTime decided = now();
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n"; }));
  report("killed primary", began, decided);
  EXPECT_TRUE(instance.settle("a"));
  group().server(before).start();
}

TEST_F(Sentinels, AReplicaThatIsGoneIsMissedByNobody) {
  Instance instance(configFor(group()), "sess:", kStaleness);
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t replica = (group().primary() + 1) % group().servers();
  group().server(replica).kill();
  const SteadyTime until = now() + 2s;
  while (now() < until) ASSERT_EQ(instance.check("a"), "U: ada\r\n");
  EXPECT_EQ(switches(instance), 0U);
  group().server(replica).start();
}

/// With a frozen replica a failover does not come to its end at the sentinel that leads it. When the next one leads
/// back to the primary before, that sentinel takes over the epoch and goes on naming the other one.
TEST(SentinelsThatDisagree, UnderOneEpochAreOutvoted) {
  SentinelGroup group({.down_after = 20'000});
  Instance instance(configFor(group), "sess:", Sentinels::kStaleness);
  group.primaryServer().command({"SET", "sess:a", sessionOf("ada")});
  ASSERT_TRUE(instance.settle("a"));
  const auto says = [&](std::size_t sentinel, std::size_t server) {
    const std::string port = std::to_string(group.server(server).port());
    return group.sentinel(sentinel).command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", SentinelGroup::kMaster}) ==
           "127.0.0.1\n" + port;
  };
  const auto epoch = [&](std::size_t sentinel) {
    const std::string lines = group.sentinel(sentinel).command({"SENTINEL", "MASTER", SentinelGroup::kMaster});
    return lines.find("\nconfig-epoch\n2\n") != std::string::npos ? 2 : 0;
  };
  for (std::size_t i = 0; i < 3; ++i) {
    group.sentinel(i).command({"SENTINEL", "SET", SentinelGroup::kMaster, "failover-timeout", "60000"});
  }
  group.server(2).freeze();
  ASSERT_EQ(group.sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  ASSERT_TRUE(soon([&] { return says(0, 1) && says(1, 1) && says(2, 1); }, 20s));
  const auto begins = [&] {
    return group.sentinel(1).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}) == "OK";
  };
  ASSERT_TRUE(soon(begins, 20s)) << "once it has heard of the new replica";
  ASSERT_TRUE(soon([&] { return epoch(0) == 2 && epoch(1) == 2 && epoch(2) == 2; }, 20s));
  ASSERT_TRUE(says(0, 1)) << "if not, this test shows nothing any more";
  ASSERT_TRUE(says(1, 0) && says(2, 0));
  const std::string primary = "127.0.0.1:" + std::to_string(group.server(0).port());
  ASSERT_TRUE(soon([&] { return instance.site().client.node().server() == primary; }));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(instance.site().client.node().server(), primary);
    instance.check("a");
    std::this_thread::sleep_for(10ms);  // for a second, in which all are asked several times
  }
  EXPECT_EQ(instance.check("a"), "U: ada\r\n");
  group.server(2).thaw();
}

/// A replica that does not follow holds the failover's end up, and with it +switch-master; the primary is another one
/// from long before.
TEST(OneSentinel, TellsOfAFailoverThatHasNotEnded) {
  SentinelGroup group({.sentinels = 1, .down_after = 20'000});
  const RedisSettings config = configFor(group);
  const SystemClock clock;
  MetricsRegistry metrics;
  RedisNode node(config, "sessiond:probe", clock, metrics);
  LearnedNodes learned;
  const SentinelWatch watch(config, std::chrono::minutes(10), node, learned, clock, metrics);
  const auto name = [&](std::size_t server) { return "127.0.0.1:" + std::to_string(group.server(server).port()); };
  ASSERT_TRUE(soon([&] { return node.server() == name(0); }));
  group.sentinel(0).command({"SENTINEL", "SET", SentinelGroup::kMaster, "failover-timeout", "600000"});
  for (const std::size_t replica : {1U, 2U}) {  // it cannot follow another one than now
    group.server(replica).command({"CONFIG", "SET", "masteruser", "nobody", "masterauth", "wrong"});
  }
  const auto begins = [&] {
    return group.sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}) == "OK";
  };
  ASSERT_TRUE(soon(begins, 20s)) << "once it has heard of the replicas";
  EXPECT_TRUE(soon([&] { return node.server() == name(1) || node.server() == name(2); }, 20s));
}

}  // namespace
}  // namespace sessiond
