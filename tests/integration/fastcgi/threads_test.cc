// Who waits for whom: slow requests never hold up quick ones, waiting checks share a batch, exceptions stop at the
// border, and a request is finished by the handler that received it.

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <new>
#include <set>

#include "fastcgi/lane_pace.h"
#include "integration/fastcgi/holding_up.h"
#include "support/thread_turn.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

TEST(Threads, SlowWorkDelaysNeitherChecksNorAnswersAtOnce) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 2});
  Latch latch;
  std::atomic<int> working = 0;
  server.handler->on_receive = routeByParam;
  server.handler->on_work = [&](Exchange& exchange) {
    ++working;
    latch.wait();
    exchange.response = Response(303);
  };
  server.start();
  std::vector<FastcgiClient> slow;
  for (int i = 0; i < 10; ++i) {
    slow.push_back(server.connect());
    ASSERT_TRUE(slow.back().send(routed("work").bytes()));
  }
  ASSERT_TRUE(soon([&] { return working == 2; }));
  FastcgiClient quick = server.connect();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(quick.ask(routed(""))) << i;
    ASSERT_TRUE(quick.ask(routed("load"))) << i;
  }
  latch.open();
  for (FastcgiClient& client : slow) {
    const auto reply = client.receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status(), 303);
  }
}

TEST(Threads, ASlowLoadDelaysNoAnswerAtOnce) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  Latch latch;
  std::atomic<int> loading = 0;
  server.handler->on_receive = routeByParam;
  server.handler->on_load = [&](std::span<Exchange* const>) {
    ++loading;
    latch.wait();
  };
  server.handler->on_conclude = [](Exchange& exchange) { exchange.response = Response(204); };
  server.start();
  FastcgiClient slow = server.connect();
  ASSERT_TRUE(slow.send(routed("load").bytes()));
  ASSERT_TRUE(soon([&] { return loading == 1; }));
  FastcgiClient quick = server.connect();
  ASSERT_TRUE(quick.ask(routed("")));
  ASSERT_TRUE(quick.ask(routed("work")));
  latch.open();
  ASSERT_TRUE(slow.receive());
}

TEST(Threads, ChecksThatWaitedTogetherAreAskedForTogether) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  Latch latch;
  std::atomic<int> received = 0;
  std::atomic<int> loads = 0;
  std::vector<std::size_t> batches;
  server.handler->on_receive = [&](Exchange& exchange) {
    if (!exchange.request.param("N")) return Route::kAnswered;
    ++received;
    return Route::kLoad;
  };
  server.handler->on_load = [&](std::span<Exchange* const> batch) {
    batches.push_back(batch.size());
    if (++loads == 1) latch.wait();
  };
  server.start();
  Rounds rounds(server);
  std::vector<FastcgiClient> clients;
  const auto sendOne = [&] {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(TestRequest{.params = {{"N", std::to_string(clients.size())}}}.bytes()));
  };
  sendOne();
  ASSERT_TRUE(soon([&] { return loads == 1; }));
  for (int i = 0; i < 70; ++i) sendOne();
  ASSERT_TRUE(soon([&] { return received == 71; }));
  rounds.pass();
  latch.open();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto reply = clients[i].receive();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body(), "N=" + std::to_string(i + 1) + ";|");
  }
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 70}));
}

TEST(Threads, AnExceptionIsA500AndTheConnectionLives) {
  TestServer server;
  server.handler->on_receive = [](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    if (route == Route::kAnswered) {
      exchange.response = Response(200);
      throw std::runtime_error("receive is broken");
    }
    return route;
  };
  server.handler->on_gather = [](Exchange& exchange) {
    if (exchange.request.paramOrEmpty("THROW") == "early") throw std::bad_alloc();
  };
  server.handler->on_load = [](std::span<Exchange* const> batch) {
    if (batch.front()->request.paramOrEmpty("THROW") == "late") return;
    for (Exchange* const exchange : batch) exchange->response = Response(200);
    throw std::runtime_error("load is broken");
  };
  server.handler->on_conclude = [](Exchange& exchange) {
    exchange.response = Response(200);
    throw std::runtime_error("conclude is broken");
  };
  server.handler->on_work = [](Exchange& exchange) {
    exchange.response = Response(200);
    throw 42;
  };
  server.start();
  FastcgiClient client = server.connect();
  for (const char* const route : {"", "load", "work", ""}) {
    const auto reply = client.ask(routed(route));
    ASSERT_TRUE(reply) << route;
    EXPECT_EQ(reply->out, "Status: 500 Internal Server Error\r\n\r\n") << route;
  }
  for (const char* const when : {"early", "late"}) {
    const auto reply = client.ask({.params = {{"R", "load"}, {"THROW", when}}});
    ASSERT_TRUE(reply) << when;
    EXPECT_EQ(reply->out, "Status: 500 Internal Server Error\r\n\r\n") << when;
  }
  EXPECT_EQ(server.metrics().handler_errors.read(), 6U);
}

TEST(Threads, AResponseThatNobodyFilledInIsA500) {
  TestServer server;
  server.handler->on_receive = [](Exchange& exchange) {
    return exchange.request.params.empty() ? Route::kAnswered : routeByParam(exchange);
  };
  server.handler->on_conclude = [](Exchange&) {};
  server.handler->on_work = [](Exchange&) {};
  server.start();
  FastcgiClient client = server.connect();
  // An answered request before each: what it left behind must not be sent again.
  for (const TestRequest& request : {TestRequest{}, routed("load"), routed("work")}) {
    ASSERT_EQ(client.ask({.params = {{"R", "echo"}}})->status(), 200);
    const auto reply = client.ask(request);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->out, "Status: 500 Internal Server Error\r\n\r\n");
  }
}

TEST(Threads, PasswordsAreWorkedOnBelowAllOtherThreads) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 1});
  server.handler->on_receive = routeByParam;
  server.handler->on_work = [](Exchange& exchange) {
    exchange.response = Response(200);
    exchange.response.body = std::to_string(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())));
  };
  const int usual = ::getpriority(PRIO_PROCESS, 0);
  server.start();
  FastcgiClient client = server.connect();
  EXPECT_EQ(client.ask(routed("work"))->body(), std::to_string(usual));
  EXPECT_EQ(client.ask(routed("password"))->body(), "10");
}

TEST(Threads, WorkersThatOthersWaitForTakeShortTurns) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .password_workers = 1});
  server.handler->on_receive = routeByParam;
  server.handler->on_work = [](Exchange& exchange) {
    exchange.response = Response(200);
    exchange.response.body = std::to_string(turnOfThisThread());
  };
  const std::string usual = std::to_string(turnOfThisThread());
  server.start();
  FastcgiClient client = server.connect();
  EXPECT_EQ(client.ask(routed("work"))->body(), kernelKnowsTurns() ? std::to_string(kShortTurn) : usual);
  EXPECT_EQ(client.ask(routed("password"))->body(), usual);
}

TEST(Threads, ALaneTakesShortTurnsUntilItHasMuchToDo) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  const std::string usual = std::to_string(turnOfThisThread());
  server.handler->on_receive = [](Exchange& exchange) {
    exchange.response = Response(200);
    exchange.response.body = std::to_string(turnOfThisThread());
    return Route::kAnswered;
  };
  server.start();
  std::vector<FastcgiClient> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(server.connect());
  EXPECT_EQ(clients[0].ask(routed("receive"))->body(), kernelKnowsTurns() ? std::to_string(kShortTurn) : usual);
  const auto afterMuch = [&] {
    for (std::size_t events = 0; events < 2 * LanePace::kMuch; events += clients.size()) {
      for (FastcgiClient& client : clients) EXPECT_TRUE(client.send(routed("receive").bytes()));
      for (FastcgiClient& client : clients) EXPECT_TRUE(client.receive());
    }
    return clients[0].ask(routed("receive"))->body();
  };
  EXPECT_TRUE(soon([&] { return afterMuch() == usual; }));
}

TEST(Threads, ARequestIsFinishedByTheHandlerThatReceivedIt) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1});
  Latch latch;
  std::atomic<std::size_t> received = 0;
  const auto numbered = [&latch, &received](int number) {
    auto handler = std::make_shared<LambdaHandler>();
    handler->on_receive = [&received](Exchange& exchange) {
      ++received;
      return routeByParam(exchange);
    };
    handler->on_load = [&latch](std::span<Exchange* const>) { latch.wait(); };
    handler->on_conclude = [number](Exchange& exchange) { exchange.response = Response(number); };
    return handler;
  };
  std::shared_ptr<LambdaHandler> first = numbered(401);
  const std::weak_ptr<LambdaHandler> watched = first;
  server.replaceHandler(std::move(first));
  server.start();
  std::vector<FastcgiClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(routed("load").bytes()));
    ASSERT_TRUE(soon([&] { return received == clients.size(); }));
  }
  server.replaceHandler(numbered(403));
  for (int i = 0; i < 3; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(routed("load").bytes()));
    ASSERT_TRUE(soon([&] { return received == clients.size(); }));
  }
  EXPECT_FALSE(watched.expired());
  latch.open();
  for (std::size_t i = 0; i < clients.size(); ++i) EXPECT_EQ(clients[i].receive()->status(), i < 3 ? 401 : 403) << i;
  EXPECT_TRUE(soon([&] { return watched.expired(); }));
}

TEST(Threads, AHandlerThatIsReplacedWhileItReceivesFinishesTheRequest) {
  for (const std::string route : {"load", "work"}) {
    TestServer server;
    server.handler->on_receive = [&server](Exchange& exchange) {
      server.replaceHandler(std::make_shared<LambdaHandler>());
      return routeByParam(exchange);
    };
    server.handler->on_conclude = [](Exchange& exchange) { exchange.response = Response(401); };
    server.handler->on_work = server.handler->on_conclude;
    server.start();
    EXPECT_EQ(server.connect().ask(routed(route))->status(), 401) << route;
  }
}

TEST(Threads, ASlowReaderOfALargeAnswerDelaysNobodyAndGetsItWhole) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 2});
  const std::string large(1024 * 1024, 'l');
  server.handler->on_receive = [&](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    if (exchange.request.paramOrEmpty("R") == "large") exchange.response.body = large;
    return route;
  };
  server.start();
  FastcgiClient slow = server.connect();
  ASSERT_TRUE(slow.send(routed("large").bytes()));
  FastcgiClient quick = server.connect();
  for (const char* const route : {"", "load", "work"}) ASSERT_TRUE(quick.ask(routed(route))) << route;
  const auto reply = slow.receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body(), large);
}

TEST(Threads, APeerThatNeverReadsALargeAnswerIsLeftAfterTheWriteTimeout) {
  TestServer server(Transport::kUnix, {.lanes = 1, .workers = 1, .write_timeout = milliseconds(200)});
  server.handler->on_receive = [](Exchange& exchange) {
    const Route route = routeByParam(exchange);
    if (exchange.request.paramOrEmpty("R") == "large") exchange.response.body.assign(4 * 1024 * 1024, 'l');
    return route;
  };
  server.start();
  FastcgiClient deaf = server.connect();
  ASSERT_TRUE(deaf.send(routed("large").bytes()));
  EXPECT_TRUE(soon([&] { return server.metrics().write_failures.read() == 1; }));
  EXPECT_TRUE(soon([&] { return server.metrics().open.read() == 0; }));
  FastcgiClient other = server.connect();
  EXPECT_TRUE(other.ask(routed("work")));
}

TEST(Threads, AreNamedAndTakeNoSignals) {
  TestServer server(Transport::kUnix, {.lanes = 2, .workers = 1});
  server.start();
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.ask({}));
  const auto running = [] {
    std::set<std::string> names;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::ifstream comm(task.path() / "comm");
      std::string name;
      std::getline(comm, name);
      std::ifstream status(task.path() / "status");
      for (std::string line; std::getline(status, line);) {
        // Signal 15 is bit 14.
        if (line.starts_with("SigBlk:") && (std::stoull(line.substr(8), nullptr, 16) >> 14 & 1) != 0)
          names.insert(name);
      }
    }
    return names;
  };
  const std::set<std::string> expected = {"lane-0", "lane-1", "worker-0", "password-0"};
  EXPECT_TRUE(soon([&] { return std::ranges::includes(running(), expected); }));
}

TEST(Threads, LeaveTheProcessItsSignalHandlersAndIgnoreSigpipe) {
  TestServer server;
  server.start();
  struct sigaction action = {};
  ::sigaction(SIGUSR1, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
  ::sigaction(SIGTERM, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
  ::sigaction(SIGPIPE, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_IGN);
}

TEST(Threads, ALaneIsAliveWhileItWaitsAndWhileItGetsOn) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  Latch latch;
  std::atomic<int> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    latch.wait();
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server.start();
  EXPECT_TRUE(server->alive());
  EXPECT_TRUE(server->alive());
  FastcgiClient client = server.connect();
  ASSERT_TRUE(client.send(TestRequest{}.bytes()));
  ASSERT_TRUE(soon([&] { return received == 1; }));
  EXPECT_TRUE(server->alive());
  EXPECT_FALSE(server->alive());
  latch.open();
  ASSERT_TRUE(client.receive());
  EXPECT_TRUE(soon([&] { return server->alive(); }));
}

TEST(Threads, ManyClientsOnAllRoutesAtOnce) {
  TestServer server(Transport::kUnix, {.lanes = 3, .workers = 2});
  server.handler->on_receive = routeByParam;
  server.start();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&server, &good, t] {
        FastcgiClient client = server.connect();
        for (int i = 0; i < 300; ++i) {
          const int kind = (i + t) % 4;
          const bool keep = i % 10 != 9;
          const std::string route = kind == 0 ? "load" : kind == 1 ? "work" : "";
          const auto reply = client.ask({.params = {{"R", route}, {"N", std::to_string(i)}}, .keep = keep});
          if (reply && reply->body() == "R=" + route + ";N=" + std::to_string(i) + ";|") ++good;
          if (!keep) client = server.connect();
        }
      });
    }
  }
  EXPECT_EQ(good, 8 * 300);
}

}  // namespace
}  // namespace sessiond
