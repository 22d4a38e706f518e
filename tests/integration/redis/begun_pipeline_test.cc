// RedisClient::beginPipeline(): the pipeline that nobody waits for, and what the blocking one finds afterwards.

#include <poll.h>

#include "redis_test_fixture.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

/// One pipeline of one command that is begun, with all it needs.
struct Begun {
  Begun(TestClient& test, std::initializer_list<std::string_view> arguments) {
    RedisCommands commands;
    commands.add(arguments);
    pending = test.client.beginPipeline(commands, replies);
  }

  /// Goes on whenever there is something to read, until it ends.
  Pending::State end() {
    for (;;) {
      pollfd entry{.fd = pending->fd(), .events = POLLIN, .revents = 0};
      if (poll(&entry, 1, 5000) != 1) return Pending::State::kWaiting;
      if (const Pending::State state = pending->advance(); state != Pending::State::kWaiting) return state;
    }
  }

  RedisReplies replies;
  std::unique_ptr<Pending> pending;
};

std::uint64_t errorReplies(TestClient& test, const std::string& code) {
  return test.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", code}}).read();
}

std::uint64_t pipelines(TestClient& test) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : test.metrics.histogram("sessiond_redis_pipeline_seconds", "").buckets())
    sum += count;
  return sum;
}

/// A server that answers PING and the greeting as it should, and everything else with what `answer` says.
ScriptedRedis::Script answering(std::function<std::string(int connection)> answer) {
  return [answer = std::move(answer)](std::string_view request, int connection) -> std::string {
    if (isGreeting(request)) return "+OK\r\n";
    return request.find("PING") != std::string_view::npos ? "+PONG\r\n" : answer(connection);
  };
}

TEST(BegunPipeline, DoesWhatAPipelineDoesOnAnIdleConnection) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
  for (std::uint64_t i = 0; i < 3; ++i) {
    Begun begun(test, {"GET", "key"});
    ASSERT_TRUE(begun.pending);
    EXPECT_EQ(begun.end(), Pending::State::kDone);
    EXPECT_EQ(begun.replies[0].text, "value");
    EXPECT_EQ(pipelines(test), 2 + 2 * i);
    begun.pending.reset();
    EXPECT_EQ(test.text({"PING"}), "PONG") << "the connection is in the pool again, and clean";
  }
  EXPECT_EQ(test.connectionsOpened(), 1U);
}

TEST(BegunPipeline, NeverConnects) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  EXPECT_FALSE(Begun(test, {"PING"}).pending);
  EXPECT_EQ(test.connectionsOpened(), 0U);
  EXPECT_EQ(test.errors("connect"), 0U);
  ASSERT_EQ(test.text({"PING"}), "PONG");
  Begun first(test, {"PING"});
  EXPECT_TRUE(first.pending);
  EXPECT_FALSE(Begun(test, {"PING"}).pending) << "the only connection is in use";
  EXPECT_EQ(first.end(), Pending::State::kDone);
  EXPECT_FALSE(Begun(test, {"PING"}).pending) << "its descriptor may still be watched";
  first.pending.reset();
  EXPECT_TRUE(Begun(test, {"PING"}).pending);
}

TEST(BegunPipeline, IsNotTriedWhileTheBreakerIsOpenAndLeavesTheProbeToOthers) {
  std::atomic<bool> loading = true;
  ScriptedRedis server(answering([&](int) { return loading ? "-LOADING x\r\n" : "+OK\r\n"; }));
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
  loading = false;
  EXPECT_FALSE(Begun(test, {"GET", "key"}).pending);
  std::this_thread::sleep_for(25ms);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Begun(test, {"GET", "key"}).pending) << "half open";
  EXPECT_EQ(test.text({"GET", "key"}), "OK") << "the probe was there";
  EXPECT_TRUE(Begun(test, {"GET", "key"}).pending);
  EXPECT_EQ(server.connections(), 1);
}

TEST(BegunPipeline, LeavesFailuresToTheBlockingOne) {
  ScriptedRedis server(answering([](int) { return "-LOADING x\r\n"; }));
  RedisSettings config = configFor(server.url());
  config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
  TestClient test(config);
  ASSERT_EQ(test.text({"PING"}), "PONG");
  for (std::uint64_t i = 0; i < 2; ++i) {
    Begun begun(test, {"GET", "key"});
    ASSERT_TRUE(begun.pending) << i;
    EXPECT_EQ(begun.end(), Pending::State::kFailed);
    EXPECT_EQ(errorReplies(test, "LOADING"), i);
    begun.pending.reset();
    EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
    EXPECT_EQ(errorReplies(test, "LOADING"), i + 1);
  }
  EXPECT_FALSE(Begun(test, {"GET", "key"}).pending) << "open, after two failures and not after one";
  EXPECT_EQ(test.metrics.counter("sessiond_redis_breaker_opened_total", "").read(), 1U);
  EXPECT_EQ(server.connections(), 1) << "the connection itself is sound";
}

TEST(BegunPipeline, ItsSuccessEndsARowOfFailures) {
  std::atomic<bool> loading = true;
  ScriptedRedis server(answering([&](int) { return loading ? "-LOADING x\r\n" : "+OK\r\n"; }));
  RedisSettings config = configFor(server.url());
  config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
  TestClient test(config);
  for (int i = 0; i < 3; ++i) {
    loading = true;
    EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
    loading = false;
    Begun begun(test, {"GET", "key"});
    ASSERT_TRUE(begun.pending) << i;
    EXPECT_EQ(begun.end(), Pending::State::kDone);
  }
}

TEST(BegunPipeline, LeavesItToTheBlockingOneToTryElsewhere) {
  ScriptedRedis server(answering([](int connection) { return connection == 1 ? "-READONLY x\r\n" : "+OK\r\n"; }));
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  Begun begun(test, {"SET", "key", "value"});
  ASSERT_TRUE(begun.pending);
  EXPECT_EQ(begun.end(), Pending::State::kFailed);
  begun.pending.reset();
  EXPECT_EQ(test.text({"SET", "key", "value"}), "OK");
  EXPECT_EQ(server.connections(), 2);
}

TEST(BegunPipeline, RepliesThatSpeakOfOneCommandAreTheCallersAndCountedOnce) {
  for (const std::string code : {"NOPERM", "WRONGTYPE", "OOM"}) {
    ScriptedRedis server(answering([&](int) { return "-" + code + " x\r\n"; }));
    TestClient test(configFor(server.url()));
    ASSERT_EQ(test.text({"PING"}), "PONG");
    Begun begun(test, {"GET", "key"});
    ASSERT_TRUE(begun.pending);
    EXPECT_EQ(begun.end(), Pending::State::kDone);
    EXPECT_EQ(begun.replies[0].text, code + " x");
    EXPECT_EQ(errorReplies(test, code), 1U);
  }
}

TEST(BegunPipeline, AConnectionWithMoreAnswersThanQuestionsIsNotUsedAgain) {
  ScriptedRedis server(answering([](int) { return "$3\r\nown\r\n$5\r\nalien\r\n"; }));
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  Begun begun(test, {"GET", "key"});
  ASSERT_TRUE(begun.pending);
  EXPECT_EQ(begun.end(), Pending::State::kFailed);
  begun.pending.reset();
  EXPECT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(server.connections(), 2);
}

TEST(BegunPipeline, FailsWhenTheServerClosesAndTheNextOneConnects) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.breaker.failures = 1;
  TestClient test(config);
  ASSERT_EQ(test.text({"SET", "key", "value"}), "OK");
  Begun begun(test, {"BLPOP", "list", "0"});
  ASSERT_TRUE(begun.pending);
  EXPECT_EQ(begun.pending->advance(), Pending::State::kWaiting);
  server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_EQ(begun.end(), Pending::State::kFailed);
  begun.pending.reset();
  EXPECT_EQ(test.text({"GET", "key"}), "value");
  EXPECT_EQ(test.connectionsOpened(), 2U);
  for (const char* kind : {"closed", "broken", "timeout", "breaker_open"}) EXPECT_EQ(test.errors(kind), 0U) << kind;
}

TEST(BegunPipeline, AnIdleConnectionThatHasDiedIsNoFailureOfAnything) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  server.restart();
  Begun begun(test, {"PING"});
  if (begun.pending) {
    EXPECT_EQ(begun.end(), Pending::State::kFailed);
  }
  begun.pending.reset();
  EXPECT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.errors("closed"), 0U);
}

TEST(BegunPipeline, AnswersToWhatWasGivenUpAreNeverTakenForOthers) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"SET", "first", "1"}), "OK");
  ASSERT_EQ(test.text({"SET", "second", "2"}), "OK");
  for (std::uint64_t i = 0; i < 3; ++i) {
    server.freeze();
    {
      const SteadyTime before = test.clock.steadyNow();
      Begun begun(test, {"GET", "first"});
      ASSERT_TRUE(begun.pending);
      EXPECT_GE(begun.pending->deadline(), before + 300ms);
      EXPECT_LE(begun.pending->deadline(), test.clock.steadyNow() + 300ms);
      EXPECT_EQ(begun.pending->advance(), Pending::State::kWaiting);
    }
    server.thaw();
    EXPECT_FALSE(Begun(test, {"GET", "second"}).pending) << "its connection must be closed";
    EXPECT_EQ(test.text({"GET", "second"}), "2");
    EXPECT_EQ(test.connectionsOpened(), 2 + i);
    Begun next(test, {"GET", "second"});
    ASSERT_TRUE(next.pending);
    EXPECT_EQ(next.end(), Pending::State::kDone);
    EXPECT_EQ(next.replies[0].text, "2");
  }
  EXPECT_EQ(test.errors("timeout"), 0U);
}

TEST(BegunPipeline, AConnectionFromBeforeThePoolWasDroppedDoesNotComeBack) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  Begun begun(test, {"PING"});
  ASSERT_TRUE(begun.pending);
  ASSERT_EQ(test.text({"PING"}), "PONG");  // on a second connection
  server.freeze();
  ASSERT_EQ(test.text({"PING"}), "(timeout)");
  server.thaw();
  EXPECT_EQ(begun.end(), Pending::State::kDone);
  begun.pending.reset();
  EXPECT_FALSE(Begun(test, {"PING"}).pending);
}

TEST(BegunPipeline, ManyThreadsGetTheirOwnAnswersWhileConnectionsDie) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string text = std::to_string(t) + ":" + std::to_string(i);
        Begun begun(test, {"ECHO", text});
        const bool given_up = i % 7 == 0;
        if (begun.pending && !given_up && begun.end() == Pending::State::kDone) {
          EXPECT_EQ(begun.replies[0].text, text);
          ++done;
          continue;
        }
        begun.pending.reset();
        EXPECT_EQ(test.text({"ECHO", text}), text);
      }
    });
  }
  threads.clear();
  EXPECT_GT(done, 0);
}

}  // namespace
}  // namespace sessiond
