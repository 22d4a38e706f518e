// RedisConnection without waiting, against a peer that is the other end of a pair of sockets.

#include "redis/redis_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "redis/plain_link.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

class RedisConnectionTest : public testing::Test {
 protected:
  RedisConnectionTest() { connect(); }

  void connect() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer_ = UniqueFd(ends[0]);
    connection_.emplace(std::make_unique<PlainLink>(UniqueFd(ends[1])), 1000ms, clock_);
  }

  bool begin(int commands) {
    commands_.clear();
    for (int i = 0; i < commands; ++i) commands_.add({"GET", "key"});
    return static_cast<bool>(connection_->begin(commands_, replies_));
  }
  void answer(std::string_view bytes) {
    ASSERT_EQ(send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// "waiting", "done", or what is wrong.
  std::string advance() {
    const auto complete = connection_->advance();
    if (!complete) return complete.error().text;
    return *complete ? "done" : "waiting";
  }

  SystemClock clock_;
  UniqueFd peer_;
  std::optional<RedisConnection> connection_;
  RedisCommands commands_;
  RedisReplies replies_;
};

TEST_F(RedisConnectionTest, SendsAllCommandsAtOnce) {
  ASSERT_TRUE(begin(2));
  std::array<char, 100> seen{};
  const ssize_t size = recv(peer_.get(), seen.data(), seen.size(), MSG_DONTWAIT);
  const std::string_view get = "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n";
  EXPECT_EQ(std::string_view(seen.data(), static_cast<std::size_t>(size)), std::string(get) + std::string(get));
}

TEST_F(RedisConnectionTest, PutsRepliesTogetherThatComeByteByByte) {
  ASSERT_TRUE(begin(3));
  EXPECT_EQ(advance(), "waiting");
  const std::string_view bytes = "$5\r\nvalue\r\n*2\r\n:1\r\n$-1\r\n:7\r\n";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    answer(bytes.substr(i, 1));
    ASSERT_EQ(advance(), "waiting") << i;
    ASSERT_TRUE(connection_->broken()) << "nobody else may have it meanwhile";
  }
  answer(bytes.substr(bytes.size() - 1));
  EXPECT_EQ(advance(), "done");
  ASSERT_EQ(replies_.size(), 3U);
  EXPECT_EQ(replies_[0].text, "value");
  EXPECT_EQ(replies_[1].elements.size(), 2U);
  EXPECT_EQ(replies_[2].integer, 7);
}

TEST_F(RedisConnectionTest, IsAsGoodAsNewAfterwardsForBothKindsOfExchange) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(begin(1));
    answer("$1\r\na\r\n");
    ASSERT_EQ(advance(), "done");
    EXPECT_FALSE(connection_->broken());
    EXPECT_EQ(replies_[0].text, "a");
    answer("$1\r\nb\r\n");
    const SteadyTime now = clock_.steadyNow();
    ASSERT_TRUE(connection_->exchange(commands_, replies_, now, now + 1s));
    EXPECT_EQ(replies_[0].text, "b");
  }
}

TEST_F(RedisConnectionTest, ReadsNothingOfAnEarlierReplyAsALaterOne) {
  const auto exchange = [this](std::string_view reply) {
    ASSERT_TRUE(begin(1));
    answer(reply);
    ASSERT_EQ(advance(), "done");
  };
  for (const std::string_view later : {"-ERR no\r\n", "+OK\r\n", "$1\r\nb\r\n", ":7\r\n", "$-1\r\n"}) {
    exchange("*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n");
    ASSERT_EQ(replies_[0].elements.size(), 2U);
    exchange(later);
    EXPECT_TRUE(replies_[0].elements.empty()) << later;
  }
  for (const std::string_view later : {":7\r\n", "$-1\r\n", "*0\r\n"}) {
    exchange("$5\r\nearly\r\n");
    exchange(later);
    EXPECT_EQ(replies_[0].text, "") << later;
  }
}

TEST_F(RedisConnectionTest, ReadsAReplyThatIsLargerThanItsBuffer) {
  ASSERT_TRUE(begin(1));
  const std::string large(100'000, 'x');
  answer("$100000\r\n");
  EXPECT_EQ(advance(), "waiting");
  answer(large + "\r\n");
  EXPECT_EQ(advance(), "done");
  EXPECT_EQ(replies_[0].text, large);
}

TEST_F(RedisConnectionTest, BreaksByMoreAnswersThanQuestions) {
  ASSERT_TRUE(begin(1));
  answer("+OK\r\n+OK\r\n");
  EXPECT_EQ(advance(), "more answers than questions");
  EXPECT_TRUE(connection_->broken());
}

TEST_F(RedisConnectionTest, BreaksByWhatIsNoProtocol) {
  ASSERT_TRUE(begin(1));
  answer("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_NE(advance(), "waiting");
  EXPECT_TRUE(connection_->broken());
}

/// Those of RESP3, which hiredis 1.x can read, and for two of which it asks nobody where they are to be put.
TEST_F(RedisConnectionTest, BreaksByRepliesOfKindsThatNobodyAskedFor) {
  for (const std::string_view reply :
       {",1.5\r\n", "#t\r\n", "(12345\r\n", "=5\r\ntxt:a\r\n", "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n",
        "|1\r\n+a\r\n+b\r\n", "*1\r\n,1.5\r\n", "*1\r\n#t\r\n"}) {
    connect();
    ASSERT_TRUE(begin(1));
    answer("$5\r\nearly\r\n");
    ASSERT_EQ(advance(), "done");
    ASSERT_TRUE(begin(1));
    answer(reply);
    const std::string said = advance();
    EXPECT_TRUE(said != "done" && said != "waiting") << reply << " is " << said;
    EXPECT_TRUE(connection_->broken()) << reply;
  }
}

TEST_F(RedisConnectionTest, BreaksWhenThePeerGoes) {
  ASSERT_TRUE(begin(2));
  answer("+OK\r\n+O");
  EXPECT_EQ(advance(), "waiting");
  ASSERT_EQ(shutdown(peer_.get(), SHUT_WR), 0);
  EXPECT_EQ(advance(), "the server closed the connection");
  EXPECT_TRUE(connection_->broken());
}

// What was closed before any answer may be sent again; in the middle of one, it has been carried out.
TEST_F(RedisConnectionTest, TellsAnEndInTheMiddleOfAnAnswerFromOneBeforeIt) {
  for (const std::string& half : {std::string(), std::string("+O")}) {
    connect();
    answer(half);
    ASSERT_EQ(shutdown(peer_.get(), SHUT_WR), 0);
    RedisCommands commands;
    commands.add({"PING"});
    RedisReplies replies;
    const SteadyTime now = clock_.steadyNow();
    const auto done = connection_->exchange(commands, replies, now, now + std::chrono::seconds(10));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, half.empty() ? ConnectionError::Kind::kClosed : ConnectionError::Kind::kBroken);
    EXPECT_TRUE(connection_->broken());
  }
}

TEST_F(RedisConnectionTest, BeginsNothingWithAPeerThatIsGone) {
  peer_.reset();
  EXPECT_FALSE(begin(1));
  EXPECT_TRUE(connection_->broken());
}

TEST_F(RedisConnectionTest, WhatCannotBeSentAtOnceIsSentWhenThereIsRoom) {
  const std::string large(10 << 20, 'x');
  commands_.add({"SET", "key", large});
  ASSERT_TRUE(connection_->begin(commands_, replies_));
  const std::string asked(commands_.bytes());
  commands_.clear();  // needed no longer
  EXPECT_EQ(connection_->interest(), EventLoop::Interest::kBoth);
  std::string seen;
  while (seen.size() < asked.size()) {
    std::string part(1 << 20, '\0');
    const ssize_t size = recv(peer_.get(), part.data(), part.size(), MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    seen.append(part, 0, static_cast<std::size_t>(size));
    ASSERT_EQ(advance(), "waiting");
  }
  EXPECT_TRUE(seen == asked);
  EXPECT_EQ(connection_->interest(), EventLoop::Interest::kRead);
  answer("+OK\r\n");
  EXPECT_EQ(advance(), "done");
}

TEST_F(RedisConnectionTest, AnAnswerBeforeTheWholeQuestionIsNotBelieved) {
  commands_.add({"SET", "key", std::string(10 << 20, 'x')});
  ASSERT_TRUE(connection_->begin(commands_, replies_));
  answer("+OK\r\n");
  EXPECT_EQ(advance(), "more answers than questions");
}

TEST_F(RedisConnectionTest, AMessageMayComeInPiecesOfWhichTheFirstIsBehindAnotherMessage) {
  const std::string message = "*3\r\n$7\r\nmessage\r\n$7\r\nchannel\r\n*2\r\n$3\r\none\r\n$3\r\ntwo\r\n";
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    RedisReplies heard;
    answer(message + message.substr(0, cut));
    ASSERT_TRUE(connection_->listen(heard, clock_.steadyNow() + 1s));
    ASSERT_EQ(heard.size(), 1U);
    RedisReplies rest;
    answer(message.substr(cut) + message);
    ASSERT_TRUE(connection_->listen(rest, clock_.steadyNow() + 1s));
    ASSERT_EQ(rest.size(), 2U);
    for (const RedisReply& reply : {heard[0], rest[0], rest[1]}) {
      ASSERT_EQ(reply.elements.size(), 3U) << cut;
      EXPECT_EQ(reply.elements[0].text, "message") << cut;
      ASSERT_EQ(reply.elements[2].elements.size(), 2U) << cut;
      EXPECT_EQ(reply.elements[2].elements[1].text, "two") << cut;
    }
  }
}

TEST_F(RedisConnectionTest, AnIdleConnectionIsQuietUntilThePeerSaysSomethingOrGoes) {
  EXPECT_TRUE(connection_->staysQuiet());
  answer("+OK\r\n");
  EXPECT_FALSE(connection_->staysQuiet());
}

TEST_F(RedisConnectionTest, AnIdleConnectionWhosePeerHasGoneIsNotQuiet) {
  peer_.reset();
  EXPECT_FALSE(connection_->staysQuiet());
}

}  // namespace
}  // namespace sessiond
