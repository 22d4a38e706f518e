#include "session/burial_queue.h"

#include <pthread.h>

#include "session/facts_reader.h"

namespace sessiond {

BurialQueue::BurialQueue(SessionStore& store, const HmacKey& log_names)
    : store_(store), log_names_(log_names), thread_([this](const std::stop_token& stop) { run(stop); }) {}

BurialQueue::~BurialQueue() {
  thread_.request_stop();
  thread_.join();
}

void BurialQueue::add(const SessionId& id, std::chrono::seconds lifetime) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) return;
  waiting_.emplace(id, lifetime);
  arrived_.notify_one();
}

void BurialQueue::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "burials");
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    const auto next = waiting_.extract(waiting_.begin()).value();
    lock.unlock();
    buryAgain(store_, next.first, next.second, log_names_);
  }
}

}  // namespace sessiond
