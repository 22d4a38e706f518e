// RedisAppCache: the applications' cache as strings under cache.key_prefix + key.

#pragma once

#include <string>

#include "redis/redis_access.h"
#include "session/app_cache.h"

namespace sessiond {

/// Thread-safe.
class RedisAppCache final : public AppCache {
 public:
  /// Copies what it needs of `config`; `client` must outlive it.
  RedisAppCache(RedisAccess& client, const AppCacheSettings& config);

  Expected<std::optional<std::string>, AppCacheError> get(std::string_view key) override;
  Expected<void, AppCacheError> put(std::string_view key, std::string_view json,
                                    std::optional<std::chrono::seconds> ttl) override;
  Expected<void, AppCacheError> remove(std::string_view key) override;

 private:
  /// One command, one reply of this type.
  Expected<RedisReply, AppCacheError> run(const RedisCommands& commands, RedisReply::Type type);

  RedisAccess& client_;
  const std::string key_prefix_;
  const std::string last_byte_;  // of GETRANGE: one more than a value may have
};

}  // namespace sessiond
