// RedisClient against a healthy server: addresses, identities, bytes, pooling, and its behaviour when the server is
// configured otherwise than we are.

#include "redis/redis_client.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include "redis_test_fixture.h"
#include "support/later_clock.h"

namespace sessiond {
namespace {

TEST(RedisClient, TalksOverAUnixSocket) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  EXPECT_EQ(test.text({"SET", "key", "value"}), "OK");
  EXPECT_EQ(test.text({"GET", "key"}), "value");
  EXPECT_EQ(server.command({"GET", "key"}), "value");
}

TEST(RedisClient, TalksOverTcpByAddressAndByName) {
  RedisServer server({.tcp = true});
  TestClient by_address(configFor(server.tcpUrl()));
  EXPECT_EQ(by_address.text({"PING"}), "PONG");
  TestClient by_name(configFor("redis://localhost:" + std::to_string(server.port())));
  EXPECT_EQ(by_name.text({"PING"}), "PONG");
}

TEST(RedisClient, UsesTheDatabaseOfItsAddress) {
  RedisServer server({.tcp = true});
  TestClient over_unix(configFor(server.unixUrl() + "?db=3"));
  TestClient over_tcp(configFor(server.tcpUrl() + "/3"));
  TestClient elsewhere(configFor(server.unixUrl()));
  EXPECT_EQ(over_unix.text({"SET", "key", "value"}), "OK");
  EXPECT_EQ(over_tcp.text({"GET", "key"}), "value");
  EXPECT_EQ(elsewhere.text({"GET", "key"}), "(nil)");
}

TEST(RedisClient, NamesItsConnections) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  EXPECT_NE(test.text({"CLIENT", "LIST"}).find(" name=sessiond "), std::string::npos);
}

TEST(RedisClient, CarriesAnyBytes) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const std::string injection = "x\r\n*1\r\n$8\r\nFLUSHALL\r\n";
  EXPECT_EQ(test.text({"SET", every_byte, injection}), "OK");
  EXPECT_EQ(test.text({"SET", injection, every_byte + every_byte}), "OK");
  EXPECT_EQ(test.text({"GET", every_byte}), injection);
  EXPECT_EQ(test.text({"GET", injection}), every_byte + every_byte);
  EXPECT_EQ(test.text({"DBSIZE"}), "2");
}

TEST(RedisClient, CarriesLargeValuesBothWays) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.command_timeout = 30s;
  TestClient test(config);
  std::string large(20 << 20, 'x');
  large.back() = 'y';
  EXPECT_EQ(test.text({"SET", "key", large}), "OK");
  EXPECT_EQ(test.text({"GET", "key"}), large);
}

TEST(RedisClient, RefusesAnAnswerThatIsLargerThanAnythingItAsksFor) {
  RedisServer server;
  server.command({"SETRANGE", "key", "80000000", "x"});
  RedisSettings config = configFor(server.unixUrl());
  config.command_timeout = 5min;  // with sanitizers, on a busy machine, it takes its time
  TestClient test(config);
  EXPECT_EQ(test.text({"GET", "key"}), "(unavailable)");
  EXPECT_EQ(test.text({"STRLEN", "key"}), "80000001");
  EXPECT_EQ(test.errors("broken"), 1U);
}

TEST(RedisClient, FillsOneReplyForEachCommandInOrder) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  RedisCommands commands;
  commands.add({"SET", "key", "value"});
  commands.add({"GET", "key"});
  commands.add({"INCR", "number"});
  commands.add({"GET", "nothing"});
  commands.add({"INCR", "key"});
  commands.add({"MGET", "key", "nothing", "number"});
  commands.add({"EVAL", "return {1, {'a', {}}, 'b'}", "0"});
  RedisReplies replies(2, {.type = RedisReply::Type::kError, .text = "old"});
  ASSERT_TRUE(test.client.pipeline(commands, Repeat::kSafe, replies));
  ASSERT_EQ(replies.size(), 7U);
  EXPECT_EQ(replies[0].type, RedisReply::Type::kStatus);
  EXPECT_EQ(replies[1].text, "value");
  EXPECT_EQ(replies[2].integer, 1);
  EXPECT_EQ(replies[3].type, RedisReply::Type::kNil);
  EXPECT_EQ(replies[4].type, RedisReply::Type::kError);
  EXPECT_EQ(replies[4].text, "ERR value is not an integer or out of range");
  ASSERT_EQ(replies[5].elements.size(), 3U);
  EXPECT_EQ(replies[5].elements[0].text, "value");
  EXPECT_EQ(replies[5].elements[1].type, RedisReply::Type::kNil);
  EXPECT_EQ(replies[5].elements[2].text, "1");
  ASSERT_EQ(replies[6].elements.size(), 3U);
  EXPECT_EQ(replies[6].elements[0].integer, 1);
  EXPECT_EQ(replies[6].elements[1].elements[0].text, "a");
  EXPECT_TRUE(replies[6].elements[1].elements[1].elements.empty());
  EXPECT_EQ(replies[6].elements[2].text, "b");
}

TEST(RedisClient, KeepsItsConnection) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(test.text({"PING"}), "PONG");
  EXPECT_EQ(test.connectionsOpened(), 1U);
}

/// A client whose connections a test lets grow old.
class AgingRedisClient : public testing::Test {
 protected:
  AgingRedisClient() { clock_.hold(); }

  bool answers() { return answersBy(client_.newDeadline()); }
  bool answersBy(SteadyTime deadline) {
    RedisCommands commands;
    commands.add({"PING"});
    RedisReplies replies;
    return client_.pipeline(commands, Repeat::kSafe, replies, deadline).hasValue();
  }
  std::uint64_t opened() { return metrics_.counter("sessiond_redis_connections_opened_total", "").read(); }
  std::uint64_t refused() { return metrics_.counter("sessiond_redis_errors_total", "", {{"kind", "connect"}}).read(); }

  RedisServer server_;
  LaterClock clock_;
  MetricsRegistry metrics_;
  RedisClient client_{configFor(server_.unixUrl()), clock_, metrics_};
};

TEST_F(AgingRedisClient, RenewsAConnectionBeforeItIsTooOld) {
  ASSERT_TRUE(answers());
  clock_.advance(41s);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(answers());
  EXPECT_EQ(opened(), 2U);
}

TEST_F(AgingRedisClient, RenewsNoneInTheTimeThatTheQuestionItselfMayNeed) {
  ASSERT_TRUE(answers());
  clock_.advance(41s);
  EXPECT_TRUE(answersBy(clock_.steadyNow() + client_.node().commandTimeout()));
  EXPECT_EQ(opened(), 1U);
  EXPECT_TRUE(answers());
  EXPECT_EQ(opened(), 2U);
}

TEST_F(AgingRedisClient, KeepsAnOldConnectionWhereNewcomersAreRefusedButNotForEver) {
  ASSERT_TRUE(answers());
  server_.command({"CONFIG", "SET", "requirepass", "other"});
  clock_.advance(41s);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(answers());
  EXPECT_EQ(opened(), 1U);
  EXPECT_GE(refused(), 1U);
  clock_.advance(20s);
  EXPECT_FALSE(answers()) << "where the address leads by now nobody knows";
}

TEST_F(AgingRedisClient, KeepsAnOldConnectionWhereTheAddressLeadsNowhereButNotForEver) {
  ASSERT_TRUE(answers());
  std::filesystem::remove(server_.socketPath());
  clock_.advance(41s);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(answers());
  EXPECT_GE(refused(), 1U);
  clock_.advance(20s);
  EXPECT_FALSE(answers());
}

TEST(RedisClient, KeepsNoMoreThanSixtyFourConnectionsHoweverManyItNeededAtOnce) {
  constexpr int kAtOnce = 80;
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.connect_timeout = 10s;
  config.command_timeout = 20s;
  TestClient test(config);
  const auto count = [&server](const std::string& kind, const std::string& sign) {
    const std::string list = server.command({"CLIENT", "LIST", "TYPE", kind});
    int found = 0;
    for (std::size_t at = list.find(sign); at != std::string::npos; at = list.find(sign, at + 1)) ++found;
    return found;
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(kAtOnce);
    for (int i = 0; i < kAtOnce; ++i) {
      threads.emplace_back([&test, i] {
        EXPECT_EQ(test.text({"BRPOPLPUSH", "list" + std::to_string(i), "done", "0"}, Repeat::kUnsafe), "x");
      });
    }
    EXPECT_TRUE(soon([&] { return count("normal", "cmd=brpoplpush") == kAtOnce; }));
    for (int i = 0; i < kAtOnce; ++i) server.command({"RPUSH", "list" + std::to_string(i), "x"});
  }
  EXPECT_TRUE(soon([&] { return count("normal", " name=sessiond ") == 64; })) << count("normal", " name=sessiond ");
}

TEST(RedisClient, LogsInWithThePasswordAlone) {
  RedisServer server({.configuration = {"requirepass s3cret"}});
  RedisSettings config = configFor(server.unixUrl());
  config.password = Secret(std::string("s3cret"));
  TestClient test(config);
  EXPECT_EQ(test.client.probe().outcome, StartupProbe::kOk);
  EXPECT_EQ(test.text({"PING"}), "PONG");
}

TEST(RedisClient, LogsInAsAnAclUser) {
  RedisServer server({.configuration = {"user default off", "user app on >s3cret ~* +@all"}});
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  config.password = Secret(std::string("s3cret"));
  TestClient test(config);
  EXPECT_EQ(test.text({"ACL", "WHOAMI"}), "app");
}

TEST(RedisClient, LogsInAsAUserWithoutAPassword) {
  RedisServer server({.configuration = {"user app on nopass ~* +@all", "user other on >s3cret ~* +@all"}});
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  TestClient app(config);
  EXPECT_EQ(app.text({"ACL", "WHOAMI"}), "app");
  config.user = "default";
  TestClient usual(config);
  EXPECT_EQ(usual.text({"ACL", "WHOAMI"}), "default");
  for (const char* refused : {"other", "nobody"}) {
    config.user = refused;
    TestClient test(config);
    const StartupReport report = test.client.probe();
    EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured) << refused;
    EXPECT_NE(report.message.find("WRONGPASS"), std::string::npos) << report.message;
  }
}

TEST(RedisClient, TakesTheUserFromItsAddress) {
  RedisServer server({.tcp = true, .configuration = {"user default off", "user a@b on >s3cret ~* +@all"}});
  RedisSettings config = configFor("redis://a%40b@127.0.0.1:" + std::to_string(server.port()));
  config.password = Secret(std::string("s3cret"));
  TestClient test(config);
  EXPECT_EQ(test.text({"ACL", "WHOAMI"}), "a@b");
}

TEST(RedisClient, ReportsAWrongPasswordAsMisconfigured) {
  RedisServer server({.configuration = {"requirepass s3cret"}});
  RedisSettings config = configFor(server.unixUrl());
  config.password = Secret(std::string("wrong"));
  TestClient test(config);
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_EQ(report.message,
            "redis: the server refuses user name or password, or the user is disabled; check redis.user and "
            "redis.password_file (" +
                server.socketPath() + " says: WRONGPASS invalid username-password pair or user is disabled.)");
  EXPECT_EQ(test.text({"PING"}), "(unavailable)");
}

TEST(RedisClient, ReportsAMissingPasswordAsMisconfigured) {
  RedisServer server({.configuration = {"requirepass s3cret"}});
  TestClient test(configFor(server.unixUrl()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_TRUE(report.message.starts_with("redis: the server asks for a password; set redis.password_file"));
  EXPECT_EQ(test.text({"PING"}), "(unavailable)");
}

TEST(RedisClient, ReportsAPasswordThatTheServerDoesNotHaveAsMisconfigured) {
  RedisServer server;
  RedisSettings config = configFor(server.unixUrl());
  config.password = Secret(std::string("needless"));
  TestClient test(config);
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_TRUE(report.message.starts_with("redis: a password is configured, but the server has none;"));
}

TEST(RedisClient, ReportsAnUnknownDatabaseAsMisconfigured) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl() + "?db=99"));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kMisconfigured);
  EXPECT_TRUE(report.message.starts_with("redis: the server has no database of this number;"));
}

TEST(RedisClient, ReportsAServerThatIsNotThereAsUnreachable) {
  TestClient test(configFor("unix:///nonexistent/redis.sock"));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kUnreachable);
  EXPECT_EQ(report.message,
            "redis: /nonexistent/redis.sock is not reachable: cannot connect: No such file or directory");
}

TEST(RedisClient, ReportsNothingWhenAllIsWell) {
  RedisServer server;
  TestClient test(configFor(server.unixUrl()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kOk);
  EXPECT_EQ(report.message, "");
}

TEST(RedisClient, AcceptsAUserWhoMayDoLittle) {
  RedisServer server({.configuration = {"user default off", "user app on >s3cret ~* -@all +getrange +exists"}});
  RedisSettings config = configFor(server.unixUrl());
  config.user = "app";
  config.password = Secret(std::string("s3cret"));
  TestClient test(config);
  EXPECT_EQ(test.client.probe().outcome, StartupProbe::kOk);
  EXPECT_EQ(test.text({"EXISTS", "key"}), "0");
  EXPECT_TRUE(test.text({"GET", "key"}).starts_with("NOPERM"));
  EXPECT_TRUE(test.client.reachable());
}

TEST(RedisClient, GetsNoAnswerFromAHostThatCannotBeResolved) {
  TestClient test(configFor("redis://no-such-host.invalid:6379"));
  const auto took = timeOf([&] { EXPECT_EQ(test.text({"PING"}), "(unavailable)"); });
  EXPECT_LT(took, kPatience * 700ms);
  EXPECT_EQ(test.errors("connect"), 1U);
}

}  // namespace
}  // namespace sessiond
