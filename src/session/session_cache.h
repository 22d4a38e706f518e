// SessionCache: what is known of sessions, in memory, found by id or by the whole cookie value.
//
// Two things are kept of a session, and they are kept apart. What its text *means* stays, whatever happens, until it
// has to make room: when the store is asked again and the text is the same, nothing is parsed again. Whether it is
// *fresh* decides if the store has to be asked at all: only what is fresh is found. So a cache that may believe
// nothing, because it is switched off or because the subscription is lost, is not another way of working.
//
// What keeps fresh entries true:
//   - Whoever is going to load a session notes before the load is sent how many invalidations its stripe has had and
//     which era of trust it is (cache_trust.h). The answer is fresh only if both are still the same when it is kept;
//     an invalidation counts first and marks the entry then, and both happen under the entry's lock or before it. So
//     an answer that may be older than what an invalidation told of is never fresh, and there is nothing to wait for.
//     Stripes are shared: an invalidation of another session costs one load, seldom.
//   - An answer does not replace one whose load was sent later.
//   - An entry is believed by the proofs of its own era, no longer than its key had to live (Redis may take its time
//     to delete, and to tell of, an expired key), and no longer than a minute: the last line against whatever else
//     could keep an invalidation away.
//
// Applications may write every session at every request (connect-redis sends EXPIRE with each). Then nothing stays
// fresh, and asking for the remaining life, without which nothing is fresh, would be wasted. So an entry that was
// invalidated before it was ever found is *wary*: its next loads do not ask, as if there were no cache, until nothing
// has invalidated it for max_staleness.
//
// A session that was made by logging in as a user whom the store keeps is read with that user, and is fresh as long as
// nothing has told of either. Users have stripes of their own.
//
// An entry may know the cookie value that its id was verified from. Then the same value is recognized without an HMAC,
// whether the entry is fresh or not: it is compared whole and in constant time.
//
// Of many sessions hardly any is in a processor's cache, and a look-up is mostly waiting: for the shard's index
// (base/hash_index.h), unless expect() has asked for it in time, and then for the entry (one cache line) and the
// session (known_session.h) at the same time.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "session/cache_limits.h"
#include "session/cache_trust.h"
#include "session/found_session.h"
#include "session/session_id.h"
#include "session/trust_realms.h"

namespace sessiond {

/// Thread-safe: sharded by id, each shard with a lock that is held for a look-up, never for a load.
class SessionCache {
 public:
  SessionCache(const CacheLimits& limits, const CacheTrust& trust) : SessionCache(limits, &trust, nullptr) {}
  /// Where several servers share the sessions.
  SessionCache(const CacheLimits& limits, const TrustRealms& realms) : SessionCache(limits, nullptr, &realms) {}
  ~SessionCache();
  SessionCache(const SessionCache&) = delete;
  SessionCache& operator=(const SessionCache&) = delete;

  /// What is known by a cookie's value exactly as sent.
  struct Recognized {
    std::optional<FoundSession> found = {};  ///< what is fresh; nullopt: ask the store
    SessionRef known = {};  ///< then, if not null: the newest secret verified this very value to its id
  };
  /// Asks the processor for the memory in which recognize() begins, where something else is done in between. Takes no
  /// lock.
  void expect(std::string_view cookie) const;
  /// Allocates nothing.
  Recognized recognize(std::string_view cookie, SteadyTime now);
  /// What is fresh by the id, for whoever has verified one.
  std::optional<FoundSession> find(const SessionId& id, SteadyTime now);

  /// Of a load that is about to be sent.
  struct Note {
    SteadyTime sent = {};
    CacheTrust::Era era = 0;
    std::uint32_t invalidations = 0;  ///< of the stripe
    bool wants_ttl = false;           ///< without the key's remaining life the answer cannot be fresh
    SessionRef known = {};            ///< what was last known of this id, fresh or not
    std::uint32_t user_changes = 0;   ///< of the stripe of its user, if the store keeps them
    CacheTrust::Era user_era = 0;     ///< where that user is
  };
  Note note(const SessionId& id, SteadyTime now) const;
  /// May a check that comes now share the answer of a load that was noted so and is under way? What was acknowledged
  /// before the check came could be missing in that answer, unless trust holds and nothing has been told; and over a
  /// connection that leads elsewhere, where nobody tells, it may be no older than anything else that is believed.
  bool mayJoin(const SessionId& id, const Note& note, SteadyTime now) const;
  /// The answer has come. `cookie`: the value that the id was verified from by the newest secret, else empty.
  /// `tracked`: it came over a connection to the very server that the invalidations come from. An answer of
  /// kUnavailable says nothing and changes nothing.
  void keep(const SessionId& id, const Note& note, const FoundSession& found, std::string_view cookie, bool tracked,
            SteadyTime now);
  /// A touch of ours is on its way: the invalidation that it causes says nothing of how often others write.
  void expectTouch(const SessionId& id);
  /// The session has changed: no answer that is under way is fresh, and neither is what is here.
  void invalidate(std::string_view id, SteadyTime now);
  /// The same of a user whom the store keeps, for all sessions that were made by logging in as them.
  void invalidateUser(std::string_view login);
  /// It has ended, and need not be known any more.
  void forget(const SessionId& id);
  /// All that is known of sessions of these users, fresh or not. Goes through the whole memory: a million sessions take
  /// a quarter of a second, 10,000 a millisecond, and each shard is locked for a 64th of that.
  std::vector<SessionRef> allOf(const std::set<std::string, std::less<>>& user_ids) const;
  /// What was known of it is this, for a note of a load that is to be sent; and how its user is, if the store keeps
  /// them.
  void noteKnown(Note& note, SessionRef known) const;

  /// What it has been good for so far, in numbers of times.
  struct Use {
    std::uint64_t told = 0;    ///< a session had changed
    std::uint64_t unused = 0;  ///< of these: it was fresh, and had not been found yet
    std::uint64_t found = 0;   ///< a check found one that was fresh
    std::uint64_t spoilt = 0;  ///< a load was noted of one that had been told of since the one before
    std::uint64_t absent = 0;  ///< a load was noted of any other
  };
  struct Size {
    std::size_t entries = 0;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
    Use use;
  };
  /// Of all shards; for metrics.
  Size size() const;

  /// No entry is fresh for longer; each for up to a quarter less, so that they do not all end at one time.
  static constexpr std::chrono::milliseconds kGreatestAge{60'000};

 private:
  struct Entry;
  struct Shard;
  SessionCache(const CacheLimits& limits, const CacheTrust* trust, const TrustRealms* realms);
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kStripes = 4096;

  Shard& shardOf(std::uint64_t hash) const;
  const std::atomic<std::uint32_t>& stripeOf(std::uint64_t hash) const { return stripes_[hash % kStripes]; }
  bool isFresh(const Entry& entry, SteadyTime now) const;
  std::uint32_t userChanges(const KnownSession& session) const;
  const CacheTrust* trustAt(CacheTrust::Era era) const {
    return realms_ == nullptr ? trust_ : realms_->at(CacheTrust::realmOf(era));
  }
  bool believes(CacheTrust::Era era, SteadyTime now) const {
    const CacheTrust* const trust = trustAt(era);
    return trust != nullptr && trust->believes(era, now);
  }
  bool isBelievedInAllRealms(const KnownSession& session, SteadyTime now) const;
  std::chrono::milliseconds maxStaleness() const {
    return realms_ == nullptr ? trust_->maxStaleness() : realms_->maxStaleness();
  }
  bool userIsSame(const KnownSession& session) const;
  bool stands(std::uint64_t hash, const Note& note) const;
  std::optional<FoundSession> use(Shard& shard, Entry* entry, SteadyTime now);

  const CacheTrust* const trust_;    // null: there are realms
  const TrustRealms* const realms_;  // null: there is but one trust
  const CacheLimits shard_limits_;
  std::unique_ptr<Shard[]> shards_;
  std::array<std::atomic<std::uint32_t>, kStripes> stripes_{};
  std::array<std::atomic<std::uint32_t>, kStripes> user_stripes_{};  ///< by the hash of the name
};

}  // namespace sessiond
