#include "redis/redis_session_store.h"

#include <optional>
#include <vector>

#include "redis/error_reply.h"
#include "redis/ttl_argument.h"
#include "session/login_epoch.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: session. ARGV: expected value, next value. 0: written; 1: changed; 2: missing. pcall, because a failing call()
// wraps the reason into an error of its own. Sent as EVAL: the server keeps the compiled script by its hash anyway, and
// nothing has to be loaded again after a restart or a failover.
constexpr std::string_view kReplaceScript = R"lua(
local current = redis.pcall('GET', KEYS[1])
if not current then return 2 end
if type(current) == 'table' then return current end
if current ~= ARGV[1] then return 1 end
local done = redis.pcall('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL')
if done and done.err then return done end
return 0
)lua";

// KEYS: tombstone. ARGV: seconds; 1 when replicas are waited for. Leaves one alone that stands for as long (EXPIRE GT
// needs Redis 7). One that stands for less is only told to stay, which works on a full server too, and whatever type of
// value it has. WAIT waits for what its own connection wrote: behind a tombstone that another one wrote a moment ago it
// would speak of nothing. So it is told to stay as long as it stands, in whole seconds.
constexpr std::string_view kBuryScript = R"lua(
local left = redis.pcall('PTTL', KEYS[1])
if type(left) == 'table' then return left end
if left == -1 or left >= ARGV[1] * 1000 then
  if ARGV[2] == '1' and left == -1 then redis.pcall('SET', KEYS[1], '1') end
  if ARGV[2] == '1' and left > 0 then
    local stays = redis.pcall('EXPIRE', KEYS[1], math.ceil(left / 1000))
    if type(stays) == 'table' then return stays end
  end
  return 0
end
local done
if left >= 0 then
  done = redis.pcall('EXPIRE', KEYS[1], ARGV[1])
else
  done = redis.pcall('SET', KEYS[1], '1', 'EX', ARGV[1])
end
if type(done) == 'table' and done.err then return done end
return 1
)lua";

// KEYS: the counter of how often everybody was logged out. ARGV: what it is at least; what it can be; 1 to write it
// even if it is that. What it is, -1: no such number; and 1 if it was written.
constexpr std::string_view kRaiseScript = R"lua(
local kept = redis.pcall('GET', KEYS[1]) or '0'
if type(kept) == 'table' then return kept end
if #kept > 10 or not string.match(kept, '^%d+$') or tonumber(kept) > tonumber(ARGV[2]) then return {-1, 0} end
if tonumber(kept) >= tonumber(ARGV[1]) and ARGV[3] == '0' then return {tonumber(kept), 0} end
local next = math.max(tonumber(kept), tonumber(ARGV[1]))
local done = redis.pcall('SET', KEYS[1], string.format('%d', next))
if done and done.err then return done end
return {next, 1}
)lua";

/// What one script and one DEL say together. Whatever kept the tombstone from being written, the session is gone.
Expected<Burial, StoreError> burialOf(const RedisReply& tombstone, const RedisReply& deleted) {
  if (deleted.type != Type::kInteger) return Unexpected(storeErrorOf(deleted));
  return tombstone.type == Type::kInteger ? Burial::kBuried : Burial::kUnburied;
}

}  // namespace

/// The buffers of one load, kept for the next one. The replies are what its callers read.
struct RedisSessionStore::Batch {
  RedisCommands commands;
  RedisReplies replies;
};

RedisSessionStore::RedisSessionStore(RedisAccess& client, const SessionSettings& config, const RedisKeys& keys,
                                     std::uint32_t replicas)
    : client_(client), keys_(keys), reading_(config, keys), replicas_(replicas) {}

void RedisSessionStore::load(std::span<SessionLoad> loads) {
  if (loads.empty()) return;
  thread_local Batch batch;
  SessionReading::shrink(batch.replies);
  batch.commands.clear();
  reading_.write(loads, batch.commands);
  if (auto done = client_.pipeline(batch.commands, Repeat::kSafe, batch.replies); !done) {
    for (SessionLoad& load : loads) load.result = Unexpected(done.error());
    return;
  }
  SessionReading::read(loads, batch.replies);
  reading_.refuseSplit(loads, client_);
}

Expected<void, StoreError> RedisSessionStore::create(const SessionId& id, std::string_view json,
                                                     std::chrono::seconds ttl) {
  RedisCommands commands;
  commands.add({"SET", keys_.session(id.bytes()), json, "EX", ttlArgument(ttl)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  if (replies[0].type != Type::kStatus) return Unexpected(storeErrorOf(replies[0]));
  return {};
}

Expected<ReplaceOutcome, StoreError> RedisSessionStore::replace(const SessionId& id, std::string_view expected,
                                                                std::string_view next) {
  const SteadyTime deadline = client_.newDeadline();
  RedisCommands commands;
  RedisReplies replies;
  reading_.writeTombstone(id, commands);
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kInteger) return Unexpected(storeErrorOf(replies[0]));
  if (replies[0].integer != 0) return ReplaceOutcome::kMissing;
  commands.clear();
  commands.add({"EVAL", kReplaceScript, "1", keys_.session(id.bytes()), expected, next});
  reading_.writeTombstone(id, commands);
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies, deadline); !done) return Unexpected(done.error());
  for (const RedisReply& reply : replies)
    if (reply.type != Type::kInteger) return Unexpected(storeErrorOf(reply));
  // What was written in between lies behind the tombstone.
  if (replies[1].integer != 0) return ReplaceOutcome::kMissing;
  switch (replies[0].integer) {
    case 0:
      return ReplaceOutcome::kReplaced;
    case 1:
      return ReplaceOutcome::kChanged;
    default:
      return ReplaceOutcome::kMissing;
  }
}

Expected<std::uint64_t, StoreError> RedisSessionStore::raiseEpoch(std::uint64_t at_least) {
  const SteadyTime deadline = client_.newDeadline();
  RedisCommands commands;
  const auto raise = [&](std::string_view always) {
    commands.clear();
    commands.add({"EVAL", kRaiseScript, "1", keys_.epoch(), std::to_string(at_least), std::to_string(LoginEpoch::kMost),
                  always});
  };
  raise("0");
  RedisReplies replies;
  // Sent again after an answer that was lost, it would find its own work done, and wait for no replica.
  const Repeat repeat = at_least > 0 && replicas_ > 0 ? Repeat::kUnsafe : Repeat::kSafe;
  if (auto done = client_.pipeline(commands, repeat, replies, deadline); !done) return Unexpected(done.error());
  const RedisReply& reply = replies[0];
  if (reply.type != Type::kArray || reply.elements.size() != 2) return Unexpected(storeErrorOf(reply));
  const std::int64_t epoch = reply.elements[0].integer;
  const bool raised = reply.elements[1].integer == 1;
  if (epoch < 0) return Unexpected(StoreError::kCorrupt);
  if (raised && replicas_ > 0) {
    // Most callers only ask what it is; they wait for no replica. It is raised whatever becomes of this.
    raise("1");
    static_cast<void>(client_.replicate(commands, Repeat::kSafe, replies, replicas_, deadline));
  }
  return static_cast<std::uint64_t>(epoch);
}

void RedisSessionStore::revoke(std::span<SessionRevocation> revocations) {
  if (revocations.empty()) return;
  RedisCommands commands;
  for (const SessionRevocation& one : revocations) {
    commands.add({"EVAL", kBuryScript, "1", keys_.tombstone(one.id.bytes()), ttlArgument(one.tombstone_ttl),
                  replicas_ > 0 ? "1" : "0"});
    commands.add({"DEL", keys_.session(one.id.bytes())});
  }
  RedisReplies replies;
  const auto done = client_.replicate(commands, Repeat::kSafe, replies, replicas_);
  for (std::size_t i = 0; i < revocations.size(); ++i) {
    if (done) {
      revocations[i].result = burialOf(replies[2 * i], replies[2 * i + 1]);
      if (replicas_ > 0) revocations[i].replicas = *done;
    } else {
      revocations[i].result = Unexpected(done.error());
    }
  }
}

}  // namespace sessiond
