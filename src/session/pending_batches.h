// PendingBatches: what a loader (session_loader.h) has sent to the store, and who waits for it. Of each group of
// servers there is one batch under way at most; what gathers behind it follows in the next.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "session/asked_sessions.h"
#include "session/lane_store.h"
#include "session/late_touches.h"
#include "session/session_cache.h"
#include "session/session_id.h"
#include "session/session_want.h"

namespace sessiond {

/// A batch, and who waits for it. Stays where it is; used again and again.
struct PendingBatch {
  /// A touch under way. What the store needs of it must stand when nobody waits any more.
  struct Touching {
    TouchWant* want;  ///< null: nobody waits, or no more
    LateTouch touch;
    SessionRef session;
    bool first;  ///< not a late one
  };

  LaneStore::Group group = LaneStore::kMixed;
  bool under_way = false;
  AskedSessions asked;
  std::deque<Touching> touching;
  StoreBatch batch;
  SteadyTime deadline;
};

/// Of one lane's thread.
class PendingBatches {
 public:
  bool any() const { return under_way_ > 0; }
  bool any(LaneStore::Group group) const;
  /// Those under way, and those that will be used again.
  std::list<PendingBatch>& all() { return all_; }
  /// Until when the last of them may take; of none: min().
  SteadyTime lastDeadline() const;

  /// One to be filled: not under way yet.
  PendingBatch& prepare(LaneStore::Group group);
  void start(PendingBatch& pending);
  /// REQUIRES: of one under way.
  PendingBatch& of(const StoreBatch& batch);
  void end(PendingBatch& pending);

 private:
  std::list<PendingBatch> all_;
  std::size_t under_way_ = 0;
};

}  // namespace sessiond
