// Stopping: what has arrived is answered, what is idle is closed, and nobody is kept waiting.

#include <atomic>
#include <latch>

#include "integration/fastcgi/holding_up.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{10'000};

TEST(Draining, FinishesRequestsInFlightOnEveryRoute) {
  TestServer server(Transport::kUnix, {.lanes = 2, .workers = 1});
  std::latch latch(1);
  std::atomic<int> away = 0;
  server.handler->on_receive = routeByParam;
  server.handler->on_load = [&](std::span<Exchange* const> batch) {
    away += static_cast<int>(batch.size());
    latch.wait();
  };
  server.handler->on_conclude = [](Exchange& exchange) { exchange.response = Response(204); };
  server.handler->on_work = [&](Exchange& exchange) {
    ++away;
    latch.wait();
    exchange.response = Response(303);
  };
  server.start();
  FastcgiClient loading = server.connect();
  FastcgiClient working = server.connect();
  FastcgiClient queued = server.connect();
  FastcgiClient idle = server.connect();
  ASSERT_TRUE(idle.ask({}));
  ASSERT_TRUE(loading.send(TestRequest{.params = {{"R", "load"}}}.bytes()));
  ASSERT_TRUE(working.send(TestRequest{.params = {{"R", "work"}}}.bytes()));
  ASSERT_TRUE(soon([&] { return away == 2; }));
  ASSERT_TRUE(queued.send(TestRequest{.params = {{"R", "work"}}}.bytes()));

  std::jthread stopping([&] { EXPECT_TRUE(server->drain(kPatience)); });
  EXPECT_TRUE(idle.ended());
  EXPECT_FALSE(server.connect().connected());
  latch.count_down();
  EXPECT_EQ(loading.receive()->status(), 204);
  EXPECT_EQ(working.receive()->status(), 303);
  EXPECT_EQ(queued.receive()->status(), 303);
  EXPECT_TRUE(loading.ended());
  EXPECT_TRUE(working.ended());
  EXPECT_TRUE(queued.ended());
}

TEST(Draining, WhatStillWaitsForAWorkerWhenPatienceIsOverGets503) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 1});
  std::latch latch(1);
  std::atomic<int> away = 0;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    return routeByParam(exchange);
  };
  server.handler->on_work = [&](Exchange& exchange) {
    ++away;
    latch.wait();
    exchange.response = Response(303);
  };
  server.start();
  const auto send = [&](const std::string& route) {
    FastcgiClient client = server.connect();
    EXPECT_TRUE(client.send(TestRequest{.params = {{"R", route}}}.bytes()));
    return client;
  };
  FastcgiClient working = send("work");
  FastcgiClient hashing = send("password");
  ASSERT_TRUE(soon([&] { return away == 2; }));
  std::vector<FastcgiClient> waiting;
  for (const char* route : {"work", "password", "work", "password"}) waiting.push_back(send(route));
  ASSERT_TRUE(soon([&] { return received == 6; }));

  std::jthread stopping([&] { EXPECT_FALSE(server->drain(milliseconds(50))); });
  for (FastcgiClient& client : waiting) {
    EXPECT_EQ(client.receive()->out, "Status: 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n");
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(away, 2) << "nothing more was begun";
  latch.count_down();
  EXPECT_EQ(working.receive()->status(), 303);
  EXPECT_EQ(hashing.receive()->status(), 303);
}

TEST(Draining, AnswersWhatArrivedBeforeEvenWhenItsLaneWasBusy) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  Latch latch;
  std::atomic<bool> busy = false;
  server.handler->on_receive = [&](Exchange& exchange) {
    if (!busy.exchange(true)) latch.wait();
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server.start();
  std::vector<FastcgiClient> clients;
  clients.push_back(server.connect());
  ASSERT_TRUE(clients.back().send(TestRequest{}.bytes()));
  ASSERT_TRUE(soon([&] { return busy.load(); }));
  // These are connected as far as the kernel is concerned, but not accepted yet.
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(TestRequest{}.bytes()));
  }
  const Stopping stopping(*server);
  latch.open();
  for (FastcgiClient& client : clients) {
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status(), 204);
    EXPECT_TRUE(client.ended());
  }
}

TEST(Draining, WaitsForARequestThatIsStillArriving) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  server.start();
  FastcgiClient client = server.connect();
  const std::string request = TestRequest{.params = {{"A", "b"}}}.bytes();
  ASSERT_TRUE(client.send(request.substr(0, 20)));
  Rounds rounds(server);
  const Stopping stopping(*server);
  ASSERT_TRUE(rounds.ended());
  ASSERT_TRUE(client.send(request.substr(20)));
  EXPECT_TRUE(client.receive());
  EXPECT_TRUE(client.ended());
}

TEST(Draining, WaitsForAnAuthorizersStdinThatIsStillArriving) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  server.start();
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.ask({.role = kAuthorizerRole, .with_stdin = false}));
  const std::string late = fastcgiRecord(5, 1, "");
  ASSERT_TRUE(client.send(late.substr(0, 4)));
  Rounds rounds(server);
  const Stopping stopping(*server);
  ASSERT_TRUE(rounds.ended());
  ASSERT_TRUE(client.send(late.substr(4)));
  EXPECT_TRUE(client.ended());
}

TEST(Draining, ClosesHalfARequestWhenPatienceIsOver) {
  TestServer server(Transport::kUnix, {.lanes = 1, .request_timeout = std::chrono::minutes(1)});
  server.start();
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.send(TestRequest{}.bytes().substr(0, 20)));
  const Rounds received(server);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(server->drain(milliseconds(100)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(server.metrics().open.read(), 0);
}

TEST(Draining, ASocketFromSystemdKeepsItsBacklogForTheNextProcess) {
  TemporaryFolder folder;
  auto listener = Listener::open({.socket = folder / "socket"});
  ASSERT_TRUE(listener);
  const UniqueFd systemds_own(::dup(listener->fd()));
  Latch latch;
  std::atomic<int> received = 0;
  auto handler = std::make_shared<LambdaHandler>();
  handler->on_receive = [&](Exchange& exchange) {
    if (++received == 1) latch.wait();
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  Snapshot<Handler> handlers{handler};
  MetricsRegistry registry;
  SystemClock clock;
  FastcgiClient early = FastcgiClient::connectUnix(folder / "socket");
  FastcgiClient between{UniqueFd()};
  {
    auto adopted = Listener::adopt(UniqueFd(::dup(systemds_own.get())));
    ASSERT_TRUE(adopted);
    Server server({.lanes = 1}, *std::move(adopted), handlers, registry, clock);
    ASSERT_TRUE(server.start());
    ASSERT_TRUE(early.send(TestRequest{}.bytes()));
    ASSERT_TRUE(soon([&] { return received == 1; }));
    // The only lane is busy, so this one waits in the backlog.
    between = FastcgiClient::connectUnix(folder / "socket");
    ASSERT_TRUE(between.send(TestRequest{}.bytes()));
    const Stopping stopping(server);
    latch.open();
    EXPECT_TRUE(early.receive());
    EXPECT_TRUE(early.ended());
  }
  EXPECT_EQ(received, 1);
  auto adopted = Listener::adopt(UniqueFd(::dup(systemds_own.get())));
  ASSERT_TRUE(adopted);
  Server next({.lanes = 1}, *std::move(adopted), handlers, registry, clock);
  ASSERT_TRUE(next.start());
  EXPECT_TRUE(between.receive());
}

TEST(Draining, UnderLoadLosesNoRequest) {
  TestServer server(Transport::kUnix, {.lanes = 2, .workers = 2});
  server.handler->on_receive = routeByParam;
  server.start();
  std::atomic<int> answered = 0;
  std::atomic<int> lost = 0;
  std::atomic<bool> stopping = false;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&, t] {
        FastcgiClient client = server.connect();
        const std::string request = TestRequest{
            .params = {{"R", t % 3 == 0 ? "load"
                             : t % 3 == 1
                                 ? "work"
                                 : ""}}}.bytes();
        for (;;) {
          const bool before = !stopping;
          if (!client.send(request)) return;
          const auto reply = client.receive();
          if (reply) {
            ++answered;
          } else {
            if (before && !stopping) ++lost;
            return;
          }
        }
      });
    }
    ASSERT_TRUE(soon([&] { return answered > 500; }));
    stopping = true;
    EXPECT_TRUE(server->drain(kPatience));
  }
  EXPECT_EQ(lost, 0);
}

TEST(Draining, APeerThatWasRefusedHasTimeToNoticeBeforeTheEnd) {
  TestServer server;
  server.start();
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.send(TestRequest{.params = {{"A", std::string(70'000, 'a')}}}.bytes()));
  ASSERT_TRUE(soon([&] { return server.metrics().too_large.read() == 1; }));
  EXPECT_TRUE(server->drain(kPatience));
  const auto refused = client.receive();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), 413);
}

TEST(Draining, AnAnswerThatStillWaitsForAWorkerIsWrittenWithoutOne) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1});
  std::latch latch(1);
  std::atomic<int> received = 0;
  std::atomic<bool> working = false;
  const std::string large(20'000, 'l');
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    const Route route = routeByParam(exchange);
    exchange.response.body = large;
    return route;
  };
  server.handler->on_work = [&](Exchange& exchange) {
    working = true;
    latch.wait();
    exchange.response = Response(303);
  };
  server.start();
  FastcgiClient busy = server.connect();
  ASSERT_TRUE(busy.send(TestRequest{.params = {{"R", "work"}}}.bytes()));
  ASSERT_TRUE(soon([&] { return working.load(); }));
  FastcgiClient waiting = server.connect();
  ASSERT_TRUE(waiting.send(TestRequest{}.bytes()));
  ASSERT_TRUE(soon([&] { return received == 2; }));
  std::jthread stopping([&] { EXPECT_FALSE(server->drain(milliseconds(50))); });
  const auto answer = waiting.receive();
  latch.count_down();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body(), large);
  EXPECT_TRUE(waiting.ended());
  EXPECT_EQ(busy.receive()->status(), 303);
}

TEST(Draining, TwiceIsOnce) {
  TestServer server;
  server.start();
  EXPECT_TRUE(server->drain(kPatience));
  EXPECT_TRUE(server->drain(kPatience));
}

TEST(Draining, AServerThatNeverStartedEndsQuietly) {
  TestServer server;
  EXPECT_TRUE(server->drain(milliseconds(0)));
}

}  // namespace
}  // namespace sessiond
