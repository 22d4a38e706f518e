#include "redis/redis_user_session_index.h"

#include "redis/ttl_argument.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Type = RedisReply::Type;

/// A login notes its session before or after it stores it; younger entries are left alone for that reason.
constexpr auto kSettled = 60s;
constexpr std::string_view kLooksPerLogin = "64";

// KEYS: index. ARGV: score, id, lifetime. Never shortens the index's life (EXPIRE GT needs Redis 7).
constexpr std::string_view kAddScript = R"lua(
local added = redis.pcall('ZADD', KEYS[1], ARGV[1], ARGV[2])
if type(added) == 'table' then return added end
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return added
)lua";

std::string indexKey(std::string_view user_id) {
  return std::string(kUserSessionsPrefix).append(user_id);
}

StoreError errorOf(const RedisReply& reply) {
  return reply.type == Type::kError ? storeErrorOf(reply) : StoreError::kUnavailable;
}

}  // namespace

RedisUserSessionIndex::RedisUserSessionIndex(RedisClient& client, const SessionSettings& config)
    : client_(client), key_prefix_(config.key_prefix) {}

Expected<void, StoreError> RedisUserSessionIndex::add(std::string_view user_id, const SessionId& id, WallTime created,
                                                      std::chrono::seconds lifetime) {
  const SteadyTime deadline = client_.newDeadline();
  const std::string key = indexKey(user_id);
  RedisCommands commands;
  commands.add({"EVAL", kAddScript, "1", key, std::to_string(created.time_since_epoch().count()), id.bytes(),
                ttlArgument(lifetime)});
  commands.add({"ZRANGEBYSCORE", key, "-inf", std::to_string((created - kSettled).time_since_epoch().count()), "LIMIT",
                "0", kLooksPerLogin});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return done;
  if (replies[0].type != Type::kInteger) return Unexpected(errorOf(replies[0]));
  dropExpired(key, replies[1], deadline);
  return {};
}

/// The entry is noted whether this succeeds or not; what stays is looked at again at the next login.
void RedisUserSessionIndex::dropExpired(std::string_view key, const RedisReply& oldest, SteadyTime deadline) {
  if (oldest.type != Type::kArray || oldest.elements.empty()) return;
  RedisCommands commands;
  for (const RedisReply& entry : oldest.elements) {
    commands.begin(2);
    commands.argument("EXISTS");
    commands.argument(key_prefix_, entry.text);
  }
  RedisReplies exists;
  if (!client_.pipeline(commands, Repeat::kSafe, exists, deadline)) return;
  commands.clear();
  for (std::size_t i = 0; i < exists.size(); ++i)
    if (exists[i].type == Type::kInteger && exists[i].integer == 0)
      commands.add({"ZREM", key, oldest.elements[i].text});
  if (commands.count() != 0) static_cast<void>(client_.pipeline(commands, Repeat::kSafe, exists, deadline));
}

Expected<void, StoreError> RedisUserSessionIndex::remove(std::string_view user_id, const SessionId& id) {
  RedisCommands commands;
  commands.add({"ZREM", indexKey(user_id), id.bytes()});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  if (replies[0].type != Type::kInteger) return Unexpected(errorOf(replies[0]));
  return {};
}

Expected<std::vector<SessionId>, StoreError> RedisUserSessionIndex::list(std::string_view user_id) {
  RedisCommands commands;
  commands.add({"ZREVRANGE", indexKey(user_id), "0", std::to_string(kMaxListed - 1)});
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
