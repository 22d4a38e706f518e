// Answers that find no reader, or no worker to write them; and servers that are told little.

#include <sys/socket.h>

#include <latch>
#include <optional>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

/// Holds up the lane or the worker that comes to hold(), until letGo(), at the latest when the test ends: made behind
/// the server, it goes before it.
class Hold {
 public:
  Hold() = default;
  ~Hold() { letGo(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  void hold() {
    held_ = true;
    latch_.wait();
  }
  bool held() const { return held_; }
  void letGo() {
    if (!let_go_.exchange(true)) latch_.count_down();
  }

  /// A request that is to be held up.
  static TestRequest request(const std::string& route) { return {.params = {{"R", route}, {"HOLD", "1"}}}; }
  void holdIfAsked(const Exchange& exchange) {
    if (exchange.request.paramOrEmpty("HOLD") == "1") hold();
  }
  /// Who sent one, when it is held up.
  FastcgiClient occupy(TestServer& server, const std::string& route) {
    FastcgiClient client = server.connect();
    EXPECT_TRUE(client.send(request(route).bytes()));
    EXPECT_TRUE(soon([&] { return held(); }));
    return client;
  }

 private:
  std::latch latch_{1};
  std::atomic<bool> let_go_ = false;
  std::atomic<bool> held_ = false;
};

TEST(AnswersNobodyTakes, AnAnswerToAPeerThatHasLeftIsAFailureToWrite) {
  const std::string long_text(12'000, 'l');
  for (const auto& [transport, is_in_body] : std::vector<std::pair<Transport, bool>>{
           {Transport::kUnix, false}, {Transport::kUnix, true}, {Transport::kTcp, false}, {Transport::kTcp, true}}) {
    TestServer server(transport, {.lanes = 1});
    Hold lane;
    server.handler->on_receive = [&, &is_in_body = is_in_body](Exchange& exchange) {
      lane.holdIfAsked(exchange);
      exchange.response = Response(200);
      if (is_in_body) {
        exchange.response.body = long_text;
      } else {
        exchange.response.add("X-Long", long_text);
      }
      return Route::kAnswered;
    };
    server.start();
    {
      const FastcgiClient leaves = lane.occupy(server, "");
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ASSERT_EQ(::setsockopt(leaves.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    }
    lane.letGo();
    EXPECT_TRUE(soon([&] { return server.metrics().write_failures.read() == 1; }));
    EXPECT_TRUE(soon([&] { return server.metrics().open.read() == 0; }));
    EXPECT_EQ(server.connect().ask({})->status(), 200);
  }
}

TEST(AnswersNobodyTakes, ALargeAnswerToAPeerThatHasLeftHoldsUpNoWorker) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .write_timeout = std::chrono::minutes(1)});
  Hold held;
  server.handler->on_receive = routeByParam;
  server.handler->on_work = [&](Exchange& exchange) {
    held.holdIfAsked(exchange);
    exchange.response = Response(200);
    exchange.response.body.assign(100'000, 'l');
  };
  server.start();
  held.occupy(server, "work").close();
  held.letGo();
  EXPECT_TRUE(soon([&] { return server.metrics().write_failures.read() == 1; }));
  const auto next = server.connect().ask({.params = {{"R", "work"}}});
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body().size(), 100'000U);
}

TEST(AnswersNobodyTakes, ALargeAnswerIsWrittenThoughThePeerHasShutDownOrTheServerStops) {
  for (const bool stops : {false, true}) {
    TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1});
    Hold held;
    server.handler->on_receive = routeByParam;
    server.handler->on_load = [&](std::span<Exchange* const> batch) { held.holdIfAsked(*batch.front()); };
    server.handler->on_conclude = [](Exchange& exchange) {
      exchange.response = Response(200);
      exchange.response.body.assign(100'000, 'l');
    };
    server.start();
    FastcgiClient client = held.occupy(server, "load");
    Rounds rounds(server);
    std::optional<Stopping> stopping;
    if (stops) {
      stopping.emplace(*server);
      EXPECT_TRUE(rounds.ended());
    } else {
      ASSERT_EQ(::shutdown(client.fd(), SHUT_WR), 0);
      rounds.pass();
    }
    held.letGo();
    const auto answer = client.receive();
    EXPECT_TRUE(answer && answer->body().size() == 100'000U) << stops;
    EXPECT_TRUE(client.ended());
  }
}

TEST(AnswersNobodyTakes, ALargeAnswerThatFindsNoRoomForAWorkerIsA503) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .work_queue = 1});
  Hold held;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    const Route route = routeByParam(exchange);
    if (exchange.request.paramOrEmpty("R") == "large") exchange.response.body.assign(100'000, 'l');
    return route;
  };
  server.handler->on_conclude = [](Exchange& exchange) { exchange.response.body.assign(100'000, 'l'); };
  server.handler->on_work = [&](Exchange& exchange) {
    held.holdIfAsked(exchange);
    exchange.response = Response(303);
  };
  server.handler->on_turn_away = [](Exchange& exchange) { exchange.response.body = "never asked"; };
  server.start();
  FastcgiClient working = held.occupy(server, "work");
  FastcgiClient queued = server.connect();
  ASSERT_TRUE(queued.send(TestRequest{.params = {{"R", "work"}}}.bytes()));
  ASSERT_TRUE(soon([&] { return received == 2; }));
  FastcgiClient client = server.connect();
  for (const char* route : {"large", "load"}) {
    const auto refused = client.ask({.params = {{"R", route}}});
    ASSERT_TRUE(refused) << route;
    EXPECT_EQ(refused->out, "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n") << route;
  }
  held.letGo();
  EXPECT_EQ(working.receive()->status(), 303);
  EXPECT_EQ(queued.receive()->status(), 303);
  EXPECT_EQ(client.ask({.params = {{"R", "large"}}})->body().size(), 100'000U);
}

TEST(AnswersNobodyTakes, ARefusalOfAPeerThatHasLeftIsForgotten) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  Hold held;
  server.handler->on_receive = [&](Exchange& exchange) {
    held.holdIfAsked(exchange);
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server.start();
  FastcgiClient holding = held.occupy(server, "");
  FastcgiClient leaves = server.connect();
  ASSERT_TRUE(leaves.send(TestRequest{.params = {{"A", std::string(70'000, 'a')}}}.bytes()));
  leaves.close();
  held.letGo();
  EXPECT_EQ(holding.receive()->status(), 204);
  EXPECT_TRUE(soon([&] { return server.metrics().too_large.read() == 1; }));
  EXPECT_TRUE(soon([&] { return server.metrics().open.read() == 1; }));
}

TEST(Server, IsAsLargeAsItsMachineWhereNothingIsSaid) {
  TestServer server(Transport::kUnix, {.lanes = 0, .workers = 0});
  server.handler->on_receive = routeByParam;
  server.start();
  FastcgiClient client = server.connect();
  for (const char* route : {"", "load", "work", "password"})
    EXPECT_TRUE(client.ask({.params = {{"R", route}}})) << route;
  EXPECT_TRUE(server->alive());
}

TEST(Server, HowManyPasswordsMayWaitCanBeSaid) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 1, .password_queue = 2});
  Hold held;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    return routeByParam(exchange);
  };
  server.handler->on_work = [&](Exchange& exchange) {
    held.holdIfAsked(exchange);
    exchange.response = Response(303);
  };
  server.start();
  std::vector<FastcgiClient> taken;
  taken.push_back(held.occupy(server, "password"));
  for (int i = 0; i < 2; ++i) {
    taken.push_back(server.connect());
    ASSERT_TRUE(taken.back().send(TestRequest{.params = {{"R", "returning"}}}.bytes()));
    ASSERT_TRUE(soon([&] { return received == 2 + i; }));
  }
  EXPECT_EQ(server.connect().ask({.params = {{"R", "returning"}}})->status(), 503);
  held.letGo();
  for (FastcgiClient& client : taken) EXPECT_EQ(client.receive()->status(), 303);
}

TEST(Server, LetsGoOfAHandlerThatWasReplacedAlsoWhereNobodyAsks) {
  TestServer server(Transport::kUnix, {.lanes = 3});
  auto first = std::make_shared<LambdaHandler>();
  const std::weak_ptr<LambdaHandler> watched = first;
  server.replaceHandler(std::move(first));
  server.start();
  ASSERT_TRUE(server.connect().ask({}));
  server.replaceHandler(std::make_shared<LambdaHandler>());
  server->noticeHandler();
  EXPECT_TRUE(soon([&] { return watched.expired(); }));
}

}  // namespace
}  // namespace sessiond
