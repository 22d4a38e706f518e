// RedisSessionStore: sessions as express-session and connect-redis keep them: a string under prefix + id, and beside
// it our tombstones under `sessiond:revoked:` + id.
//
// Reading takes one GETRANGE a session and one EXISTS for all tombstones of a batch, in one round trip. GETRANGE
// instead of GET bounds what a monstrous value can cost everybody else in the batch; it cannot tell an empty value
// from none, and neither does connect-redis: both are "no session". The values are asked for before the tombstones,
// so that a value which was written back after a revocation is never seen without its tombstone.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "redis/redis_client.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

inline constexpr std::string_view kTombstonePrefix = "sessiond:revoked:";

/// Thread-safe.
class RedisSessionStore final : public SessionStore {
 public:
  /// Copies what it needs of `config`; `client` must outlive it. Times to live are read when there is a cache.
  RedisSessionStore(RedisClient& client, const SessionSettings& config);

  /// Of a value longer than session.max_bytes, `json` holds the first max_bytes + 1 bytes: enough to see that.
  void load(std::span<SessionLoad> loads) override;
  /// See RedisClient::beginPipeline(). kFailed also when some of several are revoked: load() finds out which.
  std::unique_ptr<Pending> beginLoad(std::span<SessionLoad> loads) override;
  Expected<void, StoreError> touch(std::span<const SessionTouch> touches) override;
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override;
  /// A connection that breaks just after the server has written makes this say kChanged, since it is asked again: a
  /// caller that reads, decides anew and tries once more comes to the right end.
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override;
  Expected<void, StoreError> revoke(const SessionId& id, std::chrono::seconds tombstone_ttl) override;

 private:
  struct Batch;
  class BegunLoad;

  void writeCommands(std::span<const SessionLoad> loads, Batch& batch) const;
  Expected<void, StoreError> readValues(std::span<const SessionLoad> loads, Batch& batch, SteadyTime deadline);
  /// From the values and revocations of the batch, or `done` for all.
  void fillIn(std::span<SessionLoad> loads, const Batch& batch, const Expected<void, StoreError>& done) const;
  /// Some of the ids are revoked, but the count does not say which.
  Expected<void, StoreError> findRevoked(std::span<const SessionLoad> loads, Batch& batch, SteadyTime deadline);

  RedisClient& client_;
  const std::string key_prefix_;
  const bool reads_ttl_;
  const std::string last_byte_;  ///< what GETRANGE reads to: max_bytes, counted from 0
};

}  // namespace sessiond
