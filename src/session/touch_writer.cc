#include "session/touch_writer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/log.h"

namespace sessiond {

namespace {

/// How long touches are collected before they are sent.
constexpr std::chrono::milliseconds kCollect(10);

}  // namespace

TouchWriter::TouchWriter(SessionStore& store, TouchThrottle& throttle, MetricsRegistry& metrics)
    : store_(store),
      throttle_(throttle),
      sent_(metrics.counter("sessiond_touches_total", "Sessions whose time to live was extended.")),
      failed_(metrics.counter("sessiond_touch_failures_total", "Touches that did not reach Redis; asked for again.")),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

TouchWriter::~TouchWriter() {
  thread_.request_stop();
  thread_.join();
}

void TouchWriter::add(SessionTouch touch) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kMaxWaiting) {
      waiting_.push_back(std::move(touch));
      if (waiting_.size() == 1) arrived_.notify_one();
      return;
    }
  }
  failed_.add();
  throttle_.forget(touch.id.bytes());
}

void TouchWriter::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "touches");
  while (true) {
    std::vector<SessionTouch> batch;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, stop, [this] { return !waiting_.empty(); });
      if (waiting_.empty()) return;
      arrived_.wait_for(lock, stop, kCollect, [this] { return waiting_.size() >= kBatch; });
      batch.swap(waiting_);
    }
    send(batch);
  }
}

void TouchWriter::send(const std::vector<SessionTouch>& touches) {
  const std::span<const SessionTouch> all(touches);
  for (std::size_t begin = 0; begin < all.size(); begin += kBatch) {
    const auto part = all.subspan(begin, std::min(kBatch, all.size() - begin));
    const Expected<void, StoreError> result = store_.touch(part);
    if (result) {
      sent_.add(part.size());
      continue;
    }
    failed_.add(part.size());
    for (const SessionTouch& touch : part) throttle_.forget(touch.id.bytes());
    logDebug("touch: not sent", {{"sessions", static_cast<std::int64_t>(part.size())}});
  }
}

}  // namespace sessiond
