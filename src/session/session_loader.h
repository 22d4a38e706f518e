// SessionLoader: how a lane gets the sessions that its checks want and memory does not have: many at a time, one batch
// under way while the next one gathers. Where several servers share the sessions, there is such a batch for each group
// of them (lane_store.h).
//
// Batching delays a load by at most kGatherTime, however busy the lane is, and a batch under way at one group of
// servers delays no load for another.
//
// Each session is asked for once, however many checks want it: a check joins what is not sent yet, or what is under
// way as long as nothing has told, or could have told unheard, of a change since (SessionCache::mayJoin). What comes
// is kept, and what the text of a session meant before is not extracted again. Whose user the store keeps is asked for
// with that user: a second time if it was not known before.
//
// Loaded sessions are queued for their users' indexes (index_writer.h); the check does not wait for that.
//
// Each check ends when its own time is over, whatever those beside it in a batch may still wait for.
//
// A touch that is due is sent from here as well and acknowledged before its check is answered, so that whatever the
// application does then comes after it. One that failed is kept and sent again when its server answers (LateTouches).

#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "session/facts_reader.h"
#include "session/index_writer.h"
#include "session/lane_store.h"
#include "session/late_touches.h"
#include "session/loader_metrics.h"
#include "session/pending_batches.h"
#include "session/session_cache.h"
#include "session/session_want.h"
#include "session/touch_throttle.h"

namespace sessiond {

/// Of one lane's thread. What it works with outlives it.
class SessionLoader final : private LaneStore::Client, private EventLoop::Waiter {
 public:
  class Client {
   public:
    virtual void loaded(SessionWant& want) = 0;
    virtual void touched(TouchWant& want) = 0;

   protected:
    ~Client() = default;
  };
  /// What all lanes share.
  struct Parts {
    SessionCache& cache;
    FactsReader& reader;
    TouchThrottle& throttle;
    LateTouches& late;
    LoaderMetrics& metrics;
    IndexWriter* index = nullptr;  ///< is told of whom the sessions are that come; null: nobody is
    const Clock& clock;
    std::chrono::milliseconds budget;  ///< from a request's arrival
  };

  SessionLoader(const Parts& parts, LaneStore& store, EventLoop& loop, Client& client);
  /// Whoever still waits is not told, and a touch under way is lost: not before busy() is false, where that can be had.
  ~SessionLoader();
  SessionLoader(const SessionLoader&) = delete;
  SessionLoader& operator=(const SessionLoader&) = delete;

  /// Never calls the client. What throws is not wanted, and may go.
  void want(SessionWant& want);
  void want(TouchWant& want);
  /// Sends what has gathered, unless a batch of its group is under way, behind which it follows by itself. May call the
  /// client, who may want more meanwhile. Where nobody calls it, it happens by itself: at once if a batch of other
  /// servers is under way, else within kGatherTime.
  void flush();
  bool busy() const { return pending_.any(); }

  static constexpr std::size_t kLargestBatch = 64;
  /// How long a load may wait for others, to be asked for with them.
  static constexpr std::chrono::microseconds kGatherTime{250};

 private:
  using Touching = PendingBatch::Touching;

  void answered(StoreBatch& batch) override;
  void onEvent() override {}
  void onTime() override;
  bool join(AskedSessions& asked, std::uint64_t hash, SessionWant& want, bool sent);
  void watch(SteadyTime arrived);
  void flushSoon(LaneStore::Group group, SteadyTime now);
  void tell(SessionWant& want, const AskedSession& asked, SteadyTime now);
  bool sendNext();
  void regroup();
  std::optional<LaneStore::Group> nextGroup() const;
  void fill(PendingBatch& pending, SteadyTime now);
  void takeLoads(PendingBatch& pending, SteadyTime now);
  bool takeLoad(PendingBatch& pending, AskedSession& asked, SteadyTime now);
  void takeTouches(PendingBatch& pending, SteadyTime now);
  void keepLate(SteadyTime now);
  void keepLate(const KeyTouch& touch, SteadyTime until, SteadyTime now);
  void noteExpiry(SteadyTime first, SteadyTime last);
  template <typename IsOver>
  void expirePending(PendingBatch& pending, const IsOver& is_over, std::vector<SessionWant*>& loads,
                     std::vector<TouchWant*>& touches);
  void expire(SteadyTime now);
  void waitForTime();
  SteadyTime deadlineOf(SteadyTime arrived) const { return arrived + parts_.budget; }
  bool isTouchDue(const AskedSession& asked, SteadyTime now) const;
  bool take(AskedSession& asked, const SessionLoad& load, bool tracked, SteadyTime now);
  void note(Touching& touching, const KeyTouch& sent, SteadyTime now);

  const Parts parts_;
  LaneStore& store_;
  EventLoop& loop_;
  Client& client_;
  AskedSessions gathering_;
  AskedSessions spare_;  ///< empty: memory for those of the next batch that is answered
  std::deque<TouchWant*> touches_;
  PendingBatches pending_;
  bool flushing_ = false;
  std::uint64_t groups_version_ = 0;           ///< by which those who gather are in their groups
  std::vector<LateTouch> late_;                ///< taken to be sent now
  SteadyTime late_at_ = SteadyTime::max();     ///< when late touches are to be sent
  SteadyTime flush_at_ = SteadyTime::max();    ///< when those who gather are looked at, if nobody does before
  SteadyTime expires_at_ = SteadyTime::max();  ///< when the first of those who wait has waited enough
  SteadyTime waiting_for_ = SteadyTime::max();
};

}  // namespace sessiond
