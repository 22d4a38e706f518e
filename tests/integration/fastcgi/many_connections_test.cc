// Many connections: idle ones, high descriptors, limits reached, descriptors used up.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <latch>

#include "integration/fastcgi/test_server.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

/// Raises the soft limit on descriptors as far as `wanted` and the hard limit allow; gives the old one back.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t wanted) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    now_ = before_;
    now_.rlim_cur = std::max(before_.rlim_cur, std::min(wanted, before_.rlim_max));
    ::setrlimit(RLIMIT_NOFILE, &now_);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t limit() const { return now_.rlim_cur; }

 private:
  rlimit before_{};
  rlimit now_{};
};

/// Takes every descriptor there is while it lives, but for so many.
class NoDescriptorsLeft {
 public:
  explicit NoDescriptorsLeft(std::size_t but_for = 0) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 200;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (;;) {
      UniqueFd filler(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!filler) break;
      fillers_.push_back(std::move(filler));
    }
    for (; but_for > 0; --but_for) fillers_.pop_back();
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
  std::vector<UniqueFd> fillers_;
};

TEST(ManyConnections, AThousandIdleOnesDoNotDisturb) {
  const DescriptorLimit descriptors(4096);
  ASSERT_GE(descriptors.limit(), 2100U);
  TestServer server(Transport::kUnix, {.lanes = 2, .request_timeout = std::chrono::seconds(60)});
  server.start();
  std::vector<FastcgiClient> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(server.connect());
    ASSERT_TRUE(idle.back().connected()) << i;
    if (i % 2 == 0) {
      ASSERT_TRUE(idle.back().ask({})) << i;
    }
  }
  ASSERT_TRUE(soon([&] { return server.metrics().open.read() == 1000; }));
  FastcgiClient client = server.connect();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(client.ask({})) << i;
  for (FastcgiClient& waiting : idle) ASSERT_TRUE(waiting.ask({}));
  idle.clear();
  EXPECT_TRUE(soon([&] { return server.metrics().open.read() == 1; }));
}

TEST(ManyConnections, DescriptorsAboveWhatSelectCanTakeWork) {
  const DescriptorLimit descriptors(4096);
  ASSERT_GE(descriptors.limit(), 1300U);
  std::vector<UniqueFd> fillers;
  while (fillers.empty() || fillers.back().get() < 1100)
    fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  TestServer server;
  server.handler->on_receive = routeByParam;
  server.start();
  for (const bool keep : {true, false}) {
    for (const char* const route : {"", "load", "work"}) {
      FastcgiClient client = server.connect();
      ASSERT_GT(client.fd(), 1024);
      const auto reply = client.ask({.params = {{"R", route}}, .body = std::string(50'000, 'b'), .keep = keep});
      ASSERT_TRUE(reply) << route;
      EXPECT_EQ(reply->status(), 200);
      if (!keep) {
        EXPECT_TRUE(client.ended());
      }
    }
  }
}

/// False: it took so long that those in the middle of a request may have made room.
bool beyondTheLimitTheyWait() {
  TestServer server(Transport::kUnix, {.lanes = 2, .max_connections = 5, .request_timeout = std::chrono::seconds(60)});
  server.start();
  // In the middle of a request each, so that none can be spared yet.
  const std::string request = TestRequest{}.bytes();
  std::vector<FastcgiClient> clients;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    clients.push_back(server.connect());
    EXPECT_TRUE(clients.back().send(request.substr(0, 20))) << i;
  }
  EXPECT_TRUE(soon([&] { return server.metrics().open.read() == 5; }));
  FastcgiClient late = server.connect();
  EXPECT_TRUE(late.send(request));
  const auto early = late.receive(milliseconds(100));
  if (std::chrono::steady_clock::now() - began > milliseconds(900)) return false;
  EXPECT_FALSE(early);
  EXPECT_EQ(server.metrics().open.read(), 5);
  EXPECT_GE(server.metrics().paused.read(), 1U);
  clients.pop_back();
  EXPECT_TRUE(late.receive());
  EXPECT_TRUE(clients[3].send(request.substr(20)));
  EXPECT_TRUE(clients[3].receive());
  return true;
}

TEST(ManyConnections, BeyondTheLimitTheyWaitUntilOthersGo) {
  for (int tries = 0; !beyondTheLimitTheyWait(); ++tries) ASSERT_LT(tries, 50);
}

TEST(ManyConnections, BeyondTheLimitTheOneThatWasIdleForLongestGoes) {
  TestServer server(Transport::kUnix, {.lanes = 1, .max_connections = 3, .request_timeout = std::chrono::seconds(60)});
  server.handler->on_receive = routeByParam;
  server.start();
  std::vector<FastcgiClient> clients;
  for (const char* const route : {"", "load", "work"}) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().ask({.params = {{"R", route}}})) << route;
  }
  ASSERT_TRUE(clients[0].ask({}));
  FastcgiClient late = server.connect();
  EXPECT_TRUE(late.ask({}));
  EXPECT_TRUE(clients[1].ended());
  EXPECT_TRUE(clients[0].ask({}));
  EXPECT_TRUE(clients[2].ask({}));
  EXPECT_EQ(server.metrics().idle_closed.read(), 1U);
}

TEST(ManyConnections, HoweverManyAreSilentNobodyElseIsKeptOut) {
  TestServer server(Transport::kUnix, {.lanes = 2, .max_connections = 20, .request_timeout = std::chrono::seconds(60)});
  server.start();
  FastcgiClient kept = server.connect();
  ASSERT_TRUE(kept.ask({}));
  std::vector<FastcgiClient> silent;
  for (int i = 0; i < 60; ++i) silent.push_back(server.connect());
  for (int i = 0; i < 20; ++i) {
    FastcgiClient client = server.connect();
    EXPECT_TRUE(client.ask({.keep = false})) << i;
  }
}

TEST(ManyConnections, WhoHasNeverSpokenGoesBeforeWhoWasServed) {
  TestServer server(Transport::kUnix, {.lanes = 1, .max_connections = 2, .request_timeout = std::chrono::seconds(60)});
  server.start();
  FastcgiClient kept = server.connect();
  ASSERT_TRUE(kept.ask({}));
  FastcgiClient silent = server.connect();
  ASSERT_TRUE(soon([&] { return server.metrics().open.read() == 2; }));
  ASSERT_TRUE(kept.ask({}));
  std::this_thread::sleep_for(milliseconds(200));  // its time to speak is over
  FastcgiClient late = server.connect();
  EXPECT_TRUE(late.ask({}));
  EXPECT_TRUE(silent.ended());
  EXPECT_TRUE(kept.ask({}));
}

TEST(ManyConnections, HoweverManyStopInTheMiddleNobodyElseIsKeptOut) {
  TestServer server(Transport::kUnix, {.lanes = 1, .max_connections = 5, .request_timeout = std::chrono::seconds(60)});
  server.start();
  const std::string request = TestRequest{}.bytes();
  std::vector<FastcgiClient> stopped;
  for (int i = 0; i < 5; ++i) {
    stopped.push_back(server.connect());
    ASSERT_TRUE(stopped.back().send(request.substr(0, 20))) << i;
  }
  ASSERT_TRUE(soon([&] { return server.metrics().open.read() == 5; }));
  FastcgiClient late = server.connect();
  EXPECT_TRUE(late.ask({}));
  EXPECT_TRUE(stopped[0].ended()) << "who has taken longest goes";
  EXPECT_EQ(server.metrics().crowded_out.read(), 1U);
  // Whoever has been served goes before those who may finish yet.
  FastcgiClient later = server.connect();
  EXPECT_TRUE(later.ask({}));
  EXPECT_TRUE(late.ended());
  ASSERT_TRUE(stopped[4].send(request.substr(20)));
  EXPECT_TRUE(stopped[4].receive());
}

TEST(ManyConnections, AreSpreadOverTheLanes) {
  // Each lane is held by a request in turn; with the connections spread, some other lane always answers.
  constexpr std::size_t kLanes = 4;
  TestServer server(Transport::kUnix, {.lanes = kLanes});
  Guarded<std::map<std::thread::id, int>> lanes;
  server.handler->on_receive = [&lanes](Exchange& exchange) {
    ++(*lanes.lock())[std::this_thread::get_id()];
    exchange.response = Response(204);
    return Route::kAnswered;
  };
  server.start();
  std::vector<FastcgiClient> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().ask({}));
  }
  auto counts = lanes.lock();
  ASSERT_EQ(counts->size(), kLanes);
  for (const auto& [lane, count] : *counts) {
    EXPECT_GE(count, 8);
    EXPECT_LE(count, 12);
  }
}

TEST(ManyConnections, WithoutDescriptorsTheOpenOnesGoOnAndNewOnesWait) {
  // Fewer places than tries: what could not be accepted takes none.
  TestServer server(Transport::kUnix, {.lanes = 2, .max_connections = 8});
  server.start();
  FastcgiClient kept = server.connect();
  ASSERT_TRUE(kept.ask({}));
  // Made now and connected when no descriptor is left for the server's side.
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 3; ++i) sockets.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::string path = server.path();
  std::vector<FastcgiClient> waiting;
  {
    const NoDescriptorsLeft none;
    for (UniqueFd& socket : sockets) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      ASSERT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
      waiting.emplace_back(std::move(socket));
      ASSERT_TRUE(waiting.back().send(TestRequest{}.bytes()));
    }
    ASSERT_TRUE(soon([&] { return server.metrics().paused.read() > 0; }));
    const SteadyTime began = SteadyClock::now();
    const std::uint64_t before = server.metrics().paused.read();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(kept.ask({}));
      std::this_thread::sleep_for(milliseconds(10));  // half a second at least, in which lanes may try
    }
    const std::uint64_t tries = server.metrics().paused.read() - before;
    // Every lane tries ten times a second, no more.
    const auto tenths = static_cast<std::uint64_t>((SteadyClock::now() - began) / milliseconds(100));
    EXPECT_LE(tries, 2 * (tenths + 2));
    EXPECT_EQ(server.metrics().open.read(), 1);
  }
  for (FastcgiClient& client : waiting) EXPECT_TRUE(client.receive());
}

TEST(ManyConnections, WithoutDescriptorsAServerSaysThatItCannotStart) {
  TestServer first;
  first.start();  // libfcgi is made ready once
  const std::vector<std::pair<std::size_t, std::string>> calls = {{0, "epoll_create1"}, {1, "eventfd"}};
  for (const auto& one : calls) {
    TestServer server;
    {
      const NoDescriptorsLeft few(one.first);
      const auto started = server->start();
      ASSERT_FALSE(started);
      EXPECT_EQ(started.error(), "fastcgi: " + one.second + ": Too many open files");
    }
    server.start();
    EXPECT_TRUE(server.connect().ask({})) << "nothing was left behind";
  }
}

TEST(ManyConnections, MoreThanAreKeptReadyMayWaitAtOnce) {
  TestServer server(Transport::kUnix, {.lanes = 1});
  std::latch latch(1);
  std::atomic<std::size_t> received = 0;
  server.handler->on_receive = [&](Exchange& exchange) {
    ++received;
    return routeByParam(exchange);
  };
  server.handler->on_load = [&](std::span<Exchange* const>) { latch.wait(); };
  server.start();
  constexpr std::size_t kWaiting = 150;
  std::vector<FastcgiClient> clients;
  const std::string request = TestRequest{.params = {{"R", "load"}}}.bytes();
  for (std::size_t i = 0; i < kWaiting; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(request));
  }
  ASSERT_TRUE(soon([&] { return received == kWaiting; }));
  latch.count_down();
  for (FastcgiClient& client : clients) {
    EXPECT_TRUE(client.receive());
    EXPECT_TRUE(client.ask({.params = {{"R", "load"}}}));
  }
}

TEST(ManyConnections, TheOldestUnfinishedRequestsGoWhenTheirBytesAreTooMany) {
  TestServer server(Transport::kUnix, {.lanes = 1, .request_timeout = std::chrono::seconds(60)});
  server.start();
  const std::string request = TestRequest{.body = std::string(127 * 1000, 'x')}.bytes();
  constexpr std::size_t kOneTooMany = 16 * 1024 * 1024 / (127 * 1000) + 1;
  std::vector<FastcgiClient> clients;
  for (std::size_t i = 0; i < kOneTooMany; ++i) {
    ASSERT_TRUE(clients.emplace_back(server.connect()).send(request.substr(0, request.size() - 1))) << i;
  }
  EXPECT_TRUE(clients.front().ended());
  EXPECT_EQ(server.metrics().crowded_out.read(), 1U);
  for (const std::size_t i : {std::size_t{1}, kOneTooMany - 1}) {
    ASSERT_TRUE(clients[i].send(request.substr(request.size() - 1)));
    EXPECT_TRUE(clients[i].receive()) << i;
  }
}

}  // namespace
}  // namespace sessiond
