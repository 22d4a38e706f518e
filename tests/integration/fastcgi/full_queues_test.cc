// Whoever finds a queue full is told at once to come again, and delays nobody else.

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

TEST(FullQueues, AFullWorkQueueIsA503WithRetryAfter) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .work_queue = 2});
  Latch latch;
  std::atomic<int> working = 0;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    if (route == Route::kWork) ++received;
    return route;
  };
  server.handler->on_work = [&](Exchange& exchange) {
    ++working;
    latch.wait();
    exchange.response = Response(303);
  };
  server.start();
  Rounds rounds(server);
  std::vector<FastcgiClient> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(server.connect());
    ASSERT_TRUE(waiting.back().send(routed("work").bytes()));
    ASSERT_TRUE(soon([&] { return working == 1 && received == i + 1; }));
  }
  rounds.pass();
  FastcgiClient client = server.connect();
  const auto refused = client.ask(routed("work"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->out, "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n");
  server.handler->on_turn_away = [](Exchange& exchange) { exchange.response.body = "later"; };
  EXPECT_EQ(client.ask(routed("work"))->out, "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\nlater");
  server.handler->on_turn_away = [](Exchange&) { throw std::runtime_error("no words"); };
  EXPECT_EQ(client.ask(routed("work"))->status(), 500);
  ASSERT_TRUE(client.ask(routed("")));
  EXPECT_EQ(server.metrics().overloaded.read(), 3U);
  latch.open();
  for (FastcgiClient& earlier : waiting) EXPECT_EQ(earlier.receive()->status(), 303);
  EXPECT_EQ(client.ask(routed("work"))->status(), 303);
}

TEST(FullQueues, AFullPoolForPasswordsRefusesAtOnceAndDelaysNothingElse) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 2});
  Latch latch;
  std::atomic<int> hashing = 0;
  std::atomic<std::size_t> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    return routeByParam(exchange);
  };
  server.handler->on_work = [&](Exchange& exchange) {
    if (exchange.request.param("R") != "work") {
      ++hashing;
      latch.wait();
    }
    exchange.response = Response(303);
  };
  server.start();
  std::vector<FastcgiClient> flood;
  std::size_t others = 0;
  const auto send = [&](const char* route) {
    flood.push_back(server.connect());
    ASSERT_TRUE(flood.back().send(routed(route).bytes()));
    // The first two are being worked on before the queue fills, and each is in it before the next one asks.
    ASSERT_TRUE(soon([&] { return received == flood.size() + others; }));
    ASSERT_TRUE(soon([&] { return hashing == std::min<int>(static_cast<int>(flood.size()), 2); }));
  };
  const std::string full = "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n";
  FastcgiClient client = server.connect();
  for (int i = 0; i < 2 + 4; ++i) send("password");
  const auto refused = [&](const char* route) {
    ++others;
    const auto answer = client.ask(routed(route));
    return answer && answer->out == full;
  };
  ASSERT_TRUE(refused("password"));
  // Half of the eight places are for whoever has been here before.
  for (int i = 0; i < 4; ++i) send("returning");
  ASSERT_TRUE(refused("returning"));
  ASSERT_TRUE(refused("password"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.ask(routed("work"))->status(), 303);
    EXPECT_TRUE(client.ask(routed("load")));
  }
  EXPECT_EQ(hashing, 2);
  latch.open();
  for (FastcgiClient& taken : flood) EXPECT_EQ(taken.receive()->status(), 303);
}

TEST(FullQueues, AFullLoadQueueIsA503WithRetryAfter) {
  TestServer server(Transport::kUnix, {.lanes = 1, .load_queue = 3});
  Latch latch;
  std::atomic<int> loading = 0;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    if (route == Route::kLoad) ++received;
    return route;
  };
  server.handler->on_load = [&](std::span<Exchange* const>) {
    ++loading;
    latch.wait();
  };
  server.handler->on_conclude = [](Exchange& exchange) { exchange.response = Response(204); };
  server.start();
  Rounds rounds(server);
  std::vector<FastcgiClient> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(server.connect());
    ASSERT_TRUE(waiting.back().send(routed("load").bytes()));
    ASSERT_TRUE(soon([&] { return loading == 1 && received == i + 1; }));
  }
  rounds.pass();
  FastcgiClient client = server.connect();
  const auto refused = client.ask(routed("load"));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->out, "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n");
  latch.open();
  for (FastcgiClient& earlier : waiting) EXPECT_EQ(earlier.receive()->status(), 204);
  EXPECT_EQ(client.ask(routed("load"))->status(), 204);
}

}  // namespace
}  // namespace sessiond
