#include "fastcgi/request_pools.h"

#include "fastcgi/named_thread.h"

namespace sessiond {

namespace {

constexpr std::chrono::milliseconds kNoPatience{0};

}  // namespace

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
    if (request->answered) {
      metrics_.overloaded.add();
    } else {
      turnAway(*request, metrics_);
    }
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
