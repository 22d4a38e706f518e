// RedisUserSessionIndex: a user's sessions as a sorted set `sessiond:sessions:<user id>`, member = session id, score =
// when it was created, in milliseconds.

#pragma once

#include <string>
#include <string_view>

#include "redis/redis_client.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// Before a user's id.
inline constexpr std::string_view kUserSessionsPrefix = "sessiond:sessions:";

/// Thread-safe.
class RedisUserSessionIndex final : public UserSessionIndex {
 public:
  /// list() gives this many at most, the newest.
  static constexpr std::size_t kMaxListed = 10'000;

  /// Copies what it needs of `config`; `client` must outlive it.
  RedisUserSessionIndex(RedisClient& client, const SessionSettings& config);

  /// Also drops some of the oldest entries whose sessions are gone: each login adds one entry and removes up to 64,
  /// so the index stays about as large as the number of sessions that live.
  Expected<void, StoreError> add(std::string_view user_id, const SessionId& id, WallTime created,
                                 std::chrono::seconds lifetime) override;
  Expected<void, StoreError> remove(std::string_view user_id, const SessionId& id) override;
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id) override;

 private:
  void dropExpired(std::string_view key, const RedisReply& oldest, SteadyTime deadline);

  RedisClient& client_;
  const std::string key_prefix_;  ///< of sessions
};

}  // namespace sessiond
