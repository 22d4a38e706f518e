#include "fastcgi/server.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "fastcgi/fastcgi_connection.h"
#include "fastcgi/named_thread.h"

namespace sessiond {

namespace {

constexpr std::size_t kMostPasswordWorkers = 8;
constexpr std::size_t kWaitingForEachPasswordWorker = 4;

ServerOptions completed(ServerOptions options) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (options.lanes == 0) options.lanes = (cores + 1) / 2;
  options.workers = std::max<std::size_t>(options.workers, 1);
  // Fewer than cores, so that one is left for everything else even where priorities cannot be set.
  if (options.password_workers == 0) options.password_workers = usualPasswordWorkers(cores);
  if (options.password_queue == 0) options.password_queue = kWaitingForEachPasswordWorker * options.password_workers;
  return options;
}

}  // namespace

std::size_t usualPasswordWorkers(std::size_t cores) {
  return std::clamp<std::size_t>(cores, 2, kMostPasswordWorkers + 1) - 1;
}

Server::Server(const ServerOptions& options, Listener listener, Snapshot<Handler>& handlers, MetricsRegistry& registry,
               const Clock& clock)
    : options_(completed(options)),
      listener_(std::move(listener)),
      metrics_(registry),
      works_(options_.work_queue),
      passwords_(options_.password_queue),
      worker_pool_(works_, {.name = "worker", .yields = false, .write_timeout = options_.write_timeout}, metrics_),
      password_pool_(passwords_, {.name = "password", .yields = true, .write_timeout = options_.write_timeout},
                     metrics_),
      surroundings_{.options = options_,
                    .listener = listener_,
                    .works = works_,
                    .passwords = passwords_,
                    .handlers = handlers,
                    .metrics = metrics_,
                    .clock = clock,
                    .lanes = lanes_} {}

Server::~Server() {
  drain(std::chrono::milliseconds(0));
}

Expected<void, std::string> Server::start() {
  FastcgiConnection::prepareLibrary();
  for (std::size_t i = 0; i < options_.lanes; ++i) {
    Expected<std::unique_ptr<Lane>, std::string> lane = Lane::create(surroundings_);
    if (!lane) {
      lanes_.clear();
      return Unexpected(lane.error());
    }
    lanes_.push_back(*std::move(lane));
  }
  try {
    worker_pool_.start(options_.workers);
    password_pool_.start(options_.password_workers);
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      ++*lanes_running_.lock();
      lane_threads_.push_back(startThread("lane-" + std::to_string(i), [this, i] { runLane(*lanes_[i]); }));
    }
  } catch (const std::system_error& error) {
    *lanes_running_.lock() = lane_threads_.size();
    drain(std::chrono::milliseconds(0));
    return Unexpected<std::string>("fastcgi: cannot start a thread: " + std::string(error.what()));
  }
  return {};
}

void Server::runLane(Lane& lane) {
  lane.run();
  --*lanes_running_.lock();
  lane_ended_.notify_one();
}

bool Server::drain(std::chrono::milliseconds patience) {
  listener_.removePath();
  enterAll(LanePhase::kDraining);
  bool in_time = true;
  {
    auto running = lanes_running_.lock();
    in_time = lane_ended_.wait_for(running.mutexLock(), patience, [&] { return *running == 0; });
  }
  if (!in_time) {
    worker_pool_.refuseWaiting();
    password_pool_.refuseWaiting();
    enterAll(LanePhase::kEnding);
  }
  lane_threads_.clear();
  works_.close();
  passwords_.close();
  worker_pool_.join();
  password_pool_.join();
  lanes_.clear();
  return in_time;
}

void Server::noticeHandler() {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->wake();
}

bool Server::alive() {
  bool all = true;
  for (const std::unique_ptr<Lane>& lane : lanes_) all = lane->alive() && all;
  return all;
}

void Server::enterAll(LanePhase phase) {
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->enter(phase);
}

}  // namespace sessiond
