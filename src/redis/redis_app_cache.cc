#include "redis/redis_app_cache.h"

#include <utility>

#include "redis/ttl_argument.h"

namespace sessiond {

using Type = RedisReply::Type;

RedisAppCache::RedisAppCache(RedisAccess& client, const AppCacheSettings& config)
    : client_(client), key_prefix_(config.key_prefix), last_byte_(std::to_string(config.max_bytes)) {}

/// GETRANGE instead of GET bounds what a monstrous value can cost; it cannot tell an empty value from none.
Expected<std::optional<std::string>, AppCacheError> RedisAppCache::get(std::string_view key) {
  RedisCommands commands;
  commands.begin(4);
  commands.argument("GETRANGE");
  commands.argument(key_prefix_, key);
  commands.argument("0");
  commands.argument(last_byte_);
  Expected<RedisReply, AppCacheError> reply = run(commands, Type::kString);
  if (!reply) return Unexpected(reply.error());
  if (reply->text.empty()) return std::optional<std::string>();
  return std::optional(std::move(reply->text));
}

Expected<void, AppCacheError> RedisAppCache::put(std::string_view key, std::string_view json,
                                                 std::optional<std::chrono::seconds> ttl) {
  RedisCommands commands;
  commands.begin(ttl ? 5 : 3);
  commands.argument("SET");
  commands.argument(key_prefix_, key);
  commands.argument(json);
  if (ttl) {
    commands.argument("EX");
    commands.argument(ttlArgument(*ttl));
  }
  const Expected<RedisReply, AppCacheError> reply = run(commands, Type::kStatus);
  if (!reply) return Unexpected(reply.error());
  return {};
}

Expected<void, AppCacheError> RedisAppCache::remove(std::string_view key) {
  RedisCommands commands;
  commands.begin(2);
  commands.argument("DEL");
  commands.argument(key_prefix_, key);
  const Expected<RedisReply, AppCacheError> reply = run(commands, Type::kInteger);
  if (!reply) return Unexpected(reply.error());
  return {};
}

Expected<RedisReply, AppCacheError> RedisAppCache::run(const RedisCommands& commands, Type type) {
  RedisReplies replies;
  if (!client_.pipeline(commands, Repeat::kSafe, replies)) return Unexpected(AppCacheError::kUnavailable);
  RedisReply& reply = replies[0];
  if (reply.type == type) return std::move(reply);
  const bool wrong_type = storeErrorOf(reply) == StoreError::kCorrupt;
  return Unexpected(wrong_type ? AppCacheError::kWrongType : AppCacheError::kUnavailable);
}

}  // namespace sessiond
