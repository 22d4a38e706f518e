// RedisClient against a server that is frozen, killed, restarted, loading, full or a replica: it answers within its
// budget and recovers by itself.

#include <signal.h>

#include <atomic>
#include <thread>

#include "redis/redis_connection.h"
#include "redis_test_fixture.h"
#include "support/later_clock.h"

namespace sessiond {
namespace {

TEST(UnhealthyServer, FrozenIsATimeoutWithinTheBudgetAndRecovers) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  server.freeze();
  const auto took = timeOf([&] { EXPECT_EQ(test.text({"PING"}), "(timeout)"); });
  EXPECT_GE(took, 290ms);
  EXPECT_LT(took, kPatience * 300ms);
  const auto connecting = timeOf([&] { EXPECT_EQ(test.text({"PING"}), "(timeout)"); });
  EXPECT_LT(connecting, kPatience * 700ms);
  EXPECT_EQ(test.errors("timeout"), 2U);
  server.thaw();
  EXPECT_TRUE(test.recovers());
}

TEST(UnhealthyServer, FrozenCostsNoTimeOnceTheBreakerIsOpen) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
  TestClient test(config);
  server.freeze();
  EXPECT_EQ(test.text({"PING"}), "(timeout)");
  EXPECT_EQ(test.text({"PING"}), "(timeout)");
  const auto took = timeOf([&] {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(test.text({"PING"}), "(unavailable)");
  });
  EXPECT_LT(took, kPatience * 100ms);
  EXPECT_EQ(test.errors("breaker_open"), 100U);
  EXPECT_EQ(test.metrics.counter("sessiond_redis_breaker_opened_total", "").read(), 1U);
  server.thaw();
}

TEST(UnhealthyServer, AGreetingThatSucceedsEndsThePauseOfTheBreaker) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.breaker = {.failures = 1, .min_backoff = 60s, .max_backoff = 60s};
  TestClient test(config);
  server.kill();
  EXPECT_EQ(test.text({"PING"}), "(unavailable)");
  EXPECT_FALSE(test.client.dial()) << "there is nobody to greet";
  server.start();
  EXPECT_EQ(test.text({"PING"}), "(unavailable)") << "the pause is long";
  EXPECT_TRUE(test.client.dial()) << "as the subscription does";
  EXPECT_EQ(test.text({"PING"}), "PONG");
}

TEST(UnhealthyServer, LateAnswersAreNeverTakenForOthers) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.breaker.failures = 1000;
  TestClient test(config);
  ASSERT_EQ(test.text({"SET", "first", "1"}), "OK");
  ASSERT_EQ(test.text({"SET", "second", "2"}), "OK");
  for (int i = 0; i < 3; ++i) {
    server.freeze();
    EXPECT_EQ(test.text({"GET", "first"}), "(timeout)");
    server.thaw();
    EXPECT_EQ(test.text({"GET", "second"}), "2");
  }
}

TEST(UnhealthyServer, SlowIsATimeoutWithinTheBudget) {
  RedisServer server({.configuration = {"enable-debug-command yes"}});
  TestClient test(configFor(server.unixUrl()));
  const auto took = timeOf([&] { EXPECT_EQ(test.text({"DEBUG", "SLEEP", "2"}), "(timeout)"); });
  EXPECT_LT(took, kPatience * 300ms);
  EXPECT_TRUE(test.recovers());
}

TEST(UnhealthyServer, KilledIsUnavailableAndRecovers) {
  RedisServer server({.tcp = true});
  TestClient over_unix(configFor(server.unixUrl()));
  TestClient over_tcp(configFor(server.tcpUrl()));
  for (TestClient* test : {&over_unix, &over_tcp}) ASSERT_EQ(test->text({"PING"}), "PONG");
  server.kill();
  for (TestClient* test : {&over_unix, &over_tcp}) {
    const auto took = timeOf([&] { EXPECT_EQ(test->text({"PING"}), "(unavailable)"); });
    EXPECT_LT(took, kPatience * 700ms);
    EXPECT_FALSE(test->client.reachable());
  }
  server.start();
  for (TestClient* test : {&over_unix, &over_tcp}) EXPECT_TRUE(test->recovers());
}

TEST(UnhealthyServer, RestartedIsNotNoticed) {
  RedisServer server({.configuration = {"appendonly yes", "appendfsync always"}});
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
  for (int i = 0; i < 3; ++i) {
    server.restart();
    EXPECT_EQ(test.text({"GET", "key"}), "value");
  }
  EXPECT_EQ(test.connectionsOpened(), 4U);
  EXPECT_EQ(test.errors("closed"), 0U);
}

TEST(UnhealthyServer, RestartedIsNoticedByWhatMayNotBeSentTwice) {
  RedisServer server({.configuration = {"appendonly yes", "appendfsync always"}});
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"INCR", "key"}, Repeat::kUnsafe), "1");
  server.restart();
  EXPECT_EQ(test.text({"INCR", "key"}, Repeat::kUnsafe), "(unavailable)");
  EXPECT_EQ(test.text({"INCR", "key"}, Repeat::kUnsafe), "2");
}

TEST(UnhealthyServer, LoadingIsUnavailableAndRecovers) {
  RedisServer server({.configuration = {"save 3600 1000000", "rdbcompression no"}});
  for (int i = 0; i < 100; ++i) server.command({"SET", "key" + std::to_string(i), std::string(2000, 'x')});
  // Two seconds of loading; the server looks at its connections after every 1024 bytes.
  server.command({"CONFIG", "SET", "key-load-delay", "20000"});
  server.command({"CONFIG", "SET", "loading-process-events-interval-bytes", "1024"});
  ASSERT_EQ(server.command({"CONFIG", "REWRITE"}), "OK");
  server.stop();
  server.startWithoutWaiting();
  TestClient test(configFor(server.unixUrl()));
  EXPECT_TRUE(soon([&] {
    const StartupReport report = test.client.probe();
    EXPECT_NE(report.outcome, StartupProbe::kMisconfigured) << report.message;
    return report.message.starts_with("redis: the server is loading its data after a start; wait until it is done");
  }));
  EXPECT_EQ(test.text({"GET", "key1"}), "(unavailable)");
  EXPECT_TRUE(test.recovers());
  EXPECT_EQ(test.text({"STRLEN", "key1"}), "2000");
}

TEST(UnhealthyServer, FullRefusesWritesAndStillReads) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
  server.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_EQ(test.text({"SET", "other", "value"}), "OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_EQ(test.text({"GET", "key"}), "value");
  for (int i = 0; i < 10; ++i) test.text({"SET", "other", "value"});
  EXPECT_EQ(test.text({"GET", "key"}), "value") << "the breaker must stay closed";
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_EQ(test.text({"SET", "other", "value"}), "OK");
}

/// Servers that tell their role, and such as do not.
const std::vector<std::vector<std::string>> kOpenAndSecretive = {
    {}, {"rename-command HELLO \"\""}, {"rename-command HELLO \"\"", "rename-command CLIENT \"\""}};

/// `server` follows a primary that has "value" as "key".
class Replica {
 public:
  explicit Replica(const std::vector<std::string>& configuration = {}) : server({.configuration = configuration}) {
    primary_.command({"SET", "key", "value"});
    server.command({"REPLICAOF", "127.0.0.1", std::to_string(primary_.port())});
    EXPECT_TRUE(soon([this] { return server.command({"GET", "key"}) == "value"; }));
  }

  RedisServer server;

 private:
  RedisServer primary_{{.tcp = true, .configuration = {"repl-diskless-sync-delay 0"}}};
};

TEST(UnhealthyServer, AReplicaIsNotBelievedUntilItIsThePrimary) {
  for (const auto& configuration : kOpenAndSecretive) {
    SCOPED_TRACE(configuration.size());
    Replica replica(configuration);
    TestClient test(configFor(replica.server.unixUrl()));
    EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
    EXPECT_FALSE(test.client.reachable());
    const StartupReport report = test.client.probe();
    EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
    EXPECT_TRUE(report.message.starts_with("redis: this server is a read-only replica;")) << report.message;
    replica.server.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(test.recovers());
    EXPECT_EQ(test.text({"GET", "key"}), "value");
  }
}

/// It keeps the connections that it has when it becomes one.
TEST(UnhealthyServer, APrimaryThatBecomesAReplicaIsNotReadOverOldConnections) {
  for (const auto& configuration : kOpenAndSecretive) {
    SCOPED_TRACE(configuration.size());
    RedisServer server({.configuration = configuration});
    TestClient test(configFor(server.unixUrl()));
    ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
    server.command({"REPLICAOF", "127.0.0.1", "1"});
    EXPECT_TRUE(soon([&] { return test.text({"GET", "key"}) != "value"; }));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
    EXPECT_FALSE(test.client.reachable());
    server.command({"REPLICAOF", "NO", "ONE"});
    EXPECT_TRUE(test.recovers());
    EXPECT_EQ(test.text({"GET", "key"}), "value");
  }
}

/// Not only when the connection is too old to be kept, which is much later.
TEST(UnhealthyServer, APrimaryThatBecomesAReplicaIsFoundOutASecondLater) {
  for (const auto& configuration : kOpenAndSecretive) {
    SCOPED_TRACE(configuration.size());
    RedisServer server({.configuration = configuration});
    LaterClock clock;
    clock.hold();
    MetricsRegistry metrics;
    RedisClient client(configFor(server.unixUrl()), kProbeKey, clock, metrics);
    RedisCommands commands;
    commands.add({"GET", "key"});
    RedisReplies replies;
    const auto is_read = [&] { return client.pipeline(commands, Repeat::kSafe, replies).hasValue(); };
    ASSERT_TRUE(is_read());
    server.command({"REPLICAOF", "127.0.0.1", "1"});
    clock.advance(1s);
    EXPECT_FALSE(is_read());
  }
}

/// A disk that fails hides it: Redis looks at that first. Where the role is told, reads go on.
TEST(UnhealthyServer, APrimaryThatCannotShowItselfIsNotBelieved) {
  for (const auto& configuration : kOpenAndSecretive) {
    SCOPED_TRACE(configuration.size());
    std::vector<std::string> lines = {"enable-protected-configs yes"};
    lines.insert(lines.end(), configuration.begin(), configuration.end());
    RedisServer server({.configuration = lines});
    RedisSettings config = configFor(server.unixUrl());
    config.breaker.failures = 1000;
    TestClient test(config);
    ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
    server.command({"CONFIG", "SET", "dir", "/proc"});
    server.command({"CONFIG", "SET", "save", "3600 1000000"});
    server.command({"BGSAVE"});
    EXPECT_TRUE(soon([&] { return server.command({"SET", "other", "value"}).starts_with("-MISCONF"); }));
    const std::string expected = configuration.empty() ? "value" : "(unavailable)";
    EXPECT_TRUE(soon([&] { return test.text({"GET", "key"}) == expected; }));
    server.command({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
    EXPECT_TRUE(soon([&] { return test.text({"GET", "key"}) == "value"; }));
  }
}

/// What the manual says that is enough.
TEST(UnhealthyServer, AUserWhoMayDoWhatIsNeededShowsThatTheServerTakesWrites) {
  RedisServer server({.configuration = {"rename-command HELLO \"\"",
                                        "user app on >s3cret ~sess:* ~sessiond:* -@all +@connection +del +get"}});
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  config.password = Secret(std::string("s3cret"));
  TestClient test(config);
  EXPECT_EQ(test.text({"GET", "sess:a"}), "(nil)");
  EXPECT_TRUE(test.client.reachable());
  EXPECT_EQ(test.client.probe().outcome, StartupProbe::kLimited) << "nobody says of which version it is";
}

TEST(UnhealthyServer, AReplicaThatIsAllowedIsReadAndTakesWritesOnceItIsThePrimary) {
  Replica replica;
  RedisSettings config = configFor(replica.server.unixUrl());
  config.allow_replica = true;
  TestClient test(config);
  ASSERT_TRUE(test.recovers());
  EXPECT_EQ(test.text({"SET", "key", "other"}), "READONLY You can't write against a read only replica.");
  EXPECT_EQ(test.text({"GET", "key"}), "value");
  replica.server.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_EQ(test.text({"SET", "key", "other"}), "OK");
}

TEST(UnhealthyServer, BlockedByAScriptIsUnavailableAndRecovers) {
  RedisServer server({.configuration = {"busy-reply-threshold 1"}});
  RedisSettings config = configFor(server.unixUrl());
  config.breaker.failures = 1000;
  TestClient test(config);
  ASSERT_EQ(test.text({"PING"}), "PONG");
  std::jthread script([&] { server.command({"EVAL", "while true do end", "0"}); });
  EXPECT_TRUE(soon([&] { return test.text({"GET", "key"}) == "(unavailable)"; }));
  EXPECT_EQ(server.command({"SCRIPT", "KILL"}), "OK");
  EXPECT_TRUE(test.recovers());
}

TEST(UnhealthyServer, OutOfConnectionsIsUnavailableAndRecovers) {
  RedisServer server;
  ASSERT_EQ(server.command({"CONFIG", "SET", "maxclients", "1"}), "OK");
  TestClient first(configFor(server.unixUrl()));
  ASSERT_TRUE(first.recovers());
  TestClient second(configFor(server.unixUrl()));
  const StartupReport report = second.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
  EXPECT_EQ(report.message, "redis: the server has no free connection (maxclients); raise it or find who holds them (" +
                                server.socketPath() + " says: ERR max number of clients reached)");
  EXPECT_EQ(second.text({"PING"}), "(unavailable)");
  EXPECT_EQ(first.text({"CONFIG", "SET", "maxclients", "100"}), "OK");
  EXPECT_TRUE(second.recovers());
}

TEST(UnhealthyServer, ClosedConnectionsOfOneUserAreReplaced) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(server.command({"CLIENT", "KILL", "TYPE", "normal"}), "1");
  EXPECT_EQ(test.text({"PING"}), "PONG");
}

/// Every thread reads and writes values that only it knows, while the server goes away and comes back.
TEST(UnhealthyServer, NeverMixesUpAnswersUnderLoad) {
  RedisServer server({.configuration = {"appendonly yes"}});
  TestClient test(configFor(server.unixUrl()));
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      RedisCommands commands;
      RedisReplies replies;
      for (int round = 0; !stop; ++round) {
        const std::string mine = std::to_string(t) + ":" + std::to_string(round);
        commands.clear();
        commands.add({"ECHO", mine});
        commands.add({"SET", "thread" + std::to_string(t), mine});
        commands.add({"GET", "thread" + std::to_string(t)});
        if (!test.client.pipeline(commands, Repeat::kSafe, replies)) {
          std::this_thread::sleep_for(1ms);  // until the next try
          continue;
        }
        const bool good = replies.size() == 3 && replies[0].text == mine && replies[2].text == mine;
        ++(good ? right : wrong);
      }
    });
  }
  const auto settle = [&] {
    const int before = right;
    EXPECT_TRUE(soon([&] { return right > before + 50; }));
  };
  for (int i = 0; i < 2; ++i) {
    settle();
    server.restart();
    settle();
    server.kill();
    server.start();
    settle();
    const std::uint64_t timeouts = test.errors("timeout");
    server.freeze();
    EXPECT_TRUE(soon([&] { return test.errors("timeout") > timeouts; }));
    server.thaw();
  }
  EXPECT_TRUE(test.recovers());
  settle();
  stop = true;
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sessiond
