// WorkerPool: the threads that finish what a lane may not wait for.

#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fastcgi/active_request.h"
#include "fastcgi/bounded_queue.h"
#include "fastcgi/fastcgi_metrics.h"

namespace sessiond {

using RequestQueue = BoundedQueue<ActiveRequestPtr>;

/// What sets one pool of workers apart from another.
struct WorkerPoolSettings {
  std::string name;     ///< of its threads, without their number
  bool yields = false;  ///< its threads get a tenth of what any other thread gets
  std::chrono::milliseconds write_timeout{};
};

/// Requests that may take long, one at a time each, and answers that may have to be waited for. Of the server's thread;
/// what it is given outlives it.
class WorkerPool {
 public:
  WorkerPool(RequestQueue& works, WorkerPoolSettings settings, FastcgiMetrics& metrics)
      : works_(works), settings_(std::move(settings)), metrics_(metrics) {}

  /// Throws std::system_error when there is no thread to be had.
  void start(std::size_t threads);
  /// Closes the queue and answers what waits in it with 503; what is being worked on goes on.
  void refuseWaiting();
  /// REQUIRES: the queue is closed. Returns when what waited in it has been answered.
  void join() { threads_.clear(); }

 private:
  void run();

  RequestQueue& works_;
  const WorkerPoolSettings settings_;
  FastcgiMetrics& metrics_;
  std::vector<std::jthread> threads_;
};

}  // namespace sessiond
