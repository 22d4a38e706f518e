// Questions to a FastCGI server, and what comes of a peer that is none.

#include "fastcgi/question.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>
#include <utility>

#include "integration/fastcgi/test_server.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kAnswerWithin{10};

/// Why there is no answer.
std::string whyNot(const std::string& socket, milliseconds patience = kAnswerWithin) {
  const auto answer = askFastcgi(socket, {{"A", "b"}}, patience);
  return answer ? "it answers " + std::to_string(answer->status) : answer.error();
}

/// Whoever asks gets these bytes, and then the end, or silence as long as it lives.
class Peer {
 public:
  explicit Peer(std::string bytes, bool ends = true)
      : bytes_(std::move(bytes)),
        listener_(listen()),
        thread_([this, ends](const std::stop_token& stop) { run(stop, ends); }) {}
  std::string path() const { return folder_ / "socket"; }

 private:
  Listener listen() const {
    auto listener = Listener::open({.socket = path()});
    if (!listener) throw std::runtime_error(listener.error());
    return *std::move(listener);
  }
  void run(const std::stop_token& stop, bool ends) const {
    UniqueFd asker;
    while (!asker && !stop.stop_requested()) {
      asker = UniqueFd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!asker) std::this_thread::sleep_for(milliseconds(1));  // until the next look
    }
    std::array<char, 4096> question{};
    if (!asker || ::recv(asker.get(), question.data(), question.size(), 0) <= 0) return;
    for (std::size_t at = 0; at < bytes_.size();) {
      const ssize_t sent = ::send(asker.get(), bytes_.data() + at, bytes_.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
    while (!ends && ::recv(asker.get(), question.data(), question.size(), 0) > 0) {
    }
  }

  const TemporaryFolder folder_;
  const std::string bytes_;
  Listener listener_;
  std::jthread thread_;
};

std::string answered(std::string_view output) {
  return streamRecords(6, output) + fastcgiRecord(3, 1, std::string(8, '\0'));
}

TEST(Question, IsAnsweredOverBothKindsOfSocketsWhateverItsLength) {
  for (const Transport transport : {Transport::kUnix, Transport::kTcp}) {
    TestServer server(transport);
    server.handler->on_receive = [](Exchange& exchange) {
      exchange.response = LambdaHandler::echo(exchange.request);
      exchange.response.add("X-Session-Status", "valid");
      return Route::kAnswered;
    };
    server.start();
    const std::string socket =
        transport == Transport::kUnix ? server.path() : "127.0.0.1:" + std::to_string(server.port());
    const std::string name(200, 'N');
    const std::string value(60'000, 'v');
    const auto answer = askFastcgi(socket, {{"A", "b"}, {name, value}, {"EMPTY", ""}}, kAnswerWithin);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->header("x-session-status"), "valid");
    EXPECT_EQ(answer->header("X-Session"), "");
    EXPECT_EQ(answer->body, std::string("A=b;").append(name).append("=").append(value).append(";EMPTY=;|"));
    const auto too_long = askFastcgi(socket, {{"A", value + value}}, kAnswerWithin);
    ASSERT_TRUE(too_long) << too_long.error();
    EXPECT_EQ(too_long->status, 413) << "several records, and no mistake in them";
  }
}

TEST(Question, NamesWhyNobodyIsThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(whyNot(folder / "socket"), "No such file or directory");
  EXPECT_EQ(whyNot("no address"), "no address");
  EXPECT_EQ(whyNot("127.0.0.1"), "no address") << "a port is wanted";
  EXPECT_EQ(whyNot("127.0.0.1:1"), "Connection refused");
  EXPECT_TRUE(whyNot("no-such-host.invalid:9000").starts_with("cannot resolve the host: "));
}

TEST(Question, ToOneThatSpeaksOtherwiseHasNoAnswer) {
  const std::string ended = "it closes the connection without an answer";
  const std::string whole = answered("Status: 204 No Content\r\n\r\n");
  EXPECT_EQ(whyNot(Peer("").path()), ended);
  EXPECT_EQ(whyNot(Peer(whole.substr(0, 4)).path()), ended) << "in the middle of a header";
  EXPECT_EQ(whyNot(Peer(whole.substr(0, 12)).path()), ended) << "in the middle of a record";
  EXPECT_EQ(whyNot(Peer(whole.substr(0, whole.size() - 16)).path()), ended) << "before the end of the request";
  EXPECT_EQ(whyNot(Peer(whole.substr(0, whole.size() - 1), false).path(), milliseconds(50)), "no answer in time");
  EXPECT_EQ(whyNot(Peer(answered("Status: 200 OK\r\n")).path()), "its answer has no end of headers");
  EXPECT_EQ(whyNot(Peer(answered("Content-Type: text/plain\r\n\r\n")).path()), "it answers 0");
  EXPECT_EQ(whyNot(Peer(answered("Status: many\r\nno colon\r\n\r\n")).path()), "it answers 0");
}

TEST(Question, AnAnswerMayComeInManyRecordsOfManyKinds) {
  const std::string answer = fastcgiRecord(6, 1, "Status: 40", 3) + fastcgiRecord(7, 1, "a line for the log") +
                             fastcgiRecord(6, 1, "3 Forbidden\r\nX-A: 1\r\n\r\nbody", 5) + answered("");
  EXPECT_EQ(whyNot(Peer(answer).path()), "it answers 403");
}

TEST(Question, WhatHasNoColonIsNoHeader) {
  const Peer peer(answered("Status: 204 No Content\r\nX-A\r\nX-B: 1\r\n\r\n"));
  const auto answer = askFastcgi(peer.path(), {{"A", "b"}}, kAnswerWithin);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->header("X-A"), "");
  EXPECT_EQ(answer->header("X-B"), "1");
}

TEST(Question, ThatNobodyTakesToItsEndHasNoAnswer) {
  const Peer peer("");
  const auto answer = askFastcgi(peer.path(), {{"A", std::string(4 * 1024 * 1024, 'a')}}, kAnswerWithin);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), "it takes no question");
}

TEST(Question, AnAnswerWithoutAnEndIsGivenUp) {
  std::string endless;
  while (endless.size() <= std::size_t{16} * 1024 * 1024) endless += fastcgiRecord(6, 1, std::string(65'000, 'x'));
  EXPECT_EQ(whyNot(Peer(endless, false).path()), "an answer without an end");
}

}  // namespace
}  // namespace sessiond
