// lanes_responder: sessiond's FastCGI room with a handler that does no work. Every request is answered with 204 and two
// headers. What it costs is what the safe FastCGI server costs; what sessiond costs beyond it is the session check.
//
//   lanes_responder SOCKET LANES
//
// Runs until SIGTERM.

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "fastcgi/listener.h"
#include "fastcgi/server.h"
#include "http/handler.h"

namespace sessiond {
namespace {

class NoLoader final : public Loader {
 public:
  void load(Exchange&) override {}
  void flush() override {}
  bool busy() const override { return false; }
  void noteUse() override {}
};

class NothingHandler final : public Handler {
 public:
  bool givesWay(const Request&) const noexcept override { return false; }
  Route receive(Exchange& exchange) override {
    exchange.response.status = 204;
    exchange.response.headers = answer_.headers;
    return Route::kAnswered;
  }
  std::unique_ptr<Loader> makeLoader(EventLoop&, Loader::Client&) override { return std::make_unique<NoLoader>(); }
  void work(Exchange&) override {}
  void turnAway(Exchange&) override {}

 private:
  const Response answer_ = [] {
    Response response(204);
    response.add("X-Session-Status", "valid");
    response.add("X-User-Id", "1");
    return response;
  }();
};

/// Blocked in all threads, so that it can be waited for.
sigset_t blockedSigterm() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

int serve(const std::string& socket, std::size_t lanes) {
  const sigset_t end = blockedSigterm();
  auto listener = Listener::open({.socket = socket, .mode = 0666});
  if (!listener) {
    std::fprintf(stderr, "%s\n", listener.error().c_str());
    return EXIT_FAILURE;
  }
  Snapshot<Handler> handlers(std::make_shared<NothingHandler>());
  MetricsRegistry registry;
  const SystemClock clock;
  Server server({.lanes = lanes, .workers = 1}, *std::move(listener), handlers, registry, clock);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().c_str());
    return EXIT_FAILURE;
  }
  int signal = 0;
  sigwait(&end, &signal);
  server.drain(std::chrono::seconds(1));
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace sessiond

int main(int argc, char** argv) {
  const int lanes = argc == 3 ? std::atoi(argv[2]) : 0;
  if (lanes < 1) {
    std::fputs("usage: lanes_responder SOCKET LANES\n", stderr);
    return 64;
  }
  return sessiond::serve(argv[1], static_cast<std::size_t>(lanes));
}
