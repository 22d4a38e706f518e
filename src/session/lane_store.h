// LaneStore: what a lane asks of the session store, many sessions in one round trip, without ever waiting. Redis in
// the product (redis/redis_lane_store.h), a script in unit tests.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "session/session_id.h"
#include "session/session_store.h"

namespace sessiond {

enum class TouchOutcome : std::uint8_t {
  kTouched,
  kChanged,  ///< somebody has given the key another life meanwhile; it keeps that
  kGone,
};

/// One touch: sets the key's life to `ttl`, if it ends when it was thought to end: what an application has decided
/// since then stands. `result` out.
struct KeyTouch {
  const SessionId* id = nullptr;
  std::chrono::seconds ttl{};
  SteadyTime ends;  ///< of its present life; SteadyTime::max(): never
  Expected<TouchOutcome, StoreError> result = Unexpected(StoreError::kUnavailable);

  /// How far the key's end may be from `ends` and still count as unchanged: `ends` is known only to a round trip, and
  /// seconds make no difference.
  static constexpr std::chrono::milliseconds kTolerance{2000};
};

struct StoreBatch {
  std::vector<SessionLoad> loads;
  std::vector<KeyTouch> touches;
  /// LaneStore's, of all that is in it, found at that version or a later one; a store may find it out again.
  std::uint32_t group = 0;
  std::uint64_t groups_version = 0;
  /// Out: the answers came over a connection to the server that invalidations come from, so they can be fresh.
  bool tracked = false;

  bool empty() const { return loads.empty() && touches.empty(); }
  void clear() {
    loads.clear();
    touches.clear();
    group = 0;
    tracked = false;
  }
};

/// Of one lane's thread. Where several servers share the sessions, who waits for one must not wait for another one:
/// what leads to the same servers is a *group*, and of each group a batch may be under way.
class LaneStore {
 public:
  /// Whoever sends batches.
  class Client {
   public:
    /// Every result is filled in; the texts last until this returns.
    virtual void answered(StoreBatch& batch) = 0;

   protected:
    ~Client() = default;
  };

  virtual ~LaneStore() = default;
  using Group = std::uint32_t;
  /// Of what leads to many of them, and of everything where there is but one server.
  static constexpr Group kMixed = 0;
  virtual Group groupOf(const SessionLoad&) const { return kMixed; }
  virtual Group groupOf(const SessionId&) const { return kMixed; }
  /// Is there more than one group?
  virtual bool hasGroups() const { return false; }
  /// Changes before and after somebody's group may have.
  virtual std::uint64_t groupsVersion() const { return 0; }
  /// Sends all of it; answered() follows once, at `deadline` at the latest, perhaps before this returns. One batch of a
  /// group at a time. The batch stays where it is until then.
  virtual void send(StoreBatch& batch, SteadyTime deadline, Client& client) = 0;
  /// Checks are being made, be it from memory: the store is worth being kept in touch with.
  virtual void noteUse() {}
};

}  // namespace sessiond
