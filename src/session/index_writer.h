// IndexWriter: has sessions noted in their users' indexes, off the path of the check that met them: a lane may not wait
// for the store. So every session that a check has ever seen is found by "log out everywhere", whoever made it.
//
// What waits is gathered for a moment and written together. What the store does not take, of all or of one user, waits
// on and is tried again, and nothing else is. Whoever lists a user's sessions waits until what was met here before is
// in the index. Elsewhere nobody waits for that: what was met here before all of its user's sessions were ended there,
// and is noted only then, is ended here. So is, whenever it was met, what by its own word began before that and is new
// to the index, which has lost it then. Whoever logs in is noted before they know their session, so by clocks alone no
// later login is ended.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "session/known_session.h"
#include "session/session_store.h"
#include "session/user_session_index.h"

namespace sessiond {

/// Thread-safe, with a thread of its own. What waits when it is destroyed is written if the store answers at once. The
/// lives of sessions are by `clock`, its own pauses by the machine's, because a condition variable waits by it.
class IndexWriter final : public UserSessionIndex {
 public:
  /// Ends sessions of a user that were missed when all were ended. May wait for the store.
  using EndMissed = std::function<void(std::string_view user_id, const std::vector<SessionId>& ids)>;

  /// All must outlive it, and whatever `end_missed` uses is there by the time of the first note.
  IndexWriter(UserSessionIndex& index, const Clock& clock, MetricsRegistry& metrics, EndMissed end_missed = {});
  ~IndexWriter() override;
  /// Before what `end_missed` uses is gone. Nothing is noted any more.
  void finish();
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  /// Has the session noted, if it is anybody's and that is due (KnownSession::mustBeIndexed). `ends`: of its key's
  /// present life; absent: not known. `met`: before the store was asked for it. Never waits. Beyond kMaxWaiting nothing
  /// is noted, and the next load tries again, with the time at which it was met first.
  void note(const KnownSession& session, std::optional<SteadyTime> ends, SteadyTime met);
  /// All sessions of its user have been ended, after that moment. If this one was noted before, it is once more, as if
  /// it never had been: the index may have lost it. Never waits; what there is no room for is due at a load, as after
  /// mayBeLost(). It says nothing of how long the session may live.
  void noteAnew(const KnownSession& session, SteadyTime before);
  /// The server may be one that never had what was noted, or has lost it: all are due again. Never waits.
  void mayBeLost() { lost_.store(clock_.steadyNow(), std::memory_order_relaxed); }

  // These wait for the store.
  void addAll(std::span<IndexNote> notes) override { index_.addAll(notes); }
  Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) override;
  Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                        std::span<const SessionId> leaving) override;
  /// What was met here before is in the index by then, if that can be.
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user_id, std::span<const SessionId> kept,
                                               std::chrono::milliseconds life) override;
  Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override {
    return index_.endedLately(count);
  }
  Expected<IndexPage, StoreError> listBefore(std::string_view user_id, EndMoment moment, std::string_view from,
                                             std::size_t count) override {
    return index_.listBefore(user_id, moment, from, count);
  }
  /// What could not be written, since the store is full, say, is in the list as well.
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t count) override;

  static constexpr std::size_t kMaxWaiting = 16 * 1024;
  static constexpr std::size_t kLargestBatch = 256;
  static constexpr std::chrono::milliseconds kGathering{10};
  static constexpr std::chrono::milliseconds kUntilNextTry{500};
  /// As far as the clocks of two machines may be apart before one's logins look older to the other than they are.
  static constexpr std::chrono::minutes kClocksApart{1};

 private:
  struct Noted {
    SteadyTime ends;
    SteadyTime met;      ///< first
    SteadyTime begun;    ///< no later than it was met
    bool again = false;  ///< it has been noted before
  };
  using OfUser = std::map<SessionId, Noted>;
  using Waiting = std::map<std::string, OfUser, std::less<>>;
  using Missed = std::map<std::string, std::vector<SessionId>>;
  class UnderWay;

  bool hasRoom(SteadyTime now);
  void add(const KnownSession& session, const Noted& noted);
  SteadyTime begunBefore(const KnownSession& session, SteadyTime met, SteadyTime now) const;
  void run(const std::stop_token& stop);
  void wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void writeLast(std::unique_lock<std::mutex>& lock);
  Expected<void, StoreError> writeOut(const Waiting& batch, std::unique_lock<std::mutex>& lock);
  Expected<void, StoreError> settle(std::string_view user_id);
  std::vector<SessionId> unwrittenOf(std::string_view user_id);
  Expected<void, StoreError> write(const Waiting& batch, Waiting& failed, Missed& missed);
  Waiting take(std::size_t most);
  void writeLate(std::unique_lock<std::mutex>& lock);
  static bool keep(OfUser& where, const SessionId& id, const Noted& noted);
  static void join(OfUser& where, OfUser& more);
  void keepLate(const std::string& user_id, const SessionId& id, const Noted& noted);
  std::size_t& sizeOf(const Waiting& where) { return &where == &waiting_ ? size_ : late_size_; }

  UserSessionIndex& index_;
  const Clock& clock_;
  Counter& noted_;
  Counter& left_out_;
  const EndMissed end_missed_;
  OncePer full_log_;
  std::atomic<SteadyTime> lost_ = SteadyTime::min();  ///< when that may have been
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::condition_variable written_;
  Waiting waiting_;                                    // guarded by mutex_
  Waiting late_;                                       // the same: was tried in vain
  SteadyTime late_at_ = SteadyTime::max();             // the same: when it is tried again
  std::size_t size_ = 0;                               // the same: of all sessions in waiting_
  std::size_t late_size_ = 0;                          // the same: of those in late_
  std::string late_turn_;                              // the same: whose turn it was last
  bool forgotten_ = false;                             // the same: something found no room in late_
  std::multiset<std::string, std::less<>> under_way_;  // the same: whose sessions are being written
  std::jthread thread_;                                // last: it uses all of the above
};

}  // namespace sessiond
