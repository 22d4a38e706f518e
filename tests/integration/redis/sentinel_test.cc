// A primary behind sentinels, with real ones: whoever is the primary is asked, whatever becomes of servers and
// sentinels, and nobody is believed who may not be it any more. More than 400 lines because one group of servers, which
// takes seconds to start, serves them all.

#include "redis/sentinel_watch.h"

#include <atomic>
#include <cstdio>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "cache_instance.h"
#include "support/no_threads.h"

namespace sessiond {
namespace {

constexpr milliseconds kStaleness = 400ms;
constexpr milliseconds kDownAfter = 500ms;

/// Failovers leave the group as healthy as it was.
class Sentinels : public testing::Test {
 protected:
  static void SetUpTestSuite() { group_ = new SentinelGroup({.down_after = static_cast<int>(kDownAfter.count())}); }
  static void TearDownTestSuite() {
    delete group_;
    group_ = nullptr;
  }

  Sentinels() { put("a", "ada"); }
  ~Sentinels() override { group().settle(); }

  static SentinelGroup& group() { return *group_; }
  static void put(const std::string& id, const std::string& user) {
    group().primaryServer().command({"DEL", "sessiond:revoked:{sess:" + id + "}"});
    group().primaryServer().command({"SET", "sess:" + id, sessionOf(user)});
    group().primaryServer().command({"WAIT", "2", "2000"});
  }
  /// Until checks are answered again.
  static void report(const char* what, SteadyTime since, SteadyTime decided) {
    const auto all = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - since);
    const auto ours = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - decided);
    std::printf("%s: %lld ms without service, %lld of them after the sentinels' decision\n", what,
                static_cast<long long>(all.count()), static_cast<long long>(ours.count()));
  }
  static SteadyTime now() { return SteadyClock::now(); }
  static std::uint64_t switches(Instance& instance) {
    return instance.site().metrics.counter("sessiond_sentinel_switches_total", "").read();
  }
  static std::int64_t gauge(Instance& instance, const std::string& name, const MetricLabels& labels = {}) {
    return instance.site().metrics.gauge(name, "", labels).read();
  }

 private:
  static SentinelGroup* group_;
};

SentinelGroup* Sentinels::group_ = nullptr;

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
  ASSERT_TRUE(instance.store().revoke(*SessionId::fromBytes("a"), 60s));
  EXPECT_EQ(group().server(after).command({"EXISTS", "sess:a"}), "0") << "workers go there as well";
}

/// One lane's store, without a cache.
class BareLane final : private LaneStore::Client {
 public:
  explicit BareLane(TestClient& test)
      : store_(test.client.node(), nullptr, SessionSettings(), keysFor(SessionSettings()), loop_, test.clock) {}

  std::string value(const std::string& name) {
    const SessionId id = *SessionId::fromBytes(name);
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
  const SessionId id = *SessionId::fromBytes("a");
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

/// With a frozen replica a failover does not come to its end at the sentinel that leads it. When the next one leads
/// back to the primary before, that sentinel takes over the epoch and goes on naming the other one.
TEST(SentinelsThatDisagree, UnderOneEpochAreOutvoted) {
  SentinelGroup group({.down_after = 20'000});
  Instance instance(configFor(group), "sess:", kStaleness);
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
  for (const std::size_t replica : {1, 2}) {  // it cannot follow another one than now
    group.server(replica).command({"CONFIG", "SET", "masteruser", "nobody", "masterauth", "wrong"});
  }
  const auto begins = [&] {
    return group.sentinel(0).command({"SENTINEL", "FAILOVER", SentinelGroup::kMaster}) == "OK";
  };
  ASSERT_TRUE(soon(begins, 20s)) << "once it has heard of the replicas";
  EXPECT_TRUE(soon([&] { return node.server() == name(1) || node.server() == name(2); }, 20s));
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

TEST(SentinelsWithTls, AndServersWithItAreFollowed) {
  SentinelGroup group({.servers = 2, .tls = true});
  Instance instance(configFor(group), "sess:", kStaleness);
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
  Instance other(plain, "sess:", kStaleness);
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
  Instance instance(config, "sess:", kStaleness);
  group.primaryServer().command({"SET", "sess:a", sessionOf("ada")});
  ASSERT_TRUE(instance.settle("a"));
  const std::size_t before = group.primary();
  ASSERT_EQ(group.sentinelCommand(0, {"SENTINEL", "FAILOVER", SentinelGroup::kMaster}), "OK");
  group.failedOver(before);
  EXPECT_TRUE(soon([&] { return instance.check("a") == "U: ada\r\n" && instance.keeps("a"); }));
}

}  // namespace
}  // namespace sessiond
