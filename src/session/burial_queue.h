// BurialQueue: has sessions revoked again that somebody stored after their logout, off the path of the check that met
// them: that check has its answer, and a lane may not wait for the store.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/crypto.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe, with a thread of its own. What waits when it is destroyed is given up: every check that meets such a
/// session asks again.
class BurialQueue {
 public:
  /// Both must outlive it.
  BurialQueue(SessionStore& store, const HmacKey& log_names);
  ~BurialQueue();
  BurialQueue(const BurialQueue&) = delete;
  BurialQueue& operator=(const BurialQueue&) = delete;

  /// Never waits. Beyond kMaxWaiting nothing is added.
  void add(const SessionId& id, std::chrono::seconds lifetime);

  static constexpr std::size_t kMaxWaiting = 1024;

 private:
  void run(const std::stop_token& stop);

  SessionStore& store_;
  const HmacKey& log_names_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::set<std::pair<SessionId, std::chrono::seconds>> waiting_;  // guarded by mutex_
  std::jthread thread_;                                           // last: it uses all of the above
};

}  // namespace sessiond
