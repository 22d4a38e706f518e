#include "redis/redis_attempt_store.h"

#include <algorithm>
#include <utility>

#include "base/parse.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kOwnPrefix = "sessiond:";

// KEYS: counter. ARGV: free, first and longest of the delay (free below 0: none); tries and window of each window.
// An end that a window cannot have (it was made shorter, a clock was set back) is none; so is a try in the future.
constexpr std::string_view kReserveScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'last', 'n1', 'e1', 'n2', 'e2')
local free, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local fields, wait, life = {'last', now}, 0, 0
for i = 1, (#ARGV - 3) / 2 do
  local most, window = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
  local tries, ends = tonumber(kept[2 * i] or 0), tonumber(kept[2 * i + 1] or 0)
  if ends <= now or ends > now + window then tries, ends = 0, now + window end
  if tries >= most then wait = math.max(wait, ends - now) end
  if i == 1 and free >= 0 and tries >= free then
    local last = math.min(tonumber(kept[1] or 0), now)
    local delay = math.min(longest, first * 2 ^ math.min(tries - free, 40))
    wait = math.max(wait, last + delay - now)
  end
  fields[#fields + 1] = 'n' .. i
  fields[#fields + 1] = tries + 1
  fields[#fields + 1] = 'e' .. i
  fields[#fields + 1] = ends
  life = math.max(life, ends - now)
end
if wait > 0 then return math.ceil(wait) end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], life)
return 0
)lua";

// KEYS: counter.
constexpr std::string_view kGiveBackScript = R"lua(
for _, field in ipairs({'n1', 'n2'}) do
  local tries = redis.call('HGET', KEYS[1], field)
  if tries and tonumber(tries) > 0 then redis.call('HINCRBY', KEYS[1], field, -1) end
end
return 0
)lua";

std::string fullKey(std::string_view key) {
  return std::string(kOwnPrefix).append(key);
}

std::string text(milliseconds time) {
  return std::to_string(time.count());
}

Unexpected<AttemptStoreError> unavailable() {
  return Unexpected(AttemptStoreError::kUnavailable);
}

std::int64_t numberOf(const RedisReply& reply) {
  return reply.type == Type::kString ? parseInteger<std::int64_t>(reply.text).value_or(0) : 0;
}

}  // namespace

Expected<RedisReplies, AttemptStoreError> RedisAttemptStore::run(const RedisCommands& commands, Repeat repeat) {
  RedisReplies replies;
  if (!client_.pipeline(commands, repeat, replies)) return unavailable();
  const auto is_error = [](const RedisReply& reply) { return reply.type == Type::kError; };
  if (std::any_of(replies.begin(), replies.end(), is_error)) return unavailable();
  return replies;
}

Expected<void, AttemptStoreError> RedisAttemptStore::change(const RedisCommands& commands, Repeat repeat) {
  if (!run(commands, repeat)) return unavailable();
  return {};
}

std::string RedisAttemptStore::nowInSeconds(seconds ago) const {
  const auto now = std::chrono::floor<seconds>(clock_.wallNow().time_since_epoch());
  return std::to_string((now - ago).count());
}

/// Sent twice, when it is not known whether the first arrived, it costs a try: better than none counted.
Expected<milliseconds, AttemptStoreError> RedisAttemptStore::reserve(std::string_view key, const AttemptLimit& limit) {
  RedisCommands commands;
  commands.begin(7 + 2 * limit.windows.size());
  commands.argument("EVAL");
  commands.argument(kReserveScript);
  commands.argument("1");
  commands.argument(kOwnPrefix, key);
  commands.argument(limit.delay ? std::to_string(limit.delay->free) : "-1");
  commands.argument(text(limit.delay ? limit.delay->first : milliseconds(0)));
  commands.argument(text(limit.delay ? limit.delay->longest : milliseconds(0)));
  for (const AttemptWindow& window : limit.windows) {
    commands.argument(std::to_string(window.tries));
    commands.argument(text(window.window));
  }
  Expected<RedisReplies, AttemptStoreError> replies = run(commands, Repeat::kSafe);
  if (!replies || (*replies)[0].type != Type::kInteger) return unavailable();
  return milliseconds((*replies)[0].integer);
}

Expected<void, AttemptStoreError> RedisAttemptStore::giveBack(std::string_view key) {
  RedisCommands commands;
  commands.add({"EVAL", kGiveBackScript, "1", fullKey(key)});
  return change(commands, Repeat::kUnsafe);
}

Expected<void, AttemptStoreError> RedisAttemptStore::forget(std::string_view key) {
  RedisCommands commands;
  commands.add({"DEL", fullKey(key)});
  return change(commands, Repeat::kSafe);
}

Expected<bool, AttemptStoreError> RedisAttemptStore::isKnown(std::string_view key, std::string_view place,
                                                             seconds lifetime) {
  RedisCommands commands;
  commands.add({"ZSCORE", fullKey(key), place});
  const Expected<RedisReplies, AttemptStoreError> replies = run(commands, Repeat::kSafe);
  if (!replies) return unavailable();
  const RedisReply& score = (*replies)[0];
  if (score.type == Type::kNil) return false;
  if (score.type != Type::kString) return unavailable();
  const auto since = std::chrono::floor<seconds>(clock_.wallNow().time_since_epoch()).count() - numberOf(score);
  return since < lifetime.count();
}

Expected<void, AttemptStoreError> RedisAttemptStore::remember(std::string_view key, std::string_view place,
                                                              seconds lifetime, std::uint32_t most) {
  const std::string full = fullKey(key);
  RedisCommands commands;
  commands.add({"ZADD", full, nowInSeconds(), place});
  commands.add({"ZREMRANGEBYSCORE", full, "-inf", nowInSeconds(lifetime)});
  commands.add({"ZREMRANGEBYRANK", full, "0", std::to_string(-static_cast<std::int64_t>(most) - 1)});
  commands.add({"EXPIRE", full, std::to_string(lifetime.count())});
  return change(commands, Repeat::kSafe);
}

Expected<void, AttemptStoreError> RedisAttemptStore::noteFailure(std::string_view key, seconds lifetime) {
  const std::string full = fullKey(key);
  RedisCommands commands;
  commands.add({"HINCRBY", full, "count", "1"});
  commands.add({"HSET", full, "last", nowInSeconds()});
  commands.add({"EXPIRE", full, std::to_string(lifetime.count())});
  return change(commands, Repeat::kUnsafe);
}

Expected<FailureNote, AttemptStoreError> RedisAttemptStore::takeFailures(std::string_view key) {
  const std::string full = fullKey(key);
  RedisCommands commands;
  commands.add({"HMGET", full, "count", "last"});
  commands.add({"DEL", full});
  const Expected<RedisReplies, AttemptStoreError> replies = run(commands, Repeat::kUnsafe);
  if (!replies || (*replies)[0].type != Type::kArray || (*replies)[0].elements.size() != 2) return unavailable();
  const auto& fields = (*replies)[0].elements;
  return FailureNote{.failures = static_cast<std::uint64_t>(std::max<std::int64_t>(0, numberOf(fields[0]))),
                     .last = WallTime(seconds(numberOf(fields[1])))};
}

}  // namespace sessiond
