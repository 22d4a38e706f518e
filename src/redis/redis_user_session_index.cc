#include "redis/redis_user_session_index.h"

#include <cstdint>

#include "base/random.h"
#include "redis/ttl_argument.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Type = RedisReply::Type;

/// A login notes its session before or after it stores it; younger entries are left alone for that reason.
constexpr auto kSettled = 60s;
constexpr std::uint32_t kLooksPerLogin = 64;

// KEYS: index. ARGV: score, id, lifetime. Never shortens the index's life (EXPIRE GT needs Redis 7). How many entries
// there are.
constexpr std::string_view kAddScript = R"lua(
local added = redis.pcall('ZADD', KEYS[1], ARGV[1], ARGV[2])
if type(added) == 'table' then return added end
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return redis.call('ZCARD', KEYS[1])
)lua";

StoreError errorOf(const RedisReply& reply) {
  return reply.type == Type::kError ? storeErrorOf(reply) : StoreError::kUnavailable;
}

}  // namespace

Expected<void, StoreError> RedisUserSessionIndex::add(std::string_view user_id, const SessionId& id, WallTime created,
                                                      std::chrono::seconds lifetime) {
  const SteadyTime deadline = client_.newDeadline();
  const std::string key = keys_.index(user_id);
  RedisCommands commands;
  commands.add({"EVAL", kAddScript, "1", key, std::to_string(created.time_since_epoch().count()), id.bytes(),
                ttlArgument(lifetime)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return done;
  if (replies[0].type != Type::kInteger) return Unexpected(errorOf(replies[0]));
  dropExpired(key, static_cast<std::uint32_t>(replies[0].integer), created - kSettled, deadline);
  return {};
}

/// Looks at some entries, which ones is left to chance: always the same, the oldest, could all live while dead ones
/// behind them grow in number. The new entry is noted whether this succeeds or not.
void RedisUserSessionIndex::dropExpired(std::string_view key, std::uint32_t size, WallTime settled,
                                        SteadyTime deadline) {
  const std::uint32_t first = size > kLooksPerLogin ? randomBelow(size) : 0;
  RedisCommands commands;
  commands.add({"ZRANGEBYSCORE", key, "-inf", std::to_string(settled.time_since_epoch().count()), "LIMIT",
                std::to_string(first), std::to_string(kLooksPerLogin)});
  RedisReplies some;
  if (!client_.pipeline(commands, Repeat::kSafe, some, deadline)) return;
  if (some[0].type != Type::kArray || some[0].elements.empty()) return;
  const std::vector<RedisReply>& entries = some[0].elements;
  commands.clear();
  for (const RedisReply& entry : entries) {
    commands.begin(2);
    commands.argument("EXISTS");
    commands.argument(keys_.sessions(), entry.text);
  }
  RedisReplies exists;
  if (!client_.pipeline(commands, Repeat::kSafe, exists, deadline)) return;
  commands.clear();
  for (std::size_t i = 0; i < exists.size(); ++i)
    if (exists[i].type == Type::kInteger && exists[i].integer == 0) commands.add({"ZREM", key, entries[i].text});
  if (commands.count() != 0) static_cast<void>(client_.pipeline(commands, Repeat::kSafe, exists, deadline));
}

Expected<void, StoreError> RedisUserSessionIndex::remove(std::string_view user_id, std::span<const SessionId> ids) {
  if (ids.empty()) return {};
  RedisCommands commands;
  commands.begin(2 + ids.size());
  commands.argument("ZREM");
  commands.argument(keys_.index(user_id));
  for (const SessionId& id : ids) commands.argument(id.bytes());
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  if (replies[0].type != Type::kInteger) return Unexpected(errorOf(replies[0]));
  return {};
}

Expected<std::vector<SessionId>, StoreError> RedisUserSessionIndex::list(std::string_view user_id, std::size_t first,
                                                                         std::size_t count) {
  if (count == 0) return std::vector<SessionId>();
  RedisCommands commands;
  commands.add({"ZRANGE", keys_.index(user_id), std::to_string(first), std::to_string(first + count - 1)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kArray) return Unexpected(errorOf(replies[0]));
  std::vector<SessionId> ids;
  ids.reserve(replies[0].elements.size());
  for (const RedisReply& entry : replies[0].elements)
    if (auto id = SessionId::fromBytes(entry.text)) ids.push_back(*std::move(id));
  return ids;
}

}  // namespace sessiond
