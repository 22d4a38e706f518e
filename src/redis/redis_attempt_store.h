// RedisAttemptStore: tries to log in and what is remembered of logins, in Redis.
//
//   sessiond:try:...        hash   n1 tries and e1 end of the first window, n2 and e2 of the second, last try; in ms
//   sessiond:places:...     zset   network (hash) → last login there, in seconds and parts of one
//   sessiond:failures:...   hash   count, last; wrong passwords since the last login
//
// Tries are counted by scripts of one key, by Redis's clock, so that no two instances disagree about a window.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "login/attempt_store.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"

namespace sessiond {

/// What stands in a counter.
struct AttemptCount {
  struct Window {
    std::uint64_t tries = 0;
    std::chrono::milliseconds left{};  ///< until it ends
  };
  std::chrono::milliseconds wait{};  ///< of a try that came now; 0: it would be let in
  std::vector<Window> windows;       ///< in the limit's order
};

/// Thread-safe.
class RedisAttemptStore final : public AttemptCounters, public LoginMemory {
 public:
  /// All must outlive it.
  RedisAttemptStore(RedisAccess& client, const RedisKeys& keys, const Clock& clock)
      : client_(client), keys_(keys), clock_(clock) {}

  Expected<Reservation, AttemptStoreError> reserve(std::string_view key, const AttemptLimit& limit) override;
  Expected<void, AttemptStoreError> giveBack(std::string_view key, const Reservation& reservation) override;
  Expected<void, AttemptStoreError> forget(std::string_view key) override;

  /// What reserve() would judge by; counts nothing.
  Expected<AttemptCount, AttemptStoreError> look(std::string_view key, const AttemptLimit& limit);

  Expected<std::vector<std::string>, AttemptStoreError> knownPlaces(std::string_view key,
                                                                    std::chrono::seconds lifetime) override;
  Expected<void, AttemptStoreError> remember(std::string_view key, std::string_view place,
                                             std::chrono::seconds lifetime, std::uint32_t most) override;
  Expected<void, AttemptStoreError> noteFailure(std::string_view key, std::chrono::seconds lifetime) override;
  Expected<FailureNote, AttemptStoreError> takeFailures(std::string_view key) override;

 private:
  Expected<RedisReplies, AttemptStoreError> run(const RedisCommands& commands, Repeat repeat);
  Expected<std::vector<std::int64_t>, AttemptStoreError> ask(std::string_view script, std::string_view key,
                                                             const AttemptLimit& limit);
  Expected<void, AttemptStoreError> change(const RedisCommands& commands, Repeat repeat);
  std::int64_t nowInSeconds() const;

  RedisAccess& client_;
  const RedisKeys& keys_;
  const Clock& clock_;
};

}  // namespace sessiond
