// RedisSessionStore: sessions as express-session and connect-redis keep them, and our tombstones beside them
// (redis_keys.h).
//
// How they are read: session_reading.h.
//
// No command and no script names two keys: while a cluster moves a slot, one that does is answered TRYAGAIN for as
// long as one of its keys is missing at that node, and a tombstone nearly always is. So a revocation is no transaction
// either: the tombstone comes first, and from then on it does not matter when the session itself goes.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "redis/session_reading.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe.
class RedisSessionStore final : public SessionStore {
 public:
  /// Copies what it needs of `config`; `client` must outlive it. `replicas`: how many a revocation waits for, and
  /// whoever logs everybody out.
  RedisSessionStore(RedisAccess& client, const SessionSettings& config, const RedisKeys& keys,
                    std::uint32_t replicas = 0);

  /// Of a value longer than session.max_bytes, `json` holds the first max_bytes + 1 bytes: enough to see that.
  void load(std::span<SessionLoad> loads) override;
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override;
  /// A connection that breaks just after the server has written makes this say kChanged, since it is asked again: a
  /// caller that reads, decides anew and tries once more comes to the right end. Two round trips: a tombstone is looked
  /// for before the value is replaced, and after it.
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override;
  using SessionStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override;
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override;

 private:
  struct Batch;

  RedisAccess& client_;
  const RedisKeys keys_;
  const SessionReading reading_;
  const std::uint32_t replicas_;
};

}  // namespace sessiond
