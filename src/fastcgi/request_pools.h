// Workers: the threads that finish what a lane may not wait for.

#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "fastcgi/active_request.h"
#include "fastcgi/bounded_queue.h"
#include "fastcgi/fastcgi_metrics.h"

namespace sessiond {

using RequestQueue = BoundedQueue<ActiveRequestPtr>;

/// Requests that may take long, one at a time each, and answers that may have to be waited for.
class WorkerPool {
 public:
  WorkerPool(RequestQueue& works, std::chrono::milliseconds write_timeout, FastcgiMetrics& metrics)
      : works_(works), write_timeout_(write_timeout), metrics_(metrics) {}

  /// Throws std::system_error when there is no thread to be had.
  void start(std::size_t threads);
  /// REQUIRES: the queue is closed. Returns when what waited in it has been answered.
  void join() { threads_.clear(); }

 private:
  void run();

  RequestQueue& works_;
  const std::chrono::milliseconds write_timeout_;
  FastcgiMetrics& metrics_;
  std::vector<std::jthread> threads_;
};

}  // namespace sessiond
