#include "redis/redis_user_session_index.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/parse.h"
#include "base/random.h"
#include "redis/error_reply.h"
#include "session/longest_life.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: index. ARGV: latest writer, then id and life of each session, in milliseconds. Never moves a score down (ZADD
// GT needs Redis 6.2), nor that of a session that is to end (-1), never shortens the index's own life (PEXPIRE GT needs
// Redis 7). How many entries look past, and since when at least; how long ago all were ended, or -1; which were new;
// which of the others were not in the index at that moment.
constexpr std::string_view kNoteScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = redis.pcall('ZSCORE', KEYS[1], '')
if type(ended) == 'table' then return ended end
ended = ended and tonumber(ended)
local number = ended and ended % 1 or 0
local late, longest, new, since = tonumber(ARGV[1]), 0, {}, {}
for i = 2, #ARGV, 2 do
  local life = tonumber(ARGV[i + 1])
  local noted = redis.call('ZSCORE', KEYS[1], ARGV[i])
  noted = noted and tonumber(noted)
  if not noted then
    new[#new + 1] = ARGV[i]
  elseif number > 0 and noted % 1 == number then
    since[#since + 1] = ARGV[i]
  end
  if not noted or (noted >= 0 and noted < now + life) then
    redis.call('ZADD', KEYS[1], string.format('%.10f', now + life + (noted or number) % 1), ARGV[i])
  end
  longest = math.max(longest, life)
end
local kept = 2 * longest + late
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', kept)) end
local past = redis.call('ZCOUNT', KEYS[1], '-inf', string.format('%.0f', now - late))
if ended and ended <= now - late then past = past - 1 end
return {past, now - late, ended and math.max(now - math.floor(ended), -1) or -1, new, since}
)lua";

// KEYS: index. ARGV: latest writer, life of what is kept, in milliseconds, and its ids. The moment's number. What was
// kept so often that its own number would count as a later one was there before all moments (0).
constexpr std::string_view kAllEndedScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(score) return string.format('%.10f', score) end
local before = redis.pcall('ZSCORE', KEYS[1], '')
if type(before) == 'table' then return before end
local number = before and (tonumber(before) % 1 * 1024) % 1023 + 1 or 1
local done = redis.pcall('ZADD', KEYS[1], text(now + number / 1024), '')
if type(done) == 'table' then return done end
local kept = tonumber(ARGV[1])
for i = 3, #ARGV do
  local ends = now + tonumber(ARGV[2])
  local noted = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 0)
  local own = noted % 1
  if own > 0 and (number - own * 1024) % 1023 > 255 then own = 0 end
  if noted >= 0 and (noted < ends or own ~= noted % 1) then
    redis.call('ZADD', KEYS[1], text(math.max(math.floor(noted), ends) + own), ARGV[i])
  end
  kept = ARGV[1] + 2 * ARGV[2]
end
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', kept)) end
return number
)lua";

// KEYS: users all of whose sessions were ended. ARGV: one more, and for how long it stays there, in milliseconds.
constexpr std::string_view kEndedScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(score) return string.format('%.0f', score) end
local done = redis.pcall('ZADD', KEYS[1], text(now), ARGV[1])
if type(done) == 'table' then return done end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now - ARGV[2]), 'LIMIT', 0, 64)) do
  redis.call('ZREM', KEYS[1], user)
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
)lua";

// KEYS: index. ARGV: a moment's number, a score, how many. Of so many entries from that score on, those that were in
// the index at that moment, and the score of the last; empty: there are no more. Moments count from 1 to 1023 and again
// from 1; half of them are the earlier ones. Where all of a page have one score, the page has to be larger.
constexpr std::string_view kBeforeScript = R"lua(
local from, count, page = ARGV[2], ARGV[3] / 2
repeat
  count = 2 * count
  page = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, string.format('%.0f', count))
until #page < 2 * count or page[#page] ~= from
local before = {}
for i = 1, #page, 2 do
  local number = tonumber(page[i + 1]) % 1 * 1024
  if page[i] ~= '' and (number == 0 or (number - ARGV[1]) % 1023 >= 512) then before[#before + 1] = page[i] end
end
return {#page < 2 * count and '' or page[#page], before}
)lua";

// KEYS: index. ARGV: latest writer; how many there may be; "refuse" or what not; id and life of the new session; then
// id and life of others, 0 for those that are gone. First the others are put right: a session that is gone looks past
// from now on, one that lives longer than was noted moves up. {0}: no room. {1, id, ...}: noted, and what is surplus.
// That lives for a moment yet, or for longer if it cannot be ended now: its score becomes -1, so that no login counts
// it, whoever looks for the user's sessions finds it, and every login says it again until it has ended.
constexpr std::string_view kAdmitScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(score) return string.format('%.10f', score) end
local most, own, life = tonumber(ARGV[2]), ARGV[4], tonumber(ARGV[5])
local answer = {1}
for i = 6, #ARGV, 2 do
  local noted, left = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or -2), tonumber(ARGV[i + 1])
  if noted == -1 and left > 0 then answer[#answer + 1] = ARGV[i] end
  if noted >= 0 and left <= 0 and noted > now then redis.call('ZADD', KEYS[1], text(now - 1 + noted % 1), ARGV[i]) end
  if noted >= 0 and left > 0 and noted < now + left then redis.call('ZADD', KEYS[1], text(now + left + noted % 1), ARGV[i]) end
end
local ended = tonumber(redis.call('ZSCORE', KEYS[1], '') or 0)
local others = redis.call('ZCOUNT', KEYS[1], '(' .. text(now), '+inf')
if ended > now then others = others - 1 end
if tonumber(redis.call('ZSCORE', KEYS[1], own) or 0) > now then others = others - 1 end -- asked again, unanswered
if others >= most and ARGV[3] == 'refuse' then return {0} end
redis.call('ZADD', KEYS[1], text(now + life + ended % 1), own)
local kept = 2 * life + tonumber(ARGV[1])
if redis.call('PTTL', KEYS[1]) < kept then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', kept)) end
local surplus = others + 1 - most
if surplus <= 0 then return answer end
local oldest = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf', 'LIMIT', 0, surplus + 2)
for _, id in ipairs(oldest) do
  if id ~= own and id ~= '' and surplus > 0 then
    redis.call('ZADD', KEYS[1], -1, id)
    answer[#answer + 1] = id
    surplus = surplus - 1
  end
end
return answer
)lua";

}  // namespace

void RedisUserSessionIndex::addAll(std::span<IndexNote> notes) {
  if (notes.empty()) return;
  const SteadyTime deadline = client_.newDeadline();
  RedisCommands commands;
  std::vector<OfUser> users = writeAdds(notes, commands);
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) {
    for (IndexNote& note : notes) note.result = Unexpected(done.error());
    return;
  }
  const auto answered = SteadyClock::now();
  for (std::size_t i = 0; i < users.size(); ++i) {
    const std::vector<RedisReply>& answer = replies[i].elements;
    const bool is_noted = replies[i].type == Type::kArray && answer.size() == 5 && answer[3].type == Type::kArray &&
                          answer[4].type == Type::kArray;
    for (IndexNote& note : notes.subspan(users[i].begin, users[i].end - users[i].begin)) {
      note.result = is_noted ? Expected<void, StoreError>() : Unexpected(storeErrorOf(replies[i]));
      if (!is_noted) continue;
      const auto is_among = [&note](const RedisReply& ids) {
        return std::ranges::any_of(ids.elements,
                                   [&](const RedisReply& id) { return id.text == note.session.id.bytes(); });
      };
      note.is_new = is_among(answer[3]);
      // Of two moments that are cut off to whole milliseconds: it may be one less.
      if (answer[2].integer >= 0 && (note.is_new || is_among(answer[4])))
        note.ended_without = std::chrono::milliseconds(std::max(answer[2].integer - 1, std::int64_t{0}));
    }
    if (is_noted && answer[0].integer > 0) {
      dropPast({.key = std::move(users[i].key),
                .entries = static_cast<std::uint32_t>(answer[0].integer),
                .since = std::to_string(answer[1].integer)},
               deadline);
    }
  }
  // It is counted back from now, by whoever asked.
  const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - answered);
  for (IndexNote& note : notes)
    if (note.ended_without) *note.ended_without += late;
}

/// One script for each user, or for each part of so many sessions that no other client has to wait long for it.
std::vector<RedisUserSessionIndex::OfUser> RedisUserSessionIndex::writeAdds(std::span<const IndexNote> notes,
                                                                            RedisCommands& commands) const {
  const std::string late = std::to_string(latest_writer_.count());
  std::vector<OfUser> users;
  for (std::size_t begin = 0, end = 0; begin < notes.size(); begin = end) {
    const std::string& user = notes[begin].session.user_id;
    while (end < notes.size() && end - begin < kMostInScript && notes[end].session.user_id == user) ++end;
    users.push_back({.key = keys_.index(user), .begin = begin, .end = end});
    commands.beginScript(kNoteScript, 1 + 2 * (end - begin));
    commands.argument(users.back().key);
    commands.argument(late);
    for (const IndexNote& note : notes.subspan(begin, end - begin)) {
      commands.argument(note.session.id.bytes());
      commands.argument(std::to_string(note.session.life.count()));
    }
  }
  return users;
}

/// Looks at some entries, which ones is left to chance: always the same, the oldest, could all live while dead ones
/// behind them grow in number. What was to be noted is, whether this succeeds or not.
void RedisUserSessionIndex::dropPast(const Past& past, SteadyTime deadline) {
  const std::uint32_t first = past.entries > kLooks ? randomBelow(past.entries) : 0;
  RedisCommands commands;
  commands.add({"ZRANGEBYSCORE", past.key, "-inf", past.since, "LIMIT", std::to_string(first), std::to_string(kLooks)});
  RedisReplies some;
  if (!client_.pipeline(commands, Repeat::kSafe, some, deadline)) return;
  if (some[0].type != Type::kArray) return;
  std::vector<RedisReply>& entries = some[0].elements;
  std::erase_if(entries, [](const RedisReply& entry) { return entry.text.empty(); });  // a moment stays
  if (entries.empty()) return;
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

/// In milliseconds; 0: gone.
Expected<std::vector<std::int64_t>, StoreError> RedisUserSessionIndex::livesOf(std::span<const SessionId> ids,
                                                                               SteadyTime deadline) {
  std::vector<std::int64_t> lives;
  if (ids.empty()) return lives;
  RedisCommands commands;
  for (const SessionId& id : ids) commands.add({"PTTL", keys_.session(id.bytes())});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return Unexpected(done.error());
  for (const RedisReply& reply : replies) {
    if (reply.type != Type::kInteger) return Unexpected(storeErrorOf(reply));
    const bool has_end = reply.integer != -1;
    lives.push_back(has_end ? std::max<std::int64_t>(reply.integer, 0) : milliseconds(kLongestCookieLife).count());
  }
  return lives;
}

Expected<Admission, StoreError> RedisUserSessionIndex::admit(const IndexedSession& session, const SessionLimit& limit,
                                                             std::span<const SessionId> leaving) {
  const SteadyTime deadline = client_.newDeadline();
  const auto noted = list(session.user_id, kMostCounted);
  if (!noted) return Unexpected(noted.error());
  const auto lives = livesOf(*noted, deadline);
  if (!lives) return Unexpected(lives.error());
  RedisCommands commands;
  commands.beginScript(kAdmitScript, 5 + 2 * noted->size());
  commands.argument(keys_.index(session.user_id));
  commands.argument(std::to_string(latest_writer_.count()));
  commands.argument(std::to_string(limit.max));
  commands.argument(limit.when_full == WhenFull::kRefuse ? "refuse" : "end");
  commands.argument(session.id.bytes());
  commands.argument(std::to_string(session.life.count()));
  for (std::size_t i = 0; i < noted->size(); ++i) {
    const bool leaves = std::ranges::find(leaving, (*noted)[i]) != leaving.end();
    commands.argument((*noted)[i].bytes());
    commands.argument(std::to_string(leaves ? 0 : (*lives)[i]));
  }
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return Unexpected(done.error());
  const std::vector<RedisReply>& answer = replies[0].elements;
  if (replies[0].type != Type::kArray || answer.empty()) return Unexpected(storeErrorOf(replies[0]));
  Admission admission{.admitted = answer[0].integer == 1, .surplus = {}};
  for (std::size_t i = 1; i < answer.size(); ++i) {
    if (auto id = SessionId::fromBytes(answer[i].text)) admission.surplus.push_back(*std::move(id));
  }
  return admission;
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
  if (replies[0].type != Type::kInteger) return Unexpected(storeErrorOf(replies[0]));
  return {};
}

Expected<EndMoment, StoreError> RedisUserSessionIndex::noteAllEnded(std::string_view user_id,
                                                                    std::span<const SessionId> kept,
                                                                    std::chrono::milliseconds life) {
  RedisCommands commands;
  commands.beginScript(kAllEndedScript, 2 + kept.size());
  commands.argument(keys_.index(user_id));
  commands.argument(std::to_string(latest_writer_.count()));
  commands.argument(std::to_string(life.count()));
  for (const SessionId& id : kept) commands.argument(id.bytes());
  const SteadyTime deadline = client_.newDeadline();
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kInteger) return Unexpected(storeErrorOf(replies[0]));
  const EndMoment moment{.number = static_cast<std::uint32_t>(replies[0].integer)};
  sayEnded(user_id, deadline);
  return moment;
}

/// When the moment stands: whoever reads of it looks for what was met before. Where it is refused, what the index has
/// lost ends when it is noted again.
void RedisUserSessionIndex::sayEnded(std::string_view user_id, SteadyTime deadline) {
  if (user_id.size() > kLongestToSay) return;
  RedisCommands commands;
  commands.add({"EVAL", kEndedScript, "1", keys_.ended(), user_id, std::to_string(milliseconds(kEndedLately).count())});
  RedisReplies replies;
  static_cast<void>(client_.pipeline(commands, Repeat::kSafe, replies, deadline));
}

Expected<std::vector<EndedUser>, StoreError> RedisUserSessionIndex::endedLately(std::size_t count) {
  RedisCommands commands;
  commands.add({"ZREVRANGE", keys_.ended(), "0", std::to_string(count - 1), "WITHSCORES"});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  std::vector<RedisReply>& answer = replies[0].elements;
  if (replies[0].type != Type::kArray || answer.size() % 2 != 0) return Unexpected(storeErrorOf(replies[0]));
  std::vector<EndedUser> users;
  for (std::size_t i = 0; i < answer.size(); i += 2) {
    const auto at = parseInteger<std::int64_t>(answer[i + 1].text);
    if (!at) return Unexpected(StoreError::kCorrupt);
    users.push_back({.user_id = std::move(answer[i].text), .at = *at});
  }
  return users;
}

Expected<IndexPage, StoreError> RedisUserSessionIndex::listBefore(std::string_view user_id, EndMoment moment,
                                                                  std::string_view from, std::size_t count) {
  RedisCommands commands;
  commands.add({"EVAL", kBeforeScript, "1", keys_.index(user_id), std::to_string(moment.number),
                from.empty() ? std::string_view("-inf") : from, std::to_string(count)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  std::vector<RedisReply>& answer = replies[0].elements;
  if (replies[0].type != Type::kArray || answer.size() != 2 || answer[1].type != Type::kArray)
    return Unexpected(storeErrorOf(replies[0]));
  IndexPage page{.ids = {}, .next = std::move(answer[0].text)};
  for (const RedisReply& entry : answer[1].elements)
    if (auto id = SessionId::fromBytes(entry.text)) page.ids.push_back(*std::move(id));
  return page;
}

Expected<std::vector<SessionId>, StoreError> RedisUserSessionIndex::list(std::string_view user_id, std::size_t count) {
  if (count == 0) return std::vector<SessionId>();
  RedisCommands commands;
  commands.add({"ZREVRANGE", keys_.index(user_id), "0", std::to_string(count - 1)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kArray) return Unexpected(storeErrorOf(replies[0]));
  std::vector<SessionId> ids;
  ids.reserve(replies[0].elements.size());
  for (const RedisReply& entry : replies[0].elements)
    if (auto id = SessionId::fromBytes(entry.text)) ids.push_back(*std::move(id));
  return ids;
}

}  // namespace sessiond
