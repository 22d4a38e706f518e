// A server with a handler made of lambdas, on a unix socket in a folder of its own or on a free loopback port.

#pragma once

#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "base/unique_fd.h"
#include "fastcgi/server.h"
#include "http/handler.h"
#include "support/fastcgi_client.h"
#include "support/soon.h"
#include "support/temporary_folder.h"

namespace sessiond {

/// Echoes every request at once, unless a test sets functions of its own.
class LambdaHandler final : public Handler {
 public:
  std::function<Route(Exchange&)> on_receive = [](Exchange& exchange) {
    exchange.response = echo(exchange.request);
    return Route::kAnswered;
  };
  std::function<void(Exchange&)> on_gather = [](Exchange&) {};
  std::function<void(std::span<Exchange* const>)> on_load = [](std::span<Exchange* const>) {};
  std::function<void(Exchange&)> on_conclude = [](Exchange& exchange) { exchange.response = echo(exchange.request); };
  std::atomic<int> uses = 0;  ///< rounds of a lane in which something was received
  std::function<void(Exchange&)> on_work = [](Exchange& exchange) { exchange.response = echo(exchange.request); };
  std::function<void(Exchange&)> on_turn_away;

  bool givesWay(const Request& request) const noexcept override { return request.param("GIVES_WAY").has_value(); }
  Route receive(Exchange& exchange) override { return on_receive(exchange); }
  std::unique_ptr<Loader> makeLoader(EventLoop& loop, Loader::Client& client) override;
  void work(Exchange& exchange) override { on_work(exchange); }
  void turnAway(Exchange& exchange) override {
    if (on_turn_away) on_turn_away(exchange);
  }

  /// 200 with "NAME=value;" for every parameter and the body behind a `|`.
  static Response echo(const Request& request) {
    Response response(200);
    for (const Param& param : request.params) {
      response.body += param.name;
      response.body += '=';
      response.body += param.value;
      response.body += ';';
    }
    response.body += '|';
    response.body += request.body;
    return response;
  }
};

/// Has a handler's on_load() called on a thread of its own, one batch at a time, and on_conclude() on the lane.
class LambdaLoader final : public Loader, private EventLoop::Waiter {
 public:
  LambdaLoader(LambdaHandler& handler, EventLoop& loop, Client& client)
      : handler_(handler), loop_(loop), client_(client), event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!loop_.watch(event_.get(), EventLoop::Interest::kRead, *this)) throw std::runtime_error("watch");
  }
  ~LambdaLoader() override {
    loop_.unwatch(event_.get(), *this);
    loop_.forget(*this);
  }
  LambdaLoader(const LambdaLoader&) = delete;
  LambdaLoader& operator=(const LambdaLoader&) = delete;

  void load(Exchange& exchange) override {
    handler_.on_gather(exchange);
    gathering_.push_back(&exchange);
  }
  bool busy() const override { return !batch_.empty(); }
  void noteUse() override { handler_.uses.fetch_add(1); }
  void flush() override {
    if (busy() || gathering_.empty()) return;
    batch_.swap(gathering_);
    error_ = nullptr;
    thread_ = std::jthread([this] {
      try {
        handler_.on_load(batch_);
      } catch (...) {
        error_ = std::current_exception();
      }
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = ::write(event_.get(), &one, sizeof one);
    });
  }

 private:
  void onTime() override {}
  void onEvent() override {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(event_.get(), &count, sizeof count);
    thread_.join();
    for (Exchange* exchange : std::exchange(batch_, {})) {
      try {
        if (error_) std::rethrow_exception(error_);
        handler_.on_conclude(*exchange);
      } catch (...) {
        client_.failed(*exchange);
        continue;
      }
      client_.concluded(*exchange);
    }
    flush();
  }

  LambdaHandler& handler_;
  EventLoop& loop_;
  Client& client_;
  const UniqueFd event_;
  std::vector<Exchange*> gathering_;
  std::vector<Exchange*> batch_;
  std::exception_ptr error_;
  std::jthread thread_;
};

inline std::unique_ptr<Loader> LambdaHandler::makeLoader(EventLoop& loop, Loader::Client& client) {
  return std::make_unique<LambdaLoader>(*this, loop, client);
}

/// Routes by the parameter R: `load`, `work`, anything else is answered at once.
inline Route routeByParam(Exchange& exchange) {
  const std::string_view route = exchange.request.paramOrEmpty("R");
  if (route == "load") return Route::kLoad;
  if (route == "work") return Route::kWork;
  if (route == "password") return Route::kPassword;
  if (route == "returning") return Route::kReturning;
  exchange.response = LambdaHandler::echo(exchange.request);
  return Route::kAnswered;
}

enum class Transport { kUnix, kTcp };

/// The TCP port that a socket listens on; it stands at the same place of an IPv4 and an IPv6 address.
inline std::uint16_t portOf(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw std::runtime_error("getsockname");
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

class TestServer {
 public:
  explicit TestServer(Transport transport = Transport::kUnix, ServerSettings settings = {.lanes = 2})
      : transport_(transport), handlers_(handler), server_(settings, listen(), handlers_, registry, clock) {}

  /// After the handler has its functions.
  TestServer& start() {
    const auto started = server_.start();
    if (!started) throw std::runtime_error(started.error());
    return *this;
  }

  FastcgiClient connect() const {
    return transport_ == Transport::kUnix ? FastcgiClient::connectUnix(path())
                                          : FastcgiClient::connectTcp("127.0.0.1", port_);
  }
  std::string path() const { return folder_ / "socket"; }
  std::uint16_t port() const { return port_; }
  Server& operator*() { return server_; }
  Server* operator->() { return &server_; }
  void replaceHandler(std::shared_ptr<Handler> next) { handlers_.replace(std::move(next)); }
  FastcgiMetrics metrics() { return FastcgiMetrics(registry); }

  std::shared_ptr<LambdaHandler> handler = std::make_shared<LambdaHandler>();
  MetricsRegistry registry;
  SystemClock clock;

 private:
  Listener listen() {
    SocketSettings settings;
    settings.socket = transport_ == Transport::kUnix ? path() : "127.0.0.1:0";
    auto listener = Listener::open(settings);
    if (!listener) throw std::runtime_error(listener.error());
    if (transport_ == Transport::kTcp) port_ = portOf(listener->fd());
    return *std::move(listener);
  }

  TemporaryFolder folder_;
  Transport transport_;
  Snapshot<Handler> handlers_;
  std::uint16_t port_ = 0;
  Server server_;
};

}  // namespace sessiond
