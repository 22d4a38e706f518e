// BurialQueue: buries revoked sessions again, off the path of whoever noticed that it is needed, and who may not wait.
//
// A tombstone and the deletion behind it can be undone: by an application that saves its copy late, or by a server
// that takes over without having had them. A check that meets a copy has its answer, and leaves the rest to this queue;
// what this process remembers of its own revocations (revoked_sessions.h) is held against what Redis says of its keys,
// and written anew when Redis may be another one.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/crypto.h"
#include "base/metrics.h"
#include "session/revoked_sessions.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe, with a thread of its own. No call waits. What is still to be done when it is destroyed is given up.
class BurialQueue {
 public:
  /// All must outlive it. `pause`: after the store did not take what was to be renewed.
  /// `bare`: the same store, without a memory of what it revokes: to write again is not to revoke.
  BurialQueue(SessionStore& store, SessionStore& bare, const RevokedSessions& revoked, const HmacKey& log_names,
              MetricsRegistry& metrics, std::chrono::milliseconds pause = std::chrono::milliseconds(500));
  ~BurialQueue();
  BurialQueue(const BurialQueue&) = delete;
  BurialQueue& operator=(const BurialQueue&) = delete;

  /// A copy was met that should not be there: it goes, behind a tombstone that stands so long. Beyond kMaxWaiting it is
  /// left to the next one who meets it.
  void bury(const SessionId& id, std::chrono::seconds tombstone_ttl);
  /// This session's key has changed. If it was revoked here, and is there again, it is buried.
  void look(std::string_view id);
  /// The server may be one that never had the tombstones: what was revoked here is revoked again, until it succeeds,
  /// and it is told how often everybody was logged out.
  void renew();

  static constexpr std::size_t kMaxWaiting = 1024;
  /// As many as are written in one round trip.
  static constexpr std::size_t kPage = 64;

 private:
  using Burials = std::set<std::pair<SessionId, std::chrono::seconds>>;

  void run(const std::stop_token& stop);
  void lookAt(const SessionId& id);
  bool renewAll(const std::stop_token& stop);

  SessionStore& store_;
  SessionStore& bare_;
  const RevokedSessions& revoked_;
  const HmacKey& log_names_;
  const std::chrono::milliseconds pause_;
  Counter& renewed_;
  Counter& resurrected_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  Burials burials_;              // guarded by mutex_
  std::set<SessionId> looks_;    // guarded by mutex_
  bool renewal_is_due_ = false;  // guarded by mutex_
  std::jthread thread_;          // last: it uses all of the above
};

}  // namespace sessiond
