#include "fastcgi/server.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/named_thread.h"
#include "fastcgi/libfcgi_body.h"

namespace sessiond {

namespace {

constexpr std::size_t kMostPasswordWorkers = 8;
constexpr std::size_t kWaitingForEachPasswordWorker = 4;

ServerSettings completed(ServerSettings settings) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  if (settings.lanes == 0) settings.lanes = (cores + 1) / 2;
  settings.workers = std::max<std::size_t>(settings.workers, 1);
  // Fewer than cores, so that one is left for everything else even where priorities cannot be set.
  if (settings.password_workers == 0) settings.password_workers = usualPasswordWorkers(cores);
  if (settings.password_queue == 0) settings.password_queue = kWaitingForEachPasswordWorker * settings.password_workers;
  return settings;
}

}  // namespace

std::size_t usualPasswordWorkers(std::size_t cores) {
  return std::clamp<std::size_t>(cores, 2, kMostPasswordWorkers + 1) - 1;
}

Server::Server(const ServerSettings& settings, Listener listener, Snapshot<Handler>& handlers,
               MetricsRegistry& registry, const Clock& clock)
    : settings_(completed(settings)),
      listener_(std::move(listener)),
      metrics_(registry),
      works_(settings_.work_queue),
      passwords_(settings_.password_queue),
      worker_pool_(works_, {.name = "worker", .yields = false, .write_timeout = settings_.write_timeout}, metrics_),
      password_pool_(passwords_, {.name = "password", .yields = true, .write_timeout = settings_.write_timeout},
                     metrics_),
      surroundings_{.settings = settings_,
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
  prepareLibfcgi();
  for (std::size_t i = 0; i < settings_.lanes; ++i) {
    Expected<std::unique_ptr<Lane>, std::string> lane = Lane::create(surroundings_);
    if (!lane) {
      lanes_.clear();
      return Unexpected(lane.error());
    }
    lanes_.push_back(*std::move(lane));
  }
  try {
    worker_pool_.start(settings_.workers);
    password_pool_.start(settings_.password_workers);
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
