#include "fastcgi/request_pools.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "fastcgi/lane.h"
#include "fastcgi/named_thread.h"

namespace sessiond {

namespace {

constexpr std::chrono::milliseconds kNoPatience{0};

}  // namespace

void LoaderPool::start(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(startThread("loader-" + std::to_string(i), [this] { run(); }));
  }
}

void LoaderPool::run() {
  std::vector<ActiveRequestPtr> batch;
  while (loads_.popSome(batch, kLargestBatch)) {
    load(batch);
    batch.clear();
  }
}

void LoaderPool::load(std::vector<ActiveRequestPtr>& batch) {
  // A batch has two handlers only around a reload of the configuration.
  const auto by_handler = [](const ActiveRequestPtr& left, const ActiveRequestPtr& right) {
    return left->handler < right->handler;
  };
  if (!std::is_sorted(batch.begin(), batch.end(), by_handler)) std::stable_sort(batch.begin(), batch.end(), by_handler);
  for (auto begin = batch.begin(); begin != batch.end();) {
    const auto end = std::upper_bound(begin, batch.end(), *begin, by_handler);
    loadOfOneHandler({begin, end});
    begin = end;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i] != nullptr) batch[i]->connection->lane.giveBack(std::span(batch).subspan(i));
  }
}

void LoaderPool::loadOfOneHandler(std::span<const ActiveRequestPtr> requests) {
  std::array<Exchange*, kLargestBatch> exchanges;
  SESSIOND_CHECK(requests.size() <= exchanges.size());
  for (std::size_t i = 0; i < requests.size(); ++i) exchanges[i] = &requests[i]->exchange;
  const std::shared_ptr<Handler> handler = requests.front()->handler;
  try {
    handler->load(std::span<Exchange* const>(exchanges.data(), requests.size()));
  } catch (...) {
    const Response failed = failedResponse(metrics_, "load");
    for (const ActiveRequestPtr& request : requests) {
      request->exchange.response = failed;
      request->answered = true;
    }
  }
}

void WorkerPool::start(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(startThread(options_.name + "-" + std::to_string(i), [this] {
      if (options_.yields) yieldToOtherThreads();
      run();
    }));
  }
}

void WorkerPool::refuseWaiting() {
  for (ActiveRequestPtr& request : works_.closeAndTakeAll()) {
    metrics_.overloaded.add();
    if (!request->answered) request->exchange.response = overloadedResponse();
    finishAway(std::move(request), kNoPatience, metrics_);
  }
}

void WorkerPool::run() {
  std::vector<ActiveRequestPtr> one;
  while (works_.popSome(one, 1)) {
    ActiveRequest& request = *one.front();
    if (!request.answered) {
      try {
        request.handler->work(request.exchange);
      } catch (...) {
        request.exchange.response = failedResponse(metrics_, "work");
      }
    }
    const bool large = isLarge(request.exchange.response);
    finishAway(std::move(one.front()), large ? options_.write_timeout : kNoPatience, metrics_);
    one.clear();
  }
}

}  // namespace sessiond
