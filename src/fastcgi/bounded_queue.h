// BoundedQueue<T>: hands jobs from lanes to waiting threads; what does not fit is given back.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace sessiond {

/// Thread-safe. Movable T.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  /// False, and `job` untouched, when there is no room, `kept` places being for others. Wakes one thread.
  [[nodiscard]] bool push(T& job, std::size_t kept = 0) {
    {
      auto state = state_.lock();
      if (state->waiting.size() + kept >= capacity_ || state->closed) return false;
      state->waiting.push_back(std::move(job));
    }
    ready_.notify_one();
    return true;
  }

  /// Waits for jobs and appends up to `limit` of them to `jobs`. False when the queue is closed and empty.
  [[nodiscard]] bool popSome(std::vector<T>& jobs, std::size_t limit) {
    bool more = false;
    {
      auto state = state_.lock();
      ready_.wait(state.mutexLock(), [&] { return !state->waiting.empty() || state->closed; });
      if (state->waiting.empty()) return false;
      while (!state->waiting.empty() && limit-- > 0) {
        jobs.push_back(std::move(state->waiting.front()));
        state->waiting.pop_front();
      }
      more = !state->waiting.empty();
    }
    if (more) ready_.notify_one();
    return true;
  }

  /// No job comes in any more; those waiting are still handed out.
  void close() {
    state_.lock()->closed = true;
    ready_.notify_all();
  }

  /// No job comes in any more, and those that wait are the caller's.
  [[nodiscard]] std::vector<T> closeAndTakeAll() {
    std::vector<T> jobs;
    {
      auto state = state_.lock();
      state->closed = true;
      for (T& job : state->waiting) jobs.push_back(std::move(job));
      state->waiting.clear();
    }
    ready_.notify_all();
    return jobs;
  }

 private:
  struct State {
    std::deque<T> waiting;
    bool closed = false;
  };

  const std::size_t capacity_;
  std::condition_variable ready_;
  Guarded<State> state_;
};

}  // namespace sessiond
