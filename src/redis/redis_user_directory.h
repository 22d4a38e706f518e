// RedisUserDirectory: users as hashes `sessiond:user:<name>`:
//
//   HSET sessiond:user:ada password '$2y$12$...' id 42 name ada email ada@example.org roles '["admin","staff"]'
//
// `password` is required. What is absent falls back: `name` to the name in the key, `id` to that, email and roles to
// none. An id that is the display name would be shared by namesakes, so a missing `id` is never taken from `name`.

#pragma once

#include <string>
#include <string_view>

#include "login/decoy_hash.h"
#include "login/user_directory.h"
#include "redis/redis_client.h"

namespace sessiond {

/// Before a user's name.
inline constexpr std::string_view kUserPrefix = "sessiond:user:";

/// Thread-safe.
class RedisUserDirectory final : public UserDirectory {
 public:
  /// `client` must outlive it.
  explicit RedisUserDirectory(RedisClient& client) : client_(client) {}

  Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) override;
  std::string decoyHash(std::string_view name) override;

 private:
  RedisClient& client_;
  DecoyHash decoy_;
};

}  // namespace sessiond
