// Requests that are not in order: each is refused, nothing of it reaches a handler, and the server goes on serving.

#include <sys/socket.h>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

class Refusing : public testing::TestWithParam<Transport> {
 protected:
  Refusing() {
    server_.handler->on_receive = [this](Exchange& exchange) {
      ++received_;
      exchange.response = LambdaHandler::echo(exchange.request);
      return Route::kAnswered;
    };
    server_.start();
  }

  /// Sent on a connection of its own, and behind a good request on a kept one.
  void expectClosed(const std::string& bytes) {
    FastcgiClient fresh = server_.connect();
    fresh.send(bytes);
    EXPECT_TRUE(fresh.ended());
    FastcgiClient kept = server_.connect();
    ASSERT_TRUE(kept.ask({}));
    kept.send(bytes);
    EXPECT_TRUE(kept.ended());
    EXPECT_EQ(received_, ++good_);
    EXPECT_EQ(server_.metrics().malformed.read(), refused_ += 2);
  }

  void expectStillServing() {
    FastcgiClient client = server_.connect();
    EXPECT_TRUE(client.ask({}));
  }

  TestServer server_{GetParam(), {.lanes = 2, .request_timeout = milliseconds(600)}};
  std::atomic<int> received_ = 0;

 private:
  int good_ = 0;
  std::uint64_t refused_ = 0;
};

INSTANTIATE_TEST_SUITE_P(, Refusing, testing::Values(Transport::kUnix, Transport::kTcp),
                         [](const auto& transport) { return transport.param == Transport::kUnix ? "Unix" : "Tcp"; });

TEST_P(Refusing, ClosesOnMalformedRecords) {
  expectClosed("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expectClosed(std::string(100, '\0'));
  expectClosed(std::string(100, '\xff'));
  expectClosed(fastcgiRecord(4, 1, "begin is missing"));
  expectClosed(fastcgiRecord(1, 1, "too short"));
  expectClosed(beginRecord() + beginRecord());
  expectClosed(beginRecord() + fastcgiRecord(5, 1, "body before the parameters"));
  expectClosed(beginRecord() + streamRecords(4, "\4\1NAM"));
  expectClosed(beginRecord() + fastcgiRecord(4, 1, "", 8) + fastcgiRecord(5, 1, ""));
}

TEST_P(Refusing, ClosesOnManagementRecordsBeforeInsideAndAfterARequest) {
  std::string values;
  for (int i = 0; i < 40; ++i) values += nameValue("FCGI_MAX_CONNS", "");
  const std::string management = fastcgiRecord(9, 0, values);
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  expectClosed(management);
  expectClosed(management + request);
  expectClosed(request.substr(0, 16) + management + request.substr(16));
  expectClosed(request.substr(0, request.size() - 8) + management + request.substr(request.size() - 8));
  expectClosed(request + management);
}

TEST_P(Refusing, ClosesOnLengthsNearTwoToThe31) {
  for (const char* const lengths : {"\xff\xff\xff\xff\1", "\1\xff\xff\xff\xff", "\xff\xff\xff\xff\xff"}) {
    expectClosed(beginRecord() + streamRecords(4, std::string(lengths, 5) + std::string(100, 'x')) +
                 streamRecords(5, ""));
  }
}

TEST_P(Refusing, ClosesOnAnAbortInsideTheParameters) {
  const std::string pair = nameValue("NAME", "value");
  expectClosed(beginRecord() + fastcgiRecord(4, 1, pair.substr(0, 5)) + fastcgiRecord(2, 1, "") +
               streamRecords(4, pair.substr(5)) + streamRecords(5, ""));
  expectClosed(beginRecord() + streamRecords(4, pair) + fastcgiRecord(2, 1, ""));
}

TEST_P(Refusing, ClosesOnTwoPipelinedRequests) {
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  expectClosed(request + request);
  expectClosed(request + request.substr(0, 1));
}

TEST_P(Refusing, ClosesOnARecordOfAnotherRequest) {
  expectClosed(beginRecord() + TestRequest{.id = 2}.bytes());
}

TEST_P(Refusing, AnAuthorizersLateStdinMustBeEmptyAndItsOwn) {
  for (const std::string& late : {fastcgiRecord(5, 1, "x"), fastcgiRecord(5, 2, ""), fastcgiRecord(4, 1, "")}) {
    FastcgiClient client = server_.connect();
    ASSERT_TRUE(client.ask({.role = kAuthorizerRole, .with_stdin = false}));
    client.send(late);
    EXPECT_TRUE(client.ended());
  }
  FastcgiClient client = server_.connect();
  ASSERT_TRUE(client.ask({.role = kAuthorizerRole, .with_stdin = false}));
  client.send(fastcgiRecord(5, 1, "") + fastcgiRecord(5, 1, ""));
  EXPECT_TRUE(client.ended());
}

TEST_P(Refusing, ClosesHalfARequestThatStaysSilent) {
  FastcgiClient client = server_.connect();
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  ASSERT_TRUE(client.send(request.substr(0, 20)));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server_.metrics().timed_out.read(), 1U);
  EXPECT_EQ(received_, 0);
}

TEST_P(Refusing, TheDeadlineIsForTheWholeRequestNotForEveryByte) {
  FastcgiClient client = server_.connect();
  const std::string request = TestRequest{.params = {{"A", std::string(100, 'b')}}}.bytes();
  bool open = true;
  for (std::size_t at = 0; at < request.size() - 1 && open; ++at) {
    open = client.send(request.substr(at, 1));
    std::this_thread::sleep_for(milliseconds(10));  // how slow it is
  }
  EXPECT_FALSE(open);
  EXPECT_EQ(server_.metrics().timed_out.read(), 1U);
}

TEST_P(Refusing, AnUrgentByteInsideARequestNeverLetsItBecomeWhole) {
  // It is not among the other bytes. A request without it is another one, and this one is none.
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  for (const std::size_t at : {std::size_t{1}, std::size_t{20}, request.size() - 1}) {
    FastcgiClient client = server_.connect();
    ASSERT_TRUE(client.send(request.substr(0, at)));
    ASSERT_EQ(::send(client.fd(), request.data() + at, 1, MSG_OOB), 1);
    ASSERT_TRUE(client.send(request.substr(at + 1)));
    EXPECT_TRUE(client.ended()) << at;
  }
  EXPECT_EQ(received_, 0);
}

TEST_P(Refusing, AConnectionThatHasServedHasNoDeadline) {
  FastcgiClient kept = server_.connect();
  ASSERT_TRUE(kept.ask({}));
  EXPECT_FALSE(kept.ended(milliseconds(1500)));
  EXPECT_TRUE(kept.ask({}));
}

TEST_P(Refusing, ANewConnectionThatStaysSilentIsClosed) {
  FastcgiClient silent = server_.connect();
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(server_.metrics().timed_out.read(), 1U);
}

TEST_P(Refusing, ARequestThatCameWholeLeavesNoDeadlineBehind) {
  TestServer server(GetParam(), {.lanes = 1, .request_timeout = milliseconds(3000)});
  server.start();
  FastcgiClient client = server.connect();
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  ASSERT_TRUE(client.send(request.substr(0, 20)));
  const Rounds received(server);
  ASSERT_TRUE(client.send(request.substr(20)));
  ASSERT_TRUE(client.receive());
  EXPECT_FALSE(client.ended(milliseconds(3500)));
  EXPECT_TRUE(client.ask({}));
}

TEST_P(Refusing, ForgetsAPeerThatLeavesInTheMiddleOfARequest) {
  for (std::size_t size = 0; size < TestRequest{}.bytes().size(); ++size) {
    FastcgiClient client = server_.connect();
    ASSERT_TRUE(client.send(TestRequest{}.bytes().substr(0, size)));
  }
  expectStillServing();
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
  EXPECT_EQ(received_, 1);
}

/// Before it has asked, in the middle of a request, and behind a refusal.
TEST_P(Refusing, ForgetsAPeerThatBreaksItsConnection) {
  const std::string request = TestRequest{.params = {{"A", std::string(70'000, 'a')}}}.bytes();
  for (const std::size_t sent : {std::size_t{0}, std::size_t{20}, request.size()}) {
    {
      FastcgiClient client = server_.connect();
      ASSERT_TRUE(client.send(request.substr(0, sent)));
      if (sent == request.size()) {
        ASSERT_EQ(client.receive()->status(), 413);
      }
      ASSERT_TRUE(soon([&] { return server_.metrics().open.read() == 1; }));
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ASSERT_EQ(::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    }
    EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; })) << sent;
  }
  expectStillServing();
}

TEST_P(Refusing, Answers413BeyondSixtyFourKibibytesOfParameters) {
  FastcgiClient client = server_.connect();
  const auto reply = client.ask({.params = {{"A", std::string(40'000, 'a')}, {"B", std::string(40'000, 'b')}}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status(), 413);
  EXPECT_EQ(reply->protocol_status, 0);
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server_.metrics().too_large.read(), 1U);
  EXPECT_EQ(received_, 0);
}

TEST_P(Refusing, Answers413BeyondOneHundredTwentyEightKibibytes) {
  const std::size_t overhead = TestRequest{.body = std::string(100'000, 'b')}.bytes().size() - 100'000;
  for (const std::size_t size : {std::size_t{128 * 1024 + 1}, std::size_t{500'000}}) {
    FastcgiClient client = server_.connect();
    const auto reply = client.ask({.body = std::string(size - overhead, 'b'), .id = 3});
    ASSERT_TRUE(reply) << size;
    EXPECT_EQ(reply->status(), 413);
    EXPECT_EQ(reply->id, 3);
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(received_, 0);
}

TEST_P(Refusing, LeavesAPeerThatStaysSilentAfter413) {
  FastcgiClient client = server_.connect();
  ASSERT_TRUE(client.ask({.params = {{"A", std::string(70'000, 'a')}}}));
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
}

TEST_P(Refusing, StopsReadingFromAPeerThatGoesOnAfter413) {
  FastcgiClient client = server_.connect();
  std::string request = TestRequest{.body = std::string(200'000, 'b')}.bytes();
  bool open = client.send(request);
  const std::string more(65536, 'm');
  for (int i = 0; i < 1000 && open; ++i) open = client.send(more);
  EXPECT_FALSE(open);
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
}

TEST_P(Refusing, AnswersUnknownRoleAndCloses) {
  for (const std::uint16_t role : std::initializer_list<std::uint16_t>{0, kFilterRole, 4, 0xffff}) {
    FastcgiClient client = server_.connect();
    const auto reply = client.ask({.params = {{"A", "b"}}, .role = role});
    ASSERT_TRUE(reply) << role;
    EXPECT_EQ(reply->protocol_status, 3);
    EXPECT_EQ(reply->out, "");
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(server_.metrics().unknown_role.read(), 4U);
  EXPECT_EQ(received_, 0);
}

TEST_P(Refusing, AClientThatNeverReadsLosesItsConnection) {
  server_.handler->on_receive = [](Exchange& exchange) {
    exchange.response = Response(200);
    exchange.response.body.assign(15'000, 'x');
    return Route::kAnswered;
  };
  FastcgiClient client = server_.connect();
  const std::string request = TestRequest{}.bytes();
  bool open = true;
  for (int i = 0; i < 100'000 && open; ++i) {
    const std::uint64_t failures = server_.metrics().write_failures.read();
    open = client.sendWhatFits(request) == request.size() && failures == 0;
    // One request at a time, as nginx sends them; the answer is simply not read.
    if (open) std::this_thread::sleep_for(std::chrono::microseconds(200));  // until the next one
  }
  EXPECT_FALSE(open);
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
  expectStillServing();
}

}  // namespace
}  // namespace sessiond
