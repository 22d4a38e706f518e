// RedisClient against answers that a real server rarely gives: failover behind one address, cluster nodes, other
// versions, bytes that are no protocol, bytes that drip.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/log.h"
#include "base/unique_fd.h"
#include "redis_test_fixture.h"
#include "support/scripted_redis.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

std::string setnameAnd(std::string_view request, const std::string& answer) {
  return isGreeting(request) ? kGreeted : answer;
}

TEST(ScriptedServer, ReadOnlyIsTriedOnceMoreOnANewConnection) {
  ScriptedRedis server([](std::string_view request, int connection) {
    return setnameAnd(request, request.find("PING") != std::string_view::npos ? "+PONG\r\n"
                               : connection == 1                              ? "-READONLY a replica now\r\n"
                                                                              : "+OK\r\n");
  });
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.text({"SET", "key", "value"}), "OK");
  EXPECT_EQ(server.connections(), 2);
}

TEST(ScriptedServer, ReadOnlyIsNotTriedAgainForWhatMayNotBeSentTwice) {
  ScriptedRedis server([](std::string_view request, int connection) {
    return setnameAnd(request, request.find("PING") != std::string_view::npos ? "+PONG\r\n"
                               : connection == 1                              ? "-READONLY a replica now\r\n"
                                                                              : ":1\r\n");
  });
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.text({"INCR", "key"}, Repeat::kUnsafe), "(unavailable)");
  EXPECT_EQ(test.text({"INCR", "key"}, Repeat::kUnsafe), "1") << "the old connection must not be used again";
}

TEST(ScriptedServer, LastingReadOnlyDoesNotCostEveryRequestAConnection) {
  ScriptedRedis server(
      [](std::string_view request, int) { return setnameAnd(request, "-READONLY a replica for ever\r\n"); });
  TestClient test(configFor(server.url()));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(test.text({"SET", "key", "value"}), "(unavailable)");
  EXPECT_LE(server.connections(), 5);
  EXPECT_EQ(test.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "READONLY"}}).read(), 50U);
  EXPECT_EQ(test.errors("breaker_open"), 0U);
}

TEST(ScriptedServer, ReadsBesideAWriteThatAReplicaRefusesAreNotBelieved) {
  ScriptedRedis server(
      [](std::string_view request, int) { return setnameAnd(request, "$5\r\nvalue\r\n-READONLY a replica now\r\n"); });
  RedisCommands commands;
  commands.add({"GET", "key"});
  commands.add({"SET", "key", "value"});
  for (const bool would_do : {false, true}) {
    RedisSettings config = configFor(server.url());
    config.allow_replica = would_do;
    TestClient test(config);
    RedisReplies replies;
    EXPECT_EQ(test.client.pipeline(commands, Repeat::kSafe, replies).hasValue(), would_do);
  }
}

TEST(ScriptedServer, RepliesThatSpeakOfTheWholeServerAreUnavailableAndOpenTheBreaker) {
  for (const std::string text : {"LOADING x", "MASTERDOWN x", "NOAUTH x", "CLUSTERDOWN x", "BUSY x"}) {
    ScriptedRedis server([&](std::string_view request, int) { return setnameAnd(request, "-" + text + "\r\n"); });
    RedisSettings config = configFor(server.url());
    config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
    TestClient test(config);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)") << text;
    EXPECT_EQ(test.errors("breaker_open"), 3U) << text;
  }
}

/// A node of a cluster that too few replicas follow, and whose slot for asking about that is another node's by now.
TEST(ScriptedServer, WhoLacksReplicasIsNotBelievedForLeadingElsewhere) {
  std::atomic<bool> takes_writes = false;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    const auto has = [request](const char* word) { return request.find(word) != std::string_view::npos; };
    if (isGreeting(request)) return kGreeted;
    std::string answers;
    if (has("PING")) answers += "+PONG\r\n";
    if (has("HELLO")) answers += "*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";
    if (has("GET")) answers += "+value\r\n";
    if (has("DEL") && takes_writes) return answers + ":0\r\n";
    if (has(kProbeKey)) answers += "-MOVED 5 127.0.0.1:1\r\n";
    return has("DEL") && !has(kProbeKey) ? "-NOREPLICAS x\r\n" : answers;
  });
  RedisSettings config = configFor(server.url());
  config.cluster.nodes = {"127.0.0.1:1"};
  TestClient test(config);
  test.client.node().vouch(SteadyTime::max());
  EXPECT_EQ(test.text({"GET", "key"}), "value");
  EXPECT_TRUE(test.client.reachable());
  EXPECT_EQ(test.text({"DEL", "key"}), "NOREPLICAS x");
  const std::string answer = test.text({"GET", "key"});
  EXPECT_TRUE(answer.starts_with("NOREPLICAS")) << "its answers are not believed: " << answer;
  EXPECT_FALSE(test.client.reachable());
  takes_writes = true;
  EXPECT_EQ(test.text({"GET", "key"}), "value");
}

TEST(ScriptedServer, RepliesThatSpeakOfOneCommandLeaveTheBreakerClosed) {
  for (const std::string text : {"MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "TRYAGAIN x", "CROSSSLOT x", "MISCONF x",
                                 "NOREPLICAS x", "NOPERM x", "OOM x", "WRONGTYPE x", "ERR x"}) {
    ScriptedRedis server([&](std::string_view request, int) { return setnameAnd(request, "-" + text + "\r\n"); });
    RedisSettings config = configFor(server.url());
    config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
    TestClient test(config);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(test.text({"GET", "key"}), text);
    EXPECT_EQ(test.errors("breaker_open"), 0U) << text;
  }
}

TEST(ScriptedServer, TooOldIsMisconfigured) {
  ScriptedRedis pretender([](std::string_view request, int) {
    return setnameAnd(request, "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n5.0.14\r\n+PONG\r\n");
  });
  TestClient old(configFor(pretender.url()));
  const StartupReport report = old.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_TRUE(report.message.find("redis.sock has version 5.0.14, but sessiond needs 6.0 or newer") !=
              std::string::npos)
      << report.message;
}

/// A front end does not know it, and an old server does not: the version decides, and where nobody says one, nobody
/// refuses to start.
TEST(ScriptedServer, WhoDoesNotKnowHelloIsAskedForItsVersion) {
  const std::string unknown = "-ERR unknown command `HELLO`, with args beginning with: `2`, \r\n";
  const auto report = [&](const std::string& info) {
    ScriptedRedis server([&](std::string_view request, int) {
      return request.find("INFO") != std::string_view::npos ? info : setnameAnd(request, unknown + "+PONG\r\n");
    });
    TestClient test(configFor(server.url()));
    return test.client.probe();
  };
  const auto says = [](const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; };
  const StartupReport old = report(says("# Server\r\nredis_version:5.0.14\r\nredis_mode:standalone"));
  EXPECT_EQ(old.outcome, StartupProbe::kMisconfigured);
  EXPECT_NE(old.message.find("has version 5.0.14, but sessiond needs 6.0 or newer"), std::string::npos) << old.message;
  EXPECT_EQ(report(says("# Server\r\nredis_version:7.0.15\r\n")).outcome, StartupProbe::kOk);
  for (const std::string& silent : {unknown, says("# Server\r\n"), says("redis_version:\r\n")}) {
    const StartupReport limited = report(silent);
    EXPECT_EQ(limited.outcome, StartupProbe::kLimited);
    EXPECT_NE(limited.message.find("does not know HELLO"), std::string::npos) << limited.message;
  }
}

/// As twemproxy does it at a command that it does not know. `written`: what the server behind it says of a write.
ScriptedAnswer frontEnd(std::string_view request, const std::string& written = ":0\r\n") {
  const auto has = [request](const char* word) { return request.find(word) != std::string_view::npos; };
  if (isGreeting(request) || has("HELLO")) return "";
  return (has("AUTH") ? "+OK\r\n" : std::string()) + (has("PING") ? "+PONG\r\n" : "") + (has("DEL") ? written : "");
}

TEST(ScriptedServer, AFrontEndThatClosesAtCourtesiesIsGreetedWithoutThem) {
  for (const bool has_password : {false, true}) {
    ScriptedRedis server([](std::string_view request, int) { return frontEnd(request); });
    RedisSettings config = configFor(server.url());
    if (has_password) config.password = Secret(std::string("s3cret"));
    TestClient test(config);
    EXPECT_EQ(test.text({"PING"}), "PONG");
    EXPECT_EQ(server.connections(), 2);
    EXPECT_TRUE(test.client.reachable());
    test.client.renew();
    EXPECT_EQ(test.text({"PING"}), "PONG");
    EXPECT_EQ(server.connections(), 3) << "it is known by now";
  }
}

TEST(ScriptedServer, AFrontEndThatClosesAtCourtesiesIsCalledOneAtTheStart) {
  ScriptedRedis server([](std::string_view request, int) { return frontEnd(request); });
  TestClient test(configFor(server.url()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kLimited);
  EXPECT_TRUE(report.message.ends_with(
      "redis.sock closes a connection at HELLO: a front end, behind which sessiond needs Redis 6.0 or newer; it is "
      "believed only while what is behind it takes writes"))
      << report.message;
  EXPECT_EQ(test.text({"PING"}), "PONG");
}

/// Nobody says so: what is behind it has to take writes.
TEST(ScriptedServer, WhatIsBehindAFrontEndIsBelievedOnlyWhileItTakesWrites) {
  for (const std::string text : {"READONLY You can't write", "MISCONF no disk", "NOPERM no DEL", "ERR no DEL"}) {
    ScriptedRedis server([&](std::string_view request, int) { return frontEnd(request, "-" + text + "\r\n"); });
    RedisSettings config = configFor(server.url());
    config.breaker.failures = 1000;
    TestClient test(config);
    EXPECT_EQ(test.text({"PING"}), "(unavailable)") << text;
    EXPECT_FALSE(test.client.reachable()) << text;
    const StartupReport report = test.client.probe();
    EXPECT_TRUE(report.outcome == StartupProbe::kUnreachable || report.outcome == StartupProbe::kMisconfigured);
    EXPECT_TRUE(report.message.ends_with(" says: " + text + ")")) << report.message;
    config.allow_replica = true;
    TestClient easy(config);
    EXPECT_EQ(easy.text({"PING"}), "PONG") << text;
  }
  ScriptedRedis lacking([](std::string_view request, int) { return frontEnd(request, "-NOREPLICAS x\r\n"); });
  TestClient test(configFor(lacking.url()));
  EXPECT_EQ(test.text({"PING"}), "PONG") << "a primary, with too few replicas";
}

TEST(ScriptedServer, WhoClosesOneConnectionAtTheGreetingIsNoFrontEnd) {
  ScriptedRedis server([](std::string_view request, int connection) -> ScriptedAnswer {
    if (connection == 1) return "";
    const bool asked = request.find("HELLO") != std::string_view::npos;
    return (asked ? "*2\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n" : std::string()) + "+PONG\r\n";
  });
  TestClient test(configFor(server.url()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kOk) << report.message;
  EXPECT_EQ(server.connections(), 2);
}

TEST(ScriptedServer, WhoClosesWithoutAWordIsNotReachable) {
  ScriptedRedis server([](std::string_view, int) { return ""; });
  TestClient test(configFor(server.url()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
  EXPECT_NE(report.message.find("is not reachable"), std::string::npos) << report.message;
}

TEST(ScriptedServer, BytesThatAreNoProtocolBreakTheConnection) {
  for (const std::string& answer :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("\0\0\0\0\r\n", 6), std::string("+OK\r\n+OK\r\n"),
        std::string("+OK\r\n$"), std::string("*2000000000\r\n"), std::string("*-5\r\n"), std::string("$-7\r\nx\r\n"),
        std::string("$9223372036854775807\r\nx"),
        std::string("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n")}) {
    ScriptedRedis server([&](std::string_view request, int) { return setnameAnd(request, answer); });
    RedisSettings config = configFor(server.url());
    config.command_timeout = 50ms;
    config.breaker.failures = 1000;
    TestClient test(config);
    const std::string text = test.text({"GET", "key"});
    EXPECT_TRUE(text == "(unavailable)" || text == "(timeout)") << answer << " gave " << text;
    test.text({"GET", "key"});
    EXPECT_EQ(server.connections(), 2) << answer;
  }
}

/// Begins an answer that never ends, and says so.
ScriptedRedis::Script drips(std::atomic<bool>& dripping) {
  return [&dripping](std::string_view request, int) {
    if (isGreeting(request)) return kGreeted;
    dripping = true;
    return std::string("$1000000\r\nx");
  };
}

TEST(ScriptedServer, AnswersThatDripAreATimeoutWithinTheBudget) {
  std::atomic<bool> dripping = false;
  ScriptedRedis server(drips(dripping));
  RedisSettings config = configFor(server.url());
  config.connect_timeout = 20s;  // what connecting has left over is not a command's
  TestClient test(config);
  const auto took = timeOf([&] { EXPECT_EQ(test.text({"GET", "key"}), "(timeout)"); });
  EXPECT_TRUE(dripping);
  EXPECT_LT(took, kPatience * 300ms);
}

TEST(ScriptedServer, ACommandEndsWhenItsCallersTimeIsUpThoughItMayTakeLonger) {
  std::atomic<bool> dripping = false;
  ScriptedRedis server(drips(dripping));
  RedisSettings config = configFor(server.url());
  config.command_timeout = 20s;
  TestClient test(config);
  RedisCommands commands;
  commands.add({"GET", "key"});
  RedisReplies replies;
  const auto took = timeOf([&] {
    const SteadyTime deadline = test.clock.steadyNow() + 300ms;
    EXPECT_FALSE(test.client.pipeline(commands, Repeat::kSafe, replies, deadline));
  });
  EXPECT_TRUE(dripping);
  EXPECT_LT(took, 10s);
}

TEST(ScriptedServer, ClosingInTheMiddleOfAnAnswerIsUnavailableAndNotSentAgain) {
  std::atomic<int> asked = 0;
  ScriptedRedis server([&](std::string_view request, int) -> ScriptedAnswer {
    if (isGreeting(request)) return kGreeted;
    if (request.find("PING") != std::string_view::npos) return "+PONG\r\n";
    return ++asked == 1 ? ScriptedAnswer::andEnd("$5\r\nhal") : "+asked again\r\n";
  });
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
  EXPECT_EQ(asked, 1) << "it may have been carried out";
  EXPECT_EQ(test.text({"GET", "key"}), "asked again");
}

TEST(ScriptedServer, AnAnswerThatStopsInTheMiddleIsATimeoutAndNotSentAgain) {
  std::atomic<int> asked = 0;
  ScriptedRedis server([&](std::string_view request, int) -> ScriptedAnswer {
    if (isGreeting(request)) return kGreeted;
    if (request.find("PING") != std::string_view::npos) return "+PONG\r\n";
    ++asked;
    return "$5\r\nhal";
  });
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.text({"GET", "key"}), "(timeout)");
  EXPECT_EQ(asked, 1);
}

/// The whole server is in no state to answer, though the user may not do one of the things either.
TEST(ScriptedServer, WhatIsSaidOfTheWholeServerCountsBehindWhatIsSaidOfOneCommand) {
  ScriptedRedis server([](std::string_view request, int) {
    return setnameAnd(request, "-NOPERM no\r\n-LOADING Redis is loading the dataset in memory\r\n+value\r\n");
  });
  RedisSettings config = configFor(server.url());
  config.breaker = {.failures = 2, .min_backoff = 60s, .max_backoff = 60s};
  TestClient test(config);
  RedisCommands commands;
  for (const char* key : {"a", "b", "c"}) commands.add({"GET", key});
  RedisReplies replies;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(test.client.pipeline(commands, Repeat::kSafe, replies));
  EXPECT_EQ(test.errors("breaker_open"), 3U);
}

TEST(ScriptedServer, AServerThatAlwaysClosesIsTriedTwiceAtMost) {
  ScriptedRedis server([](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return request.find("PING") != std::string_view::npos ? "+PONG\r\n" : "";
  });
  TestClient test(configFor(server.url()));
  ASSERT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
  EXPECT_EQ(server.connections(), 2);
}

/// A listener whose queue is full: the kernel lets further connections wait.
TEST(ScriptedServer, AServerThatDoesNotAcceptIsGivenUpWithinTheTimeForConnecting) {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any_address = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener.get(), any_address, size), 0);
  ASSERT_EQ(getsockname(listener.get(), any_address, &size), 0);
  ASSERT_EQ(listen(listener.get(), 0), 0);
  std::vector<UniqueFd> queue;
  for (int i = 0; i < 4; ++i) {
    queue.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    connect(queue.back().get(), any_address, size);
  }
  RedisSettings config = configFor("redis://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  config.command_timeout = 30s;
  TestClient test(config);
  const auto took = timeOf([&] { EXPECT_EQ(test.text({"PING"}), "(unavailable)"); });
  EXPECT_GE(took, 390ms);
  EXPECT_LT(took, kPatience * 400ms);
  EXPECT_EQ(test.errors("connect"), 1U);
}

TEST(ScriptedServer, ArgumentsThatTheServerQuotesDoNotReachTheLog) {
  const TemporaryFolder folder;
  ASSERT_TRUE(setUpLog({.file = folder / "log"}));
  {
    ScriptedRedis server([](std::string_view request, int) {
      return setnameAnd(request, "-ERR unknown command `GETRANGE`, with args beginning with: `sess:s3cret`, `0`, \r\n");
    });
    TestClient test(configFor(server.url()));
    test.text({"GETRANGE", "sess:s3cret", "0", "1"});
  }
  ASSERT_TRUE(setUpLog({}));
  std::ostringstream written;
  written << std::ifstream(folder / "log").rdbuf();
  EXPECT_NE(written.str().find("unknown command"), std::string::npos);
  EXPECT_EQ(written.str().find("s3cret"), std::string::npos) << written.str();
}

TEST(ScriptedServer, AServerThatRefusesANameIsUsedAllTheSame) {
  ScriptedRedis server([](std::string_view request, int) -> std::string {
    return isGreeting(request) ? "-NOPERM this user has no permissions to run the 'client|setname' command\r\n"
                                 "-NOPERM this user has no permissions to run the 'hello' command\r\n"
                               : "+PONG\r\n";
  });
  TestClient test(configFor(server.url()));
  EXPECT_EQ(test.text({"PING"}), "PONG");
}

}  // namespace
}  // namespace sessiond
