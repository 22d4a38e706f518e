// SessionStore: where sessions are kept. Redis in the product (redis/redis_session_store.h), memory in unit tests
// (tests/support/memory_session_store.h); one contract suite runs against both.
//
// "Not there" (an empty optional), "cannot tell" (StoreError::kUnavailable, kTimeout) and "damaged" (kCorrupt) are
// three answers, and no implementation may merge them.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
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
};

/// One read of a batch: `id` and `wants_ttl` in, `result` out.
struct SessionLoad {
  const SessionId* id = nullptr;
  bool wants_ttl = false;
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

  /// The same for one.
  Expected<Burial, StoreError> revoke(const SessionId& id, std::chrono::seconds tombstone_ttl) {
    SessionRevocation one{.id = id, .tombstone_ttl = tombstone_ttl};
    revoke(std::span(&one, 1));
    return one.result;
  }
};

/// Which sessions a user has: an index beside the sessions, kept for those that sessiond made. A session in the
/// index may have expired meanwhile.
class UserSessionIndex {
 public:
  virtual ~UserSessionIndex() = default;
  /// Notes a session; `lifetime` is how long the index itself is kept at least.
  virtual Expected<void, StoreError> add(std::string_view user_id, const SessionId& id, WallTime created,
                                         std::chrono::seconds lifetime) = 0;
  virtual Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) = 0;
  /// A page: `count` at most, the oldest first, without the `first` oldest ones.
  virtual Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t first,
                                                            std::size_t count) = 0;
};

}  // namespace sessiond
