// A server with a handler made of lambdas, on a unix socket in a folder of its own or on a free loopback port.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "fastcgi/server.h"
#include "http/handler.h"
#include "support/fastcgi_client.h"

namespace sessiond {

/// Echoes every request at once, unless a test sets functions of its own.
class LambdaHandler final : public Handler {
 public:
  std::function<Route(Exchange&)> on_receive = [](Exchange& exchange) {
    exchange.response = echo(exchange.request);
    return Route::kAnswered;
  };
  std::function<std::unique_ptr<Pending>(std::span<Exchange* const>)> on_begin_load = [](std::span<Exchange* const>) {
    return std::unique_ptr<Pending>();
  };
  std::function<void(std::span<Exchange* const>)> on_load = [](std::span<Exchange* const>) {};
  std::function<void(Exchange&)> on_conclude = [](Exchange& exchange) { exchange.response = echo(exchange.request); };
  std::function<void(Exchange&)> on_work = [](Exchange& exchange) { exchange.response = echo(exchange.request); };

  Route receive(Exchange& exchange) override { return on_receive(exchange); }
  std::unique_ptr<Pending> beginLoad(std::span<Exchange* const> batch) override { return on_begin_load(batch); }
  void load(std::span<Exchange* const> batch) override { on_load(batch); }
  void conclude(Exchange& exchange) override { on_conclude(exchange); }
  void work(Exchange& exchange) override { on_work(exchange); }

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

/// Routes by the parameter R: `load`, `work`, anything else is answered at once.
inline Route routeByParam(Exchange& exchange) {
  const std::string_view route = exchange.request.paramOrEmpty("R");
  if (route == "load") return Route::kLoad;
  if (route == "work") return Route::kWork;
  if (route == "password") return Route::kPassword;
  exchange.response = LambdaHandler::echo(exchange.request);
  return Route::kAnswered;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sessiond-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

enum class Transport { kUnix, kTcp };

class TestServer {
 public:
  explicit TestServer(Transport transport = Transport::kUnix, ServerOptions options = {.lanes = 2, .loaders = 1})
      : transport_(transport), handlers_(handler), server_(options, listen(), handlers_, registry, clock) {}

  /// After the handler has its functions.
  TestServer& start() {
    const auto started = server_.start();
    if (!started) throw std::runtime_error(started.error());
    return *this;
  }

  FastcgiClient connect() const {
    return transport_ == Transport::kUnix ? FastcgiClient::connectUnix(path())
                                          : FastcgiClient::connectTcp("127.0.0.1", server_.port());
  }
  std::string path() const { return folder_ / "socket"; }
  Server& operator*() { return server_; }
  Server* operator->() { return &server_; }
  void replaceHandler(std::shared_ptr<Handler> next) { handlers_.replace(std::move(next)); }
  FastcgiMetrics metrics() { return FastcgiMetrics(registry); }

  std::shared_ptr<LambdaHandler> handler = std::make_shared<LambdaHandler>();
  MetricsRegistry registry;
  SystemClock clock;

 private:
  Listener listen() const {
    ListenOptions options;
    options.socket = transport_ == Transport::kUnix ? path() : "127.0.0.1:0";
    auto listener = Listener::open(options);
    if (!listener) throw std::runtime_error(listener.error());
    return *std::move(listener);
  }

  TemporaryFolder folder_;
  Transport transport_;
  Snapshot<Handler> handlers_;
  Server server_;
};

/// Waits until a condition holds that another thread brings about; false after ten seconds.
template <typename Condition>
bool eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace sessiond
