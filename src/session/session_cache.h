// SessionCache: what is known of sessions, in memory, found by id or by the whole cookie value.
//
// It is filled by loads and emptied by Redis itself (redis/invalidation_listener.h). What keeps it true are four
// rules:
//   - Whoever loads a session puts a place-holder (a flight) here before it asks Redis. An invalidation removes
//     place-holders as it removes sessions, and an answer whose place-holder has gone is not kept: it may be older
//     than what the invalidation told of.
//   - A place-holder belongs to the epoch of trust it was put in (cache_trust.h). An answer of another epoch is not
//     kept, and a session of another epoch is not found.
//   - A session is kept no longer than its key had to live when it was loaded, because Redis may take its time to
//     delete (and to tell of) an expired key.
//   - Nothing is found, and no place-holder put, while trust does not hold.
//
// An entry may know the cookie value that its id was verified from. Then the same value is found again without an
// HMAC: it is compared whole and in constant time.
//
// Of a million sessions hardly any is in a processor's cache. What a look-up waits for, one after the other, is the
// shard's index (base/hash_index.h), the entry (one cache line) and the session (known_session.h; its lines together).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "session/cache_flight.h"
#include "session/cache_limits.h"
#include "session/cache_trust.h"
#include "session/facts_source.h"
#include "session/session_id.h"

namespace sessiond {

/// Thread-safe: sharded by id, each shard with a lock that is held for a look-up, never for a load.
class SessionCache {
 public:
  SessionCache(const CacheLimits& limits, const CacheTrust& trust);
  ~SessionCache();
  SessionCache(const SessionCache&) = delete;
  SessionCache& operator=(const SessionCache&) = delete;

  /// By the cookie's value exactly as sent. nullopt: not here. Allocates nothing.
  std::optional<FoundSession> find(std::string_view cookie, SteadyTime now);

  /// How a load of this session has to go on.
  struct Start {
    std::optional<FoundSession> found;    ///< it is here already
    std::shared_ptr<CacheFlight> flight;  ///< the place-holder: one's own (lead), or another loader's to wait for
    bool lead = false;                    ///< neither found nor flight: load it, and keep nothing
  };
  Start start(const SessionId& id, SteadyTime now);

  /// Ends one's own flight: keeps the answer if the place-holder still stands, and wakes those who wait. `cookie`:
  /// see FactsLoad; a session that was found holds its own. An answer of kUnavailable is never kept. `started`: from
  /// before the load was sent.
  void finish(const SessionId& id, const std::shared_ptr<CacheFlight>& flight, const FoundSession& found,
              std::string_view cookie, SteadyTime started);

  /// Forgets the session and any place-holder for it.
  void invalidate(std::string_view id);
  /// Forgets everything (FLUSHALL).
  void invalidateAll();

  struct Size {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
  };
  /// Of all shards; for metrics.
  Size size() const;

 private:
  struct Absence;
  struct Entry;
  struct Shard;
  static constexpr std::size_t kShards = 64;

  Shard& shardOf(std::uint64_t hash) const;

  const CacheTrust& trust_;
  const CacheLimits shard_limits_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace sessiond
