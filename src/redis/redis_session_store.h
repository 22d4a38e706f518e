// RedisSessionStore: sessions as express-session and connect-redis keep them: a string under prefix + id, and beside
// it our tombstones under `sessiond:revoked:` + id.
//
// How they are read: session_reading.h.

#pragma once

#include <span>
#include <string>

#include "redis/redis_client.h"
#include "redis/session_reading.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe.
class RedisSessionStore final : public SessionStore {
 public:
  /// Copies what it needs of `config`; `client` must outlive it.
  RedisSessionStore(RedisClient& client, const SessionSettings& config);

  /// Of a value longer than session.max_bytes, `json` holds the first max_bytes + 1 bytes: enough to see that.
  void load(std::span<SessionLoad> loads) override;
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override;
  /// A connection that breaks just after the server has written makes this say kChanged, since it is asked again: a
  /// caller that reads, decides anew and tries once more comes to the right end.
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override;
  Expected<void, StoreError> revoke(const SessionId& id, std::chrono::seconds tombstone_ttl) override;

 private:
  struct Batch;

  RedisClient& client_;
  const std::string key_prefix_;
  const SessionReading reading_;
};

}  // namespace sessiond
