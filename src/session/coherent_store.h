// CoherentStore: a session store whose writes are seen by this process's own caches before they are answered.
//
// Redis tells of every change, ours too, but a moment later. Whoever has been told "logged out" asks at once, and here
// of all places must not be let in again. So what is written counts as an invalidation as soon as the store has
// answered, whatever it answered: after a timeout nobody knows. And what was revoked is remembered
// (revoked_sessions.h), and so is how often everybody was logged out (login_epoch.h). A tombstone that the store would
// not take is somebody else's to try again: until it stands, a copy that is saved late is a session everywhere else. So
// is one that the store took while all that is remembered was written again, since the server may have become another
// one: this session was not among them, and may be known to the old server alone.

#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "base/clock.h"
#include "session/live_caches.h"
#include "session/login_epoch.h"
#include "session/revoked_sessions.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe if `unburied` and `renewals` are; everything passed in must outlive it.
class CoherentStore final : public SessionStore {
 public:
  /// Told of a session that is deleted and remembered, but has no tombstone, or none that is sure to stay.
  using Unburied = std::function<void(const SessionId&)>;
  /// How often all that is remembered has been written again (BurialQueue::renewals).
  using Renewals = std::function<std::uint64_t()>;

  CoherentStore(SessionStore& store, LiveCaches& caches, RevokedSessions& revoked, LoginEpoch& epoch,
                const Clock& clock, Unburied unburied = {}, Renewals renewals = {})
      : store_(store),
        caches_(caches),
        revoked_(revoked),
        epoch_(epoch),
        clock_(clock),
        unburied_(std::move(unburied)),
        renewals_(std::move(renewals)) {}

  void load(std::span<SessionLoad> loads) override { store_.load(loads); }
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override {
    return told(id, store_.create(id, json, ttl));
  }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    return told(id, store_.replace(id, expected, next));
  }
  using SessionStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override {
    const std::uint64_t before = renewalsSoFar();
    store_.revoke(revocations);
    for (const SessionRevocation& one : revocations) {
      if (one.result) revoked_.note(one.id, one.tombstone_ttl);
      caches_.invalidate(one.id.bytes(), clock_.steadyNow());
      if (unburied_ && one.result && (*one.result == Burial::kUnburied || renewalsSoFar() != before)) unburied_(one.id);
    }
  }

  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    const Expected<std::uint64_t, StoreError> epoch = store_.raiseEpoch(std::max(at_least, epoch_.seen()));
    if (epoch) epoch_.note(*epoch);
    return epoch;
  }

 private:
  template <typename Result>
  Result told(const SessionId& id, Result result) {
    caches_.invalidate(id.bytes(), clock_.steadyNow());
    return result;
  }
  std::uint64_t renewalsSoFar() const { return renewals_ ? renewals_() : 0; }

  SessionStore& store_;
  LiveCaches& caches_;
  RevokedSessions& revoked_;
  LoginEpoch& epoch_;
  const Clock& clock_;
  const Unburied unburied_;
  const Renewals renewals_;
};

}  // namespace sessiond
