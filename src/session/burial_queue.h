// BurialQueue: buries revoked sessions again, off the path of whoever noticed that it is needed, and who may not wait.
//
// A tombstone and the deletion behind it can be undone: by an application that saves its copy late, or by a server
// that takes over without having had them. A check that meets a copy has its answer, and leaves the rest to this queue;
// what this process remembers of its own revocations (revoked_sessions.h) is held against what Redis says of its keys,
// and written anew when Redis may be another one. Before it is forgotten each is looked at once more: an application
// may have saved a copy that outlives the tombstone, and where no subscription stands nobody is told of it.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/metrics.h"
#include "session/late_burials.h"
#include "session/renewal_pauses.h"
#include "session/revoked_sessions.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe, with a thread of its own. No call waits. What is still to be done when it is destroyed is given up. Its
/// pauses are by the machine's clock, because a condition variable waits by it.
class BurialQueue {
 public:
  /// What is not the queue's own to do.
  struct Others {
    /// Called on the queue's thread as soon as the server may be another one, and before it renews: whatever else the
    /// server was told may be gone with the tombstones.
    std::function<void()> renewing;
    /// Ends a session as whoever logs out does (SessionEnder), if it is that user's still; of an empty one, whose ever
    /// it is. False: in vain. Called on the queue's thread.
    std::function<bool(const SessionId&, std::string_view why, const std::string& user_id)> ending;
  };

  /// All must outlive it. `pause`: after the store did not take something, which is then tried again by itself; the
  /// pause grows.
  /// `bare`: the same store, without a memory of what it revokes: to write again is not to revoke.
  BurialQueue(SessionStore& store, SessionStore& bare, const RevokedSessions& revoked, const HmacKey& log_names,
              MetricsRegistry& metrics, Others others = {}, std::chrono::milliseconds pause = kPause);
  ~BurialQueue();
  BurialQueue(const BurialQueue&) = delete;
  BurialQueue& operator=(const BurialQueue&) = delete;

  /// A copy was met that should not be there: it goes, behind a tombstone that stands so long. Beyond kMaxWaiting it is
  /// left to the next one who meets it.
  void bury(const SessionId& id, std::chrono::seconds tombstone_ttl);
  /// This session is deleted and remembered, but the store would not take its tombstone, or the server that took it may
  /// not be there any more: that is tried again for as long as it would stand and is remembered. Beyond
  /// RevokedSessions::kMost it is not.
  void wantTombstone(const SessionId& id);
  /// Nobody could end this session just now: it is ended as soon as that can be, within an hour. `why`: a word of the
  /// audit log, for good. Beyond kMaxWaiting it lives on.
  void end(const SessionId& id, std::string_view why, const std::string& user_id = {});
  /// This session's key has changed. If it was revoked here, and is there again, it is buried.
  void look(std::string_view id);
  /// The server is another one, or has told of nothing for a while: it may never have had the tombstones. It is told
  /// how often everybody was logged out, and what was revoked here is revoked again, the latest first, until it
  /// succeeds. At once; where it is wanted again and again, as when a server drops a subscription that it tells too
  /// much, revoked not sooner after the time before than that has taken, and later and later, up to
  /// kMostPausesBetweenRenewals. What takes no time is never put off, and what has been put off is done.
  void renew();
  /// The same, because connections lead to another place from now on: never put off.
  void renewAfterMove();
  /// The same, because a connection was lost, which is no more than a hint. Not sooner than kPausesBetweenLosses after
  /// the time before, however often it is called; and later and later while it goes on being called, as where a server
  /// is too busy to answer all.
  void renewAfterLoss();
  /// How many renewals have begun. Whoever revokes a session, remembers it, and then finds more than before, may have
  /// had it in none of them: it is to be written again by itself.
  std::uint64_t renewals() const { return renewals_.load(std::memory_order_acquire); }

  static constexpr std::chrono::milliseconds kPause{500};
  static constexpr std::size_t kMaxWaiting = 1024;
  /// As many as are written in one round trip.
  static constexpr std::size_t kPage = 64;
  static constexpr int kMostPausesBetweenRenewals = 32;
  static constexpr int kPausesBetweenLosses = 2;
  static constexpr int kMostPausesBetweenLosses = 64;
  static constexpr int kPausesBetweenLastLooks = 120;
  /// How many times `pause` the longest one is.
  static constexpr int kMostPauses = 8;

 private:
  /// What has arrived.
  struct Waiting {
    bool anew = false;                                  ///< connections are to be made
    bool renewal = false;                               ///< because the server is another one
    bool moved = false;                                 ///< and at another place, so that it is due at once
    bool loss = false;                                  ///< a renewal is wanted because of one
    std::map<SessionId, std::chrono::seconds> burials;  ///< with the lives of their tombstones
    std::set<SessionId> unburied;
    std::set<SessionId> looks;
    std::map<SessionId, std::pair<std::string_view, std::string>> endings;  ///< why, and whose

    bool wantsRenewal() const { return renewal || loss; }
    bool isUrgent() const {
      return anew || !burials.empty() || !unburied.empty() || !looks.empty() || !endings.empty();
    }
  };

  void run(const std::stop_token& stop);
  SteadyTime renewalDue() const;
  bool mustAct() const;
  Waiting take();
  /// Until something has arrived, or what was in vain is to be tried again.
  void wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void workOff(const Waiting& waiting, const std::stop_token& stop);
  void noteRenewal(const Waiting& wanted, SteadyTime began);
  void renewAll(const std::stop_token& stop);
  void renewPage(std::vector<SessionRevocation> page, const std::map<SessionId, std::chrono::milliseconds>& pauses);
  void lookBeforeForgetting(std::vector<BurialTask>& tasks);
  void renewAgain(const std::vector<BurialTask>& tasks, const std::stop_token& stop);
  void tellEpoch();
  bool carryOut(BurialTask& task);
  Expected<bool, StoreError> isThere(const SessionId& id);

  SessionStore& store_;
  SessionStore& bare_;
  const RevokedSessions& revoked_;
  const HmacKey& log_names_;
  const Others others_;
  const std::chrono::milliseconds pause_;
  Counter& renewed_;
  Counter& resurrected_;
  std::atomic<std::uint64_t> renewals_ = 0;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  Waiting waiting_;  // guarded by mutex_
  // Of the thread.
  LateBurials late_;
  SteadyTime epoch_due_ = SteadyTime::max();  ///< the server is to be told again
  RenewalPauses between_renewals_;
  RenewalPauses between_losses_;
  SteadyTime next_last_look_;
  std::uint64_t last_look_cursor_ = 0;  ///< RevokedSessions::aboutToBeForgotten()'s
  std::jthread thread_;                 // last: it uses all of the above
};

}  // namespace sessiond
