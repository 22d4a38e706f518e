// RedisUserDirectory: users as hashes `sessiond:user:<name>`:
//
//   HSET sessiond:user:ada password '$2y$12$...' id 42 name ada email ada@example.org roles '["admin","staff"]'
//   HSET sessiond:user:ada disabled 1
//
// The name in the key is canonical (login/user_name.h): with spaces around it or in another form of Unicode it is never
// found. `password` is required. `disabled` locks the user unless it is empty, `0` or `false`. What is absent falls
// back: `name` to the name in the key, `id` to that, email and roles to none. An id that is the display name would be
// shared by namesakes, so a missing `id` is never taken from `name`.

#pragma once

#include <string>
#include <string_view>

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
  /// Not known: nobody looks through all keys for it.
  std::optional<std::string> usualHash() override { return std::nullopt; }

 private:
  RedisClient& client_;
};

}  // namespace sessiond
