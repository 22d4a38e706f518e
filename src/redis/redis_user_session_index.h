// RedisUserSessionIndex: a user's sessions as a sorted set (redis_keys.h), member = session id, score = when it was
// created, in milliseconds.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "redis/redis_client.h"
#include "redis/redis_keys.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe.
class RedisUserSessionIndex final : public UserSessionIndex {
 public:
  /// `client` must outlive it.
  RedisUserSessionIndex(RedisClient& client, const RedisKeys& keys) : client_(client), keys_(keys) {}

  /// Also drops entries whose sessions are gone, wherever they stand: each login adds one entry and looks at 64, so the
  /// index stays about as large as the number of sessions that live.
  Expected<void, StoreError> add(std::string_view user_id, const SessionId& id, WallTime created,
                                 std::chrono::seconds lifetime) override;
  Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) override;
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t first,
                                                    std::size_t count) override;

 private:
  void dropExpired(std::string_view key, std::uint32_t size, WallTime settled, SteadyTime deadline);

  RedisClient& client_;
  const RedisKeys keys_;
};

}  // namespace sessiond
