// SessionStore: where sessions are kept. Redis in the product (redis/redis_session_store.h), memory in unit tests
// (tests/support/memory_session_store.h); one contract suite runs against both.
//
// "Not there" (an empty optional), "cannot tell" (StoreError::kUnavailable, kTimeout) and "damaged" (kCorrupt) are
// three answers, and no implementation may merge them.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/expected.h"
#include "session/found_session.h"
#include "session/session_id.h"

namespace sessiond {

enum class StoreError {
  kUnavailable,  ///< down, refused, breaker open, loading, read-only, out of memory, wrong password
  kTimeout,      ///< no answer within the budget; whether a write happened is not known
  kCorrupt,      ///< the key holds something that is no string
};

/// What one read of a session found.
struct StoredSession {
  /// Absent: no such key. Lies in a buffer of the store: until the same thread's next load() by any store.
  std::optional<std::string_view> json = {};
  bool revoked = false;  ///< a tombstone stands for this id; it outranks the value
  /// How long the key has to live, from the moment it was read, kNoEnd if it does not expire; absent: not asked for.
  std::optional<std::chrono::milliseconds> ttl = {};
  /// How often everybody had been logged out (login_epoch.h), read with it; absent: nobody can tell.
  std::optional<std::uint64_t> epoch = 0;
  /// If SessionLoad::user was asked for: a tag of the password that they can log in with; 0: they cannot.
  std::uint64_t user_tag = 0;
};

/// One read of a batch: `result` out, the rest in.
struct SessionLoad {
  const SessionId* id = nullptr;
  bool wants_ttl = false;
  /// A user that this store keeps, by the name to log in with, to be looked at as well; empty: none.
  std::string_view user = {};
  Expected<StoredSession, StoreError> result = Unexpected(StoreError::kUnavailable);
};

/// What became of the tombstone of a session that was deleted.
enum class Burial {
  kBuried,    ///< it stands, for as long as was asked, or longer
  kUnburied,  ///< it could not be written (the server is full, say): a copy that is saved late brings the session back
};

/// One revocation of a batch: id and lifetime in, `result` out.
struct SessionRevocation {
  SessionId id;
  std::chrono::seconds tombstone_ttl{};
  Expected<Burial, StoreError> result = Unexpected(StoreError::kUnavailable);
  std::optional<std::uint32_t> replicas = {};  ///< of Redis that have it; absent: nobody waited (logout.replicas)
};

/// What became of the ends of several sessions together: of each the worst.
struct Ending {
  Burial burial = Burial::kBuried;
  std::optional<std::uint32_t> replicas = {};
  std::size_t sessions = 0;  ///< of a user's: how many there were

  void add(const Ending& other) {
    sessions += other.sessions;
    if (other.burial == Burial::kUnburied) burial = Burial::kUnburied;
    if (other.replicas) replicas = std::min(replicas.value_or(*other.replicas), *other.replicas);
  }
};

enum class ReplaceOutcome {
  kReplaced,
  kChanged,  ///< the stored value is no longer the expected one; nothing was written
  kMissing,  ///< the key is gone or revoked; nothing was written
};

/// Thread-safe. No call takes longer than the configured budget.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Reads value and tombstone of every id, all in one round trip. Fills in each `result`, whose text lasts until the
  /// thread loads again.
  virtual void load(std::span<SessionLoad> loads) = 0;
  /// Stores a new session. REQUIRES: the id is fresh.
  virtual Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) = 0;
  /// Compare-and-set: writes `next` if the value is still `expected` and no tombstone stands; keeps the TTL; never
  /// creates a key.
  virtual Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                                       std::string_view next) = 0;
  /// Gives every session a tombstone for its `tombstone_ttl`, unless one that lives longer stands already, and deletes
  /// it, all in one round trip. A tombstone that cannot be written keeps no session from being deleted. Fills in each
  /// `result`; where that is an error, the session may live on.
  virtual void revoke(std::span<SessionRevocation> revocations) = 0;
  /// How often everybody has been logged out. Where the counter is lower than `at_least` it is raised to that.
  /// kCorrupt: it is no such number.
  virtual Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) = 0;

  /// The same for one.
  Expected<Burial, StoreError> revoke(const SessionId& id, std::chrono::seconds tombstone_ttl) {
    SessionRevocation one{.id = id, .tombstone_ttl = tombstone_ttl};
    revoke(std::span(&one, 1));
    return one.result;
  }
};

}  // namespace sessiond
