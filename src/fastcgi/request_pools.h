// Loaders and workers: the threads that finish what a lane may not wait for.

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

/// Session checks that have to ask Redis. A loader takes all that wait, up to kLargestBatch, and gives them to their
/// handler at once: while it waits for Redis the next batch gathers, so load makes batches and batches make load
/// cheap. Then they go back to their lanes, all of a lane at once.
class LoaderPool {
 public:
  static constexpr std::size_t kLargestBatch = 64;

  LoaderPool(RequestQueue& loads, FastcgiMetrics& metrics) : loads_(loads), metrics_(metrics) {}

  /// Throws std::system_error when there is no thread to be had.
  void start(std::size_t threads);
  /// REQUIRES: the queue is closed. Returns when what waited in it has gone back.
  void join() { threads_.clear(); }

 private:
  void run();
  void load(std::vector<ActiveRequestPtr>& batch);
  void loadOfOneHandler(std::span<const ActiveRequestPtr> requests);

  RequestQueue& loads_;
  FastcgiMetrics& metrics_;
  std::vector<std::jthread> threads_;
};

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
