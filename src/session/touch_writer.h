// TouchWriter: sends touches to the store in batches, off the path of the check that asked for them.
//
// Nobody waits for a touch, and a lane must not: a check puts it here and answers. A thread of its own collects what
// comes within a few milliseconds and sends it in one round trip. A touch that fails is forgotten by the throttle,
// so that the session's next check asks for it again.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "session/session_store.h"
#include "session/touch_throttle.h"

namespace sessiond {

/// Thread-safe. What is waiting when it is destroyed is still sent.
class TouchWriter {
 public:
  TouchWriter(SessionStore& store, TouchThrottle& throttle, MetricsRegistry& metrics);
  ~TouchWriter();
  TouchWriter(const TouchWriter&) = delete;
  TouchWriter& operator=(const TouchWriter&) = delete;

  /// Never waits. When kMaxWaiting touches are waiting already, this one is dropped, counted and forgotten.
  void add(SessionTouch touch);

  static constexpr std::size_t kMaxWaiting = 65536;
  static constexpr std::size_t kBatch = 512;

 private:
  void run(const std::stop_token& stop);
  void send(const std::vector<SessionTouch>& touches);

  SessionStore& store_;
  TouchThrottle& throttle_;
  Counter& sent_;
  Counter& failed_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::vector<SessionTouch> waiting_;  // guarded by mutex_
  std::jthread thread_;                // last: it uses all of the above
};

}  // namespace sessiond
