// A FastCGI responder that does nothing: 204 with two headers, whatever was asked. The floor that the benchmark
// measures sessiond against.
//
//   bare_responder SOCKET [THREADS]          the textbook way: threads that each accept, read, answer and close
//   bare_responder --kept SOCKET [LANES]     the same answer from sessiond's own lanes, connections kept
//
// SOCKET is a unix path. Runs until SIGTERM or SIGINT.

#include <fcgiapp.h>
#include <pthread.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "fastcgi/listener.h"
#include "fastcgi/server.h"
#include "http/handler.h"

namespace sessiond {
namespace {

constexpr std::string_view kAnswer =
    "Status: 204 No Content\r\n"
    "X-User-Id: 42\r\n"
    "X-Session-Status: valid\r\n"
    "\r\n";

class NothingHandler final : public Handler {
 public:
  Route receive(Exchange& exchange) override {
    exchange.response.status = 204;
    exchange.response.headers = headers_.headers;
    return Route::kAnswered;
  }
  void load(std::span<Exchange* const>) override {}
  void work(Exchange&) override {}

 private:
  const Response headers_ = [] {
    Response response(204);
    response.add("X-User-Id", "42");
    response.add("X-Session-Status", "valid");
    return response;
  }();
};

int waitForSignal() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  int signal = 0;
  return sigwait(&ends, &signal);
}

void blockSignals() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
}

int serveKept(const std::string& socket, std::size_t lanes) {
  blockSignals();
  auto listener = Listener::open({.socket = socket, .mode = 0666});
  if (!listener) {
    std::fprintf(stderr, "%s\n", listener.error().c_str());
    return EXIT_FAILURE;
  }
  Snapshot<Handler> handlers(std::make_shared<NothingHandler>());
  MetricsRegistry registry;
  const SystemClock clock;
  Server server({.lanes = lanes, .loaders = 1, .workers = 1}, *std::move(listener), handlers, registry, clock);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().c_str());
    return EXIT_FAILURE;
  }
  waitForSignal();
  server.drain(std::chrono::seconds(1));
  return EXIT_SUCCESS;
}

[[noreturn]] void acceptForever(int socket) {
  FCGX_Request request;
  FCGX_InitRequest(&request, socket, 0);
  for (;;) {
    if (FCGX_Accept_r(&request) < 0) std::exit(EXIT_FAILURE);
    FCGX_PutStr(kAnswer.data(), static_cast<int>(kAnswer.size()), request.out);
    FCGX_Finish_r(&request);
  }
}

int serveTextbook(const std::string& socket, std::size_t threads) {
  FCGX_Init();
  const int descriptor = FCGX_OpenSocket(socket.c_str(), 1024);
  if (descriptor < 0) return EXIT_FAILURE;
  ::chmod(socket.c_str(), 0666);
  blockSignals();
  for (std::size_t i = 0; i < threads; ++i) std::thread(acceptForever, descriptor).detach();
  waitForSignal();
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace
}  // namespace sessiond

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool kept = !arguments.empty() && arguments.front() == "--kept";
  if (kept) arguments.erase(arguments.begin());
  if (arguments.empty()) {
    std::fputs("usage: bare_responder [--kept] SOCKET [THREADS]\n", stderr);
    return EXIT_FAILURE;
  }
  const std::size_t threads = arguments.size() > 1 ? std::strtoul(arguments[1].c_str(), nullptr, 10) : 0;
  if (kept) return sessiond::serveKept(arguments[0], threads);
  return sessiond::serveTextbook(arguments[0], threads > 0 ? threads : 8);
}
