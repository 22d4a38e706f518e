// LaneConnection against real and scripted servers: all that can happen on the way to an answer ends in one call of its
// owner, in time, without the lane's thread ever waiting.

#include "redis/lane_connection.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <functional>

#include "base/unique_fd.h"
#include "redis_test_fixture.h"
#include "support/poll_loop.h"
#include "support/scripted_redis.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

class LaneConnectionTest : public testing::Test, private LaneConnection::Owner {
 protected:
  /// Opens it and waits for what becomes of it: "open", or why not.
  std::string open(const RedisSettings& config, SteadyTime::duration budget = 2s) {
    beginToOpen(config, budget);
    return outcome();
  }
  std::string openAgain(SteadyTime::duration budget = 2s) {
    beginToOpenAgain(budget);
    return outcome();
  }
  void beginToOpen(const RedisSettings& config, SteadyTime::duration budget = 2s) {
    RedisSettings patient = config.clone();
    patient.command_timeout = 2s;
    test_.emplace(patient);
    connection_.emplace(test_->client.node(), loop_, test_->clock, static_cast<LaneConnection::Owner&>(*this));
    beginToOpenAgain(budget);
  }
  std::string outcome() {
    EXPECT_TRUE(loop_.runUntil([this] { return !said_.empty(); }));
    return said_;
  }
  /// The text of the reply, or why there is none.
  std::string ask(std::initializer_list<std::string_view> command, SteadyTime::duration budget = 2s) {
    said_.clear();
    RedisCommands commands;
    commands.add(command);
    connection_->ask(commands, replies_, test_->clock.steadyNow() + budget);
    return outcome() == "answered" ? replies_[0].text : said_;
  }
  LaneConnection& connection() { return *connection_; }
  PollLoop& loop() { return loop_; }

 private:
  void opened() override { say("open"); }
  void answered() override { say("answered"); }
  void failed(const ConnectionError& error) override { say(error.text); }
  void say(const std::string& what) {
    EXPECT_EQ(said_, "") << "told of twice: " << what;
    said_ = what;
  }
  void beginToOpenAgain(SteadyTime::duration budget) {
    said_.clear();
    connection_->open(test_->clock.steadyNow() + budget);
  }

  PollLoop loop_;
  std::optional<TestClient> test_;
  RedisReplies replies_;
  std::string said_;
  std::optional<LaneConnection> connection_;
};

TEST_F(LaneConnectionTest, OpensAndAsksOverUnixSocketsAndTcp) {
  RedisServer server({.tcp = true});
  for (const std::string& url : {server.unixUrl(), server.tcpUrl()}) {
    ASSERT_EQ(open(configFor(url)), "open") << url;
    EXPECT_TRUE(connection().ready());
    EXPECT_EQ(ask({"SET", "key", "value"}), "OK");
    EXPECT_EQ(ask({"GET", "key"}), "value");
    EXPECT_EQ(ask({"NOSUCH"}).substr(0, 4), "ERR ") << "an error reply is an answer";
    EXPECT_TRUE(connection().ready());
  }
}

TEST_F(LaneConnectionTest, ANameWithSeveralAddressesIsTriedThroughAllOfThem) {
  RedisServer server({.tcp = true});  // on 127.0.0.1 alone; localhost may be ::1 first
  EXPECT_EQ(open(configFor("redis://localhost:" + std::to_string(server.port()))), "open");
}

TEST_F(LaneConnectionTest, SaysWhyThereIsNoConnection) {
  RedisServer server({.tcp = true});
  RedisSettings config = configFor(server.unixUrl());
  config.password = Secret(std::string("wrong"));
  EXPECT_EQ(open(config).substr(0, 4), "ERR ") << "no password is set there";
  server.command({"CONFIG", "SET", "requirepass", "right"});
  EXPECT_EQ(open(configFor(server.unixUrl())).substr(0, 7), "NOAUTH ");
  EXPECT_EQ(open(config).substr(0, 10), "WRONGPASS ");
  EXPECT_TRUE(connection().closed());
  const std::string gone = server.tcpUrl();
  server.kill();
  EXPECT_EQ(open(configFor(server.unixUrl())).substr(0, 15), "cannot connect:");
  EXPECT_EQ(open(configFor(gone)).substr(0, 15), "cannot connect:");
  EXPECT_EQ(open(configFor("redis://no-such-host.invalid:6379")).substr(0, 24), "cannot resolve the host:");
  EXPECT_TRUE(connection().closed());
  server.start();
  EXPECT_EQ(openAgain(), "cannot resolve the host: Name or service not known");
}

TEST_F(LaneConnectionTest, HearsWhyItWasRefusedBeforeItSaidAnything) {
  const TemporaryFolder folder;
  const std::string path = folder / "redis.sock";
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  beginToOpen(configFor("unix://" + path));
  {
    const UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    constexpr std::string_view kFull = "-ERR max number of clients reached\r\n";
    ASSERT_EQ(::send(accepted.get(), kFull.data(), kFull.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kFull.size()));
  }
  EXPECT_EQ(outcome(), "ERR max number of clients reached");
}

TEST_F(LaneConnectionTest, AServerThatSaysNothingIsGivenUpAtTheDeadline) {
  RedisServer server;
  server.freeze();
  EXPECT_EQ(open(configFor(server.unixUrl()), 50ms), "no answer in time");
  EXPECT_TRUE(connection().closed());
  server.thaw();
  ASSERT_EQ(openAgain(), "open");
  server.freeze();
  EXPECT_EQ(ask({"GET", "key"}, 50ms), "no answer in time");
  EXPECT_TRUE(connection().closed()) << "a late answer would be somebody else's";
  server.thaw();
}

TEST_F(LaneConnectionTest, WithoutTimeNothingIsBegun) {
  RedisServer server;
  EXPECT_EQ(open(configFor(server.unixUrl()), -1ms), "no answer in time");
}

TEST_F(LaneConnectionTest, AFrontEndThatClosesAtCourtesiesIsGreetedWithoutThem) {
  ScriptedRedis server(
      [](std::string_view request, int) -> std::string { return isGreeting(request) ? "" : "+PONG\r\n"; });
  ASSERT_EQ(open(configFor(server.url())), "open");
  EXPECT_EQ(ask({"PING"}), "PONG");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(LaneConnectionTest, WhatTheServerDoesUnaskedClosesAnIdleConnection) {
  RedisServer server;
  ASSERT_EQ(open(configFor(server.unixUrl())), "open");
  server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(loop().runUntil([this] { return connection().closed(); }));
  EXPECT_EQ(openAgain(), "open");
}

TEST_F(LaneConnectionTest, MoreAnswersThanQuestionsAreNotBelieved) {
  ScriptedRedis server(
      [](std::string_view request, int) -> std::string { return isGreeting(request) ? kGreeted : "+one\r\n+two\r\n"; });
  ASSERT_EQ(open(configFor(server.url())), "open");
  EXPECT_EQ(ask({"PING"}), "more answers than questions");
  EXPECT_TRUE(connection().closed());
}

TEST_F(LaneConnectionTest, AnAnswerMayComeInPieces) {
  int requests = 0;
  ScriptedRedis server([&](std::string_view request, int) -> std::string {
    if (isGreeting(request)) return kGreeted;
    return ++requests == 1 ? "$100000\r\n" + std::string(100000, 'x') + "\r\n" : "+OK\r\n";
  });
  ASSERT_EQ(open(configFor(server.url())), "open");
  EXPECT_EQ(ask({"GET", "key"}), std::string(100000, 'x'));
  EXPECT_EQ(ask({"PING"}), "OK");
}

TEST_F(LaneConnectionTest, AReplicaIsNotOpened) {
  ScriptedRedis server(
      [](std::string_view, int) -> std::string { return "+OK\r\n*2\r\n$4\r\nrole\r\n$5\r\nslave\r\n"; });
  EXPECT_EQ(open(configFor(server.url())), "READONLY this server is a replica");
  RedisSettings config = configFor(server.url());
  config.allow_replica = true;
  EXPECT_EQ(open(config), "open");
}

TEST_F(LaneConnectionTest, ClosedItTellsNobody) {
  RedisServer server;
  ASSERT_EQ(open(configFor(server.unixUrl())), "open");
  server.freeze();
  RedisCommands commands;
  commands.add({"PING"});
  RedisReplies replies;
  connection().ask(commands, replies, SteadyClock::now() + 10ms);
  connection().close();
  const auto until = SteadyClock::now() + 30ms;
  while (SteadyClock::now() < until) loop().run(1ms);
  server.thaw();
  EXPECT_EQ(openAgain(), "open");
}

}  // namespace
}  // namespace sessiond
