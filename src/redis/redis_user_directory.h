// RedisUserDirectory: users as hashes (redis_keys.h), each like this:
//
//   HSET sessiond:user:ada password '$2y$12$...' id 42 name ada email ada@example.org roles '["admin","staff"]'
//   HSET sessiond:user:ada disabled 1
//
// The name in the key is canonical (login/user_name.h): with spaces around it or in another form of Unicode it is never
// found. `password` is required. `disabled` locks the user unless it is empty, `0` or `false`. What is absent falls
// back: `name` to the name in the key, `id` to that, email and roles to none. An id that is the display name would be
// shared by namesakes, so a missing `id` is never taken from `name`.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "login/user_directory.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// A tag of the password that this user can log in with, from two fields of their hash; 0: they are locked, or not
/// there.
std::uint64_t standingTag(std::string_view name, const RedisReply& password, const RedisReply& disabled);

/// Thread-safe.
class RedisUserDirectory final : public UserDirectory {
 public:
  /// `usual_hash`: what somebody said (login.redis_usual_hash) that most users' hashes are like; empty: nobody did.
  /// `client` must outlive it.
  RedisUserDirectory(RedisAccess& client, RedisKeys keys, std::string usual_hash = {})
      : client_(client), keys_(std::move(keys)), usual_hash_(std::move(usual_hash)) {}

  Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) override;
  /// Not known by itself: nobody looks through all keys for it.
  std::optional<std::string> usualHash() override {
    return usual_hash_.empty() ? std::nullopt : std::optional(usual_hash_);
  }

 private:
  RedisAccess& client_;
  const RedisKeys keys_;
  const std::string usual_hash_;
};

}  // namespace sessiond
