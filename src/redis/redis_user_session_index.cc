#include "redis/redis_user_session_index.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "base/random.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: index. ARGV: latest writer, then id and life of each session, in milliseconds. Never moves a score down (ZADD
// GT needs Redis 6.2), never shortens the index's own life (PEXPIRE GT needs Redis 7). How many entries look past, and
// since when at least.
constexpr std::string_view kAddScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local late, longest = tonumber(ARGV[1]), 0
for i = 2, #ARGV, 2 do
  local life = tonumber(ARGV[i + 1])
  local noted = redis.pcall('ZSCORE', KEYS[1], ARGV[i])
  if type(noted) == 'table' then return noted end
  if not noted or tonumber(noted) < now + life then
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + life), ARGV[i])
  end
  longest = math.max(longest, life)
end
local kept = 2 * longest + late
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', kept)) end
return {redis.call('ZCOUNT', KEYS[1], '-inf', string.format('%.0f', now - late)), now - late}
)lua";

StoreError errorOf(const RedisReply& reply) {
  return reply.type == Type::kError ? storeErrorOf(reply) : StoreError::kUnavailable;
}

}  // namespace

Expected<void, StoreError> RedisUserSessionIndex::add(std::span<const IndexedSession> sessions) {
  if (sessions.empty()) return {};
  const SteadyTime deadline = client_.newDeadline();
  RedisCommands commands;
  std::vector<std::string> indexes = writeAdds(sessions, commands);
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return done;
  std::optional<StoreError> failure;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const std::vector<RedisReply>& numbers = replies[i].elements;
    if (replies[i].type != Type::kArray || numbers.size() != 2) {
      // Of one index that is damaged; what else failed counts for more.
      if (!failure || *failure == StoreError::kCorrupt) failure = errorOf(replies[i]);
    } else if (numbers[0].integer > 0) {
      dropPast({.key = std::move(indexes[i]),
                .entries = static_cast<std::uint32_t>(numbers[0].integer),
                .since = std::to_string(numbers[1].integer)},
               deadline);
    }
  }
  if (failure) return Unexpected(*failure);
  return {};
}

/// One script for each user; the keys of their indexes.
std::vector<std::string> RedisUserSessionIndex::writeAdds(std::span<const IndexedSession> sessions,
                                                          RedisCommands& commands) const {
  const std::string late = std::to_string(latest_writer_.count());
  std::vector<std::string> indexes;
  for (std::size_t begin = 0, end = 0; begin < sessions.size(); begin = end) {
    const std::string& user = sessions[begin].user_id;
    while (end < sessions.size() && sessions[end].user_id == user) ++end;
    indexes.push_back(keys_.index(user));
    commands.begin(5 + 2 * (end - begin));
    for (const std::string_view word : {std::string_view("EVAL"), kAddScript, std::string_view("1")}) {
      commands.argument(word);
    }
    commands.argument(indexes.back());
    commands.argument(late);
    for (const IndexedSession& session : sessions.subspan(begin, end - begin)) {
      commands.argument(session.id.bytes());
      commands.argument(std::to_string(session.life.count()));
    }
  }
  return indexes;
}

/// Looks at some entries, which ones is left to chance: always the same, the oldest, could all live while dead ones
/// behind them grow in number. What was to be noted is, whether this succeeds or not.
void RedisUserSessionIndex::dropPast(const Past& past, SteadyTime deadline) {
  const std::uint32_t first = past.entries > kLooks ? randomBelow(past.entries) : 0;
  RedisCommands commands;
  commands.add({"ZRANGEBYSCORE", past.key, "-inf", past.since, "LIMIT", std::to_string(first), std::to_string(kLooks)});
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
    if (exists[i].type == Type::kInteger && exists[i].integer == 0) commands.add({"ZREM", past.key, entries[i].text});
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

Expected<std::vector<SessionId>, StoreError> RedisUserSessionIndex::list(std::string_view user_id, std::size_t count) {
  if (count == 0) return std::vector<SessionId>();
  RedisCommands commands;
  commands.add({"ZREVRANGE", keys_.index(user_id), "0", std::to_string(count - 1)});
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
