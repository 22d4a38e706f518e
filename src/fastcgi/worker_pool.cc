#include "fastcgi/worker_pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "base/errno_text.h"
#include "base/log.h"
#include "base/named_thread.h"
#include "os/short_turns.h"

namespace sessiond {

namespace {

constexpr std::chrono::milliseconds kNoPatience{0};

/// The calling thread gives way to others of the machine from now on (setpriority(2); Linux has it for each thread).
/// Where that is forbidden, says so in the log, once, and leaves the thread as it is.
void yieldToOtherThreads() {
  // A tenth of what another thread gets. With 19, a fiftieth, a login on a busy machine outlasts listen.drain_timeout.
  constexpr int kNice = 10;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice) == 0) return;
  static std::atomic<bool> said = false;
  if (said.exchange(true)) return;
  logWarn("fastcgi: threads for passwords cannot be given a lower priority, so many logins slow down everything else",
          {{"error", errnoText(errno)}});
}

}  // namespace

void WorkerPool::start(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.push_back(startThread(settings_.name + "-" + std::to_string(i), [this] {
      if (settings_.yields) {
        yieldToOtherThreads();
      } else {
        takeShortTurns();  // a logout waits for one behind each answer of Redis, and has ended nothing meanwhile
      }
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
    finishAway(std::move(one.front()), large ? settings_.write_timeout : kNoPatience, metrics_);
    one.clear();
  }
}

}  // namespace sessiond
