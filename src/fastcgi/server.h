// Server: the FastCGI room put together: lanes, workers and their queue around one listening socket.

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "base/metrics.h"
#include "base/snapshot.h"
#include "fastcgi/fastcgi_metrics.h"
#include "fastcgi/lane.h"
#include "fastcgi/listen_settings.h"
#include "fastcgi/listener.h"
#include "fastcgi/worker_pool.h"
#include "http/handler.h"

namespace sessiond {

/// How many threads verify passwords, where listen.password_workers is 0.
std::size_t usualPasswordWorkers(std::size_t cores);

/// Controlled by one thread (the main thread); its own threads come and go with it. The handler may be replaced in
/// the snapshot at any time: a request is finished by the handler that received it.
class Server {
 public:
  /// References must outlive the server.
  Server(const ServerSettings& settings, Listener listener, Snapshot<Handler>& handlers, MetricsRegistry& registry,
         const Clock& clock);
  /// Ends as drain(0) does, when that was not done before.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Starts all threads. The error is a message for the log; nothing runs then.
  Expected<void, std::string> start();

  /// Accepts no new connection, but for those that wait already in the backlog of a socket of our own, whose path is
  /// removed; finishes every request that has arrived, closes the connections and ends the threads. False
  /// when `patience` was over before: connections whose request was not yet whole were closed then, and requests that
  /// waited for a worker got 503. A request that a loader or worker has begun is waited for in any case.
  bool drain(std::chrono::milliseconds patience);

  /// After the handler was replaced: has lanes that nobody asks anything let go of the old one.
  void noticeHandler();

  /// For the watchdog: does every lane get on? Ask every few seconds.
  bool alive();

 private:
  void enterAll(LanePhase phase);
  void runLane(Lane& lane);

  const ServerSettings settings_;
  Listener listener_;
  FastcgiMetrics metrics_;
  RequestQueue works_;
  RequestQueue passwords_;
  WorkerPool worker_pool_;
  WorkerPool password_pool_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  LaneSurroundings surroundings_;
  std::vector<std::jthread> lane_threads_;
  Guarded<std::size_t> lanes_running_;
  std::condition_variable lane_ended_;
};

}  // namespace sessiond
