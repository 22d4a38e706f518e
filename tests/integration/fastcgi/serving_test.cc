// Requests that are in order: kept and not kept, in pieces, large and small, of both roles, over unix sockets and TCP.

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <latch>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

class Serving : public testing::TestWithParam<Transport> {
 protected:
  TestServer server_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(, Serving, testing::Values(Transport::kUnix, Transport::kTcp),
                         [](const auto& transport) { return transport.param == Transport::kUnix ? "Unix" : "Tcp"; });

TEST_P(Serving, AnswersManyRequestsOnAKeptConnection) {
  server_.start();
  FastcgiClient client = server_.connect();
  for (int i = 0; i < 100; ++i) {
    const auto reply = client.ask({.params = {{"N", std::to_string(i)}}, .body = std::string(std::size_t(i), 'b')});
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->out, "Status: 200 OK\r\n\r\nN=" + std::to_string(i) + ";|" + std::string(std::size_t(i), 'b'));
    EXPECT_EQ(reply->protocol_status, 0);
    EXPECT_EQ(reply->stray_bytes, 0U);
  }
  EXPECT_EQ(server_.metrics().accepted.read(), 1U);
}

TEST_P(Serving, ClosesAConnectionThatIsNotKept) {
  server_.handler->on_receive = routeByParam;
  server_.start();
  for (const char* const route : {"", "load", "work"}) {
    FastcgiClient client = server_.connect();
    const auto reply = client.ask({.params = {{"R", route}}, .keep = false});
    ASSERT_TRUE(reply) << route;
    EXPECT_EQ(reply->status(), 200);
    EXPECT_TRUE(client.ended()) << route;
  }
  EXPECT_EQ(server_.metrics().accepted.read(), 3U);
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
}

TEST_P(Serving, AnswersWithTheRequestsOwnId) {
  server_.start();
  FastcgiClient client = server_.connect();
  const auto reply = client.ask({.id = 0x1234});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->id, 0x1234);
}

TEST_P(Serving, KeepsConnectionsThroughLoadersAndWorkers) {
  server_.handler->on_receive = routeByParam;
  server_.start();
  FastcgiClient client = server_.connect();
  for (int i = 0; i < 200; ++i) {
    const char* const route = i % 3 == 0 ? "load" : i % 3 == 1 ? "work" : "";
    const auto reply = client.ask({.params = {{"R", route}, {"N", std::to_string(i)}}});
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->body(), std::string("R=") + route + ";N=" + std::to_string(i) + ";|");
  }
  EXPECT_EQ(server_.metrics().accepted.read(), 1U);
}

TEST_P(Serving, TakesParametersAsTheyAre) {
  server_.start();
  FastcgiClient client = server_.connect();
  const std::string nul("a\0b", 3);
  const auto reply = client.ask({.params = {{"A=B", "c=d"}, {nul, nul}, {"", ""}, {"A=B", "again"}}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body(), "A=B=c=d;" + nul + "=" + nul + ";=;A=B=again;|");
}

TEST_P(Serving, WaitsForARequestThatArrivesByteByByte) {
  server_.start();
  FastcgiClient client = server_.connect();
  for (int round = 0; round < 2; ++round) {
    for (const char byte : TestRequest{.params = {{"NAME", "value"}}, .body = "body"}.bytes()) {
      ASSERT_TRUE(client.send({&byte, 1}));
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // how slow it is
    }
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body(), "NAME=value;|body");
  }
}

TEST_P(Serving, ForgetsHowMuchAnEarlierRequestNeeded) {
  TestServer server(GetParam(), {.lanes = 1});
  server.start();
  FastcgiClient client = server.connect();
  const std::string large = TestRequest{.body = std::string(20'000, 'b')}.bytes();
  ASSERT_TRUE(client.send(large.substr(0, 10'000)));
  const Rounds received(server);
  ASSERT_TRUE(client.send(large.substr(10'000)));
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(client.ask({.params = {{"A", "b"}}}));
}

TEST_P(Serving, NoticesAPeerThatLeftWhileItsRequestWasAway) {
  TestServer server(GetParam(), {.lanes = 1});
  Latch latch;
  std::atomic<bool> is_away = false;
  server.handler->on_receive = routeByParam;
  server.handler->on_load = [&](std::span<Exchange* const>) {
    is_away = true;
    latch.wait();
  };
  server.handler->on_conclude = [](Exchange& exchange) { exchange.response = Response(204); };
  server.start();
  Rounds rounds(server);
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.send(TestRequest{.params = {{"R", "load"}}}.bytes()));
  ASSERT_TRUE(soon([&] { return is_away.load(); }));
  // The next request and the end arrive while the lane has nothing to do with the connection.
  ASSERT_TRUE(client.send(TestRequest{}.bytes()));
  ::shutdown(client.fd(), SHUT_WR);
  rounds.pass();
  latch.open();
  ASSERT_TRUE(client.receive());
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(client.ended());
}

TEST_P(Serving, TakesAWholeRequestOf128KibibytesFromItsSocket) {
  server_.start();
  const std::size_t overhead = TestRequest{.body = std::string(100'000, 'b')}.bytes().size() - 100'000;
  const std::string body(128 * 1024 - overhead, 'b');
  for (const std::size_t piece : {std::size_t{1'000'000}, std::size_t{16'384}, std::size_t{4'096}}) {
    FastcgiClient client = server_.connect();
    const std::string bytes = TestRequest{.body = body}.bytes();
    ASSERT_EQ(bytes.size(), 128U * 1024);
    for (std::size_t at = 0; at < bytes.size(); at += piece) ASSERT_TRUE(client.send(bytes.substr(at, piece)));
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << piece;
    EXPECT_EQ(reply->body().size(), body.size() + 1);
  }
}

TEST_P(Serving, TakesSixtyFourKibibytesOfParameters) {
  server_.start();
  FastcgiClient client = server_.connect();
  const std::size_t overhead = nameValue("NAME", std::string(60000, 'v')).size() - 60000;
  const std::string value(64 * 1024 - overhead, 'v');
  const auto reply = client.ask({.params = {{"NAME", value}}});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body(), "NAME=" + value + ";|");
}

TEST_P(Serving, ReadsBodiesOfEverySizeAroundLibfcgisBufferToTheEnd) {
  // The empty record that ends the body straddles the 8,192 bytes that libfcgi reads at once.
  server_.handler->on_receive = [](Exchange& exchange) {
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server_.start();
  FastcgiClient client = server_.connect();
  const std::size_t before_body = TestRequest{}.bytes().size();
  for (std::size_t total = 8192 - 20; total < 8192 + 20; ++total) {
    TestRequest request{.body = std::string(total - before_body - 8, 'b')};
    ASSERT_EQ(request.bytes().size(), total);
    const auto reply = client.ask(request);
    ASSERT_TRUE(reply) << total;
    EXPECT_EQ(reply->out, "Status: 204 No Content\r\n\r\n");
    EXPECT_EQ(reply->stray_bytes, 0U);
  }
}

TEST_P(Serving, DoesNotTakeAnUnreadBodyForARequest) {
  std::atomic<int> received = 0;
  server_.handler->on_receive = [&received](Exchange& exchange) {
    ++received;
    exchange.response = Response(401);
    return Route::kAnswered;
  };
  server_.start();
  FastcgiClient client = server_.connect();
  const std::string smuggled = TestRequest{.params = {{"SESSIOND_ENDPOINT", "logout"}}}.bytes();
  for (const std::size_t before : {0U, 8100U, 8192U, 16384U}) {
    const auto reply = client.ask({.body = std::string(before, 'x') + smuggled});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status(), 401);
    EXPECT_EQ(reply->stray_bytes, 0U);
  }
  EXPECT_FALSE(client.receive(std::chrono::milliseconds(50)));
  EXPECT_EQ(received, 4);
}

TEST_P(Serving, WritesHeadersInTheOrderTheyWereAdded) {
  server_.handler->on_receive = [](Exchange& exchange) {
    exchange.response = Response(204);
    exchange.response.add("X-User-Id", "42");
    exchange.response.add("X-Session-Status", "valid");
    return Route::kAnswered;
  };
  server_.start();
  FastcgiClient client = server_.connect();
  const auto reply = client.ask({});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->out, "Status: 204 No Content\r\nX-User-Id: 42\r\nX-Session-Status: valid\r\n\r\n");
}

TEST_P(Serving, NothingOfARequestIsInTheNext) {
  server_.start();
  FastcgiClient client = server_.connect();
  const auto longer = client.ask({.params = {{"A", "b"}, {"C", "d"}}, .body = "long"});
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->out, "Status: 200 OK\r\n\r\nA=b;C=d;|long");
  const auto shorter = client.ask({.params = {{"E", "f"}}});
  ASSERT_TRUE(shorter);
  EXPECT_EQ(shorter->out, "Status: 200 OK\r\n\r\nE=f;|");
}

TEST_P(Serving, NothingOfAnAnswerIsInTheNext) {
  server_.handler->on_receive = [](Exchange& exchange) {
    exchange.response.status = 200;
    exchange.response.add("X-User-Id", exchange.request.paramOrEmpty("ID"));
    exchange.response.body += "b";
    return Route::kAnswered;
  };
  server_.start();
  FastcgiClient client = server_.connect();
  for (const std::string id : {"1", "2", "3"}) {
    const auto reply = client.ask({.params = {{"ID", id}}});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->out, "Status: 200 OK\r\nX-User-Id: " + id + "\r\n\r\nb");
  }
}

TEST_P(Serving, WritesAMebibyteFromEveryRoute) {
  const std::string large(1024 * 1024, 'l');
  const auto answer = [&large](Exchange& exchange) {
    exchange.response = Response(200);
    exchange.response.body = large;
  };
  server_.handler->on_receive = [&answer](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    answer(exchange);
    return route;
  };
  server_.handler->on_conclude = answer;
  server_.handler->on_work = answer;
  server_.start();
  FastcgiClient client = server_.connect();
  for (const char* const route : {"", "load", "work", ""}) {
    const auto reply = client.ask({.params = {{"R", route}}});
    ASSERT_TRUE(reply) << route;
    EXPECT_EQ(reply->out.size(), large.size() + std::string("Status: 200 OK\r\n\r\n").size());
    EXPECT_EQ(reply->body(), large);
  }
  EXPECT_EQ(server_.metrics().accepted.read(), 1U);
}

TEST_P(Serving, TellsTheHandlerThatItIsAnAuthorizer) {
  server_.handler->on_receive = [](Exchange& exchange) {
    exchange.response = Response(exchange.request.role == Role::kAuthorizer ? 200 : 500);
    return Route::kAnswered;
  };
  server_.start();
  FastcgiClient client = server_.connect();
  for (const bool with_stdin : {true, false, true, false, false}) {
    const auto reply = client.ask({.params = {{"A", "b"}}, .role = kAuthorizerRole, .with_stdin = with_stdin});
    ASSERT_TRUE(reply) << with_stdin;
    EXPECT_EQ(reply->status(), 200);
  }
}

TEST_P(Serving, TakesAnAuthorizersStdinAlsoAfterTheAnswer) {
  server_.start();
  FastcgiClient client = server_.connect();
  const std::string stdin_end = fastcgiRecord(5, 1, "");
  for (int round = 0; round < 3; ++round) {
    const auto reply = client.ask({.params = {{"A", "b"}}, .role = kAuthorizerRole, .with_stdin = false});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body(), "A=b;|");
    ASSERT_TRUE(client.send(stdin_end.substr(0, 3)));
    ASSERT_TRUE(client.arrived());
    ASSERT_TRUE(client.send(stdin_end.substr(3)));
  }
  EXPECT_EQ(server_.metrics().malformed.read(), 0U);
}

TEST_P(Serving, AnswersAPeerThatHasShutDownItsSide) {
  server_.handler->on_receive = routeByParam;
  server_.start();
  for (const char* const route : {"", "load", "work"}) {
    FastcgiClient client = server_.connect();
    ASSERT_TRUE(client.send(TestRequest{.params = {{"R", route}}}.bytes()));
    ::shutdown(client.fd(), SHUT_WR);
    const auto reply = client.receive();
    ASSERT_TRUE(reply) << route;
    EXPECT_EQ(reply->status(), 200);
    EXPECT_TRUE(client.ended()) << route;
  }
  EXPECT_TRUE(soon([&] { return server_.metrics().open.read() == 0; }));
}

}  // namespace
}  // namespace sessiond
