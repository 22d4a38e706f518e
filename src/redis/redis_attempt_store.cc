#include "redis/redis_attempt_store.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/parse.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;
using std::chrono::seconds;

// KEYS: counter. ARGV: free, first and longest of the delay (free below 0: none); tries and window of each window.
// An end that a window cannot have (it was made shorter, a clock was set back) is none; so is a try in the future.
constexpr std::string_view kJudge = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'last', 'n1', 'e1', 'n2', 'e2')
local free, first, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.min(tonumber(kept[1] or 0), now)
local fields, counted, wait, life = {'last', now}, {0, now, before}, 0, 0
for i = 1, (#ARGV - 3) / 2 do
  local most, window = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
  local tries, ends = tonumber(kept[2 * i] or 0), tonumber(kept[2 * i + 1] or 0)
  if ends <= now or ends > now + window then tries, ends = 0, now + window end
  if tries >= most then wait = math.max(wait, ends - now) end
  if i == 1 and free >= 0 and tries >= free then
    local delay = math.min(longest, first * 2 ^ math.min(tries - free, 40))
    wait = math.max(wait, before + delay - now)
  end
  fields[#fields + 1] = 'n' .. i
  fields[#fields + 1] = tries + 1
  fields[#fields + 1] = 'e' .. i
  fields[#fields + 1] = ends
  counted[#counted + 1] = ends
  life = math.max(life, ends - now)
end
)lua";

/// Behind kJudge: counts the try, if nothing forbids it.
constexpr std::string_view kReserve = R"lua(
if wait > 0 then return {math.ceil(wait)} end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('PEXPIRE', KEYS[1], life)
return counted
)lua";

/// Behind kJudge: how long a try would have to wait, then of each window how many were counted and how long it lasts.
constexpr std::string_view kLook = R"lua(
local seen = {math.max(0, math.ceil(wait))}
for i = 4, #fields, 4 do
  seen[#seen + 1] = fields[i] - 1
  seen[#seen + 1] = fields[i + 2] - now
end
return seen
)lua";

// KEYS: counter. ARGV: for each window when it ended when the try was counted in it; when that was, and the try before.
constexpr std::string_view kGiveBackScript = R"lua(
local kept = redis.call('HMGET', KEYS[1], 'n1', 'e1', 'n2', 'e2', 'last')
local fields, left = {}, 0
for i = 1, 2 do
  local tries = tonumber(kept[2 * i - 1] or 0)
  if tries > 0 and kept[2 * i] == ARGV[i] then
    tries = tries - 1
    fields[#fields + 1] = 'n' .. i
    fields[#fields + 1] = tries
  end
  left = left + tries
end
if left == 0 then return redis.call('DEL', KEYS[1]) end
if kept[5] == ARGV[3] then
  fields[#fields + 1] = 'last'
  fields[#fields + 1] = ARGV[4]
end
if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
return 0
)lua";

/// Of a try that was counted: 0, its time, that of the try before it; then the windows' ends.
constexpr std::size_t kBeforeWindows = 3;

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

std::int64_t RedisAttemptStore::nowInSeconds() const {
  return std::chrono::floor<seconds>(clock_.wallNow().time_since_epoch()).count();
}

/// The numbers that the script answers with.
Expected<std::vector<std::int64_t>, AttemptStoreError> RedisAttemptStore::ask(std::string_view script,
                                                                              std::string_view key,
                                                                              const AttemptLimit& limit) {
  SESSIOND_CHECK(!limit.windows.empty() && limit.windows.size() <= kMostAttemptWindows);
  RedisCommands commands;
  commands.beginScript(std::string(kJudge).append(script), 3 + 2 * limit.windows.size());
  commands.argument(keys_.own(key));
  commands.argument(limit.delay ? std::to_string(limit.delay->free) : "-1");
  commands.argument(text(limit.delay ? limit.delay->first : milliseconds(0)));
  commands.argument(text(limit.delay ? limit.delay->longest : milliseconds(0)));
  for (const AttemptWindow& window : limit.windows) {
    commands.argument(std::to_string(window.tries));
    commands.argument(text(window.window));
  }
  const Expected<RedisReplies, AttemptStoreError> replies = run(commands, Repeat::kSafe);
  if (!replies || (*replies)[0].type != Type::kArray) return unavailable();
  const auto& numbers = (*replies)[0].elements;
  const auto is_number = [](const RedisReply& number) { return number.type == Type::kInteger; };
  if (numbers.empty() || !std::all_of(numbers.begin(), numbers.end(), is_number)) return unavailable();
  std::vector<std::int64_t> answer;
  answer.reserve(numbers.size());
  for (const RedisReply& number : numbers) answer.push_back(number.integer);
  return answer;
}

/// Sent twice, when it is not known whether the first arrived, it costs a try: better than none counted.
Expected<Reservation, AttemptStoreError> RedisAttemptStore::reserve(std::string_view key, const AttemptLimit& limit) {
  const auto numbers = ask(kReserve, key, limit);
  if (!numbers) return unavailable();
  Reservation made{.wait = milliseconds(numbers->front())};
  if (numbers->size() < kBeforeWindows) return made;
  made.at = (*numbers)[1];
  made.before = (*numbers)[2];
  for (std::size_t i = kBeforeWindows; i < numbers->size() && i - kBeforeWindows < kMostAttemptWindows; ++i)
    made.ends[i - kBeforeWindows] = (*numbers)[i];
  return made;
}

Expected<AttemptCount, AttemptStoreError> RedisAttemptStore::look(std::string_view key, const AttemptLimit& limit) {
  const auto numbers = ask(kLook, key, limit);
  if (!numbers || numbers->size() != 1 + 2 * limit.windows.size()) return unavailable();
  AttemptCount count{.wait = milliseconds(numbers->front()), .windows = {}};
  for (std::size_t i = 1; i < numbers->size(); i += 2)
    count.windows.push_back({static_cast<std::uint64_t>((*numbers)[i]), milliseconds((*numbers)[i + 1])});
  return count;
}

Expected<void, AttemptStoreError> RedisAttemptStore::giveBack(std::string_view key, const Reservation& reservation) {
  RedisCommands commands;
  commands.beginScript(kGiveBackScript, 2 + kMostAttemptWindows);
  commands.argument(keys_.own(key));
  for (const std::int64_t end : reservation.ends) commands.argument(std::to_string(end));
  commands.argument(std::to_string(reservation.at));
  commands.argument(std::to_string(reservation.before));
  return change(commands, Repeat::kUnsafe);
}

Expected<void, AttemptStoreError> RedisAttemptStore::forget(std::string_view key) {
  RedisCommands commands;
  commands.add({"DEL", keys_.own(key)});
  return change(commands, Repeat::kSafe);
}

Expected<std::vector<std::string>, AttemptStoreError> RedisAttemptStore::knownPlaces(std::string_view key,
                                                                                     seconds lifetime) {
  RedisCommands commands;
  commands.add({"ZRANGEBYSCORE", keys_.own(key), "(" + std::to_string(nowInSeconds() - lifetime.count()), "+inf"});
  const Expected<RedisReplies, AttemptStoreError> replies = run(commands, Repeat::kSafe);
  if (!replies || (*replies)[0].type != Type::kArray) return unavailable();
  std::vector<std::string> places;
  for (const RedisReply& place : (*replies)[0].elements) {
    if (place.type != Type::kString) return unavailable();
    places.emplace_back(place.text);
  }
  return places;
}

Expected<void, AttemptStoreError> RedisAttemptStore::remember(std::string_view key, std::string_view place,
                                                              seconds lifetime, std::uint32_t most) {
  const std::string full = keys_.own(key);
  RedisCommands commands;
  // Finer than seconds: of logins within one the latest is to be the latest.
  constexpr std::int64_t kFine = 1'000'000;
  const auto now = std::chrono::floor<std::chrono::microseconds>(clock_.wallNow().time_since_epoch()).count();
  std::string score = std::to_string(now / kFine);
  score.append(".").append(std::to_string(kFine + now % kFine).substr(1));
  commands.add({"ZADD", full, score, place});
  commands.add({"ZREMRANGEBYRANK", full, "0", std::to_string(-static_cast<std::int64_t>(most) - 1)});
  commands.add({"EXPIRE", full, std::to_string(lifetime.count())});
  return change(commands, Repeat::kSafe);
}

Expected<void, AttemptStoreError> RedisAttemptStore::noteFailure(std::string_view key, seconds lifetime) {
  const std::string full = keys_.own(key);
  RedisCommands commands;
  commands.add({"HINCRBY", full, "count", "1"});
  commands.add({"HSET", full, "last", std::to_string(nowInSeconds())});
  commands.add({"EXPIRE", full, std::to_string(lifetime.count())});
  return change(commands, Repeat::kUnsafe);
}

Expected<FailureNote, AttemptStoreError> RedisAttemptStore::takeFailures(std::string_view key) {
  const std::string full = keys_.own(key);
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
