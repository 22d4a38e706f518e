#include "redis/redis_session_store.h"

#include <optional>
#include <vector>

#include "redis/ttl_argument.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

// KEYS: session, tombstone. ARGV: expected value, next value. 0: written; 1: changed; 2: missing. pcall, because a
// failing call() wraps the reason into an error of its own. Sent as EVAL: the server keeps the compiled script by its
// hash anyway, and nothing has to be loaded again after a restart or a failover.
constexpr std::string_view kReplaceScript = R"lua(
if redis.call('EXISTS', KEYS[2]) == 1 then return 2 end
local current = redis.pcall('GET', KEYS[1])
if not current then return 2 end
if type(current) == 'table' then return current end
if current ~= ARGV[1] then return 1 end
local done = redis.pcall('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL')
if done and done.err then return done end
return 0
)lua";

/// A reply of a kind that the command never gives: some other program answers on this socket.
constexpr StoreError kNonsense = StoreError::kUnavailable;

StoreError errorOf(const RedisReply& reply) {
  return reply.type == Type::kError ? storeErrorOf(reply) : kNonsense;
}

}  // namespace

/// The buffers of one load, kept for the next one. The replies are what its callers read.
struct RedisSessionStore::Batch {
  RedisCommands commands;
  RedisReplies replies;
};

RedisSessionStore::RedisSessionStore(RedisClient& client, const SessionSettings& config)
    : client_(client), key_prefix_(config.key_prefix), reading_(config) {}

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
}

Expected<void, StoreError> RedisSessionStore::create(const SessionId& id, std::string_view json,
                                                     std::chrono::seconds ttl) {
  RedisCommands commands;
  commands.add({"SET", key_prefix_ + id.bytes(), json, "EX", ttlArgument(ttl)});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  if (replies[0].type != Type::kStatus) return Unexpected(errorOf(replies[0]));
  return {};
}

Expected<ReplaceOutcome, StoreError> RedisSessionStore::replace(const SessionId& id, std::string_view expected,
                                                                std::string_view next) {
  RedisCommands commands;
  commands.add({"EVAL", kReplaceScript, "2", key_prefix_ + id.bytes(), std::string(kTombstonePrefix) + id.bytes(),
                expected, next});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return Unexpected(done.error());
  if (replies[0].type != Type::kInteger) return Unexpected(errorOf(replies[0]));
  switch (replies[0].integer) {
    case 0:
      return ReplaceOutcome::kReplaced;
    case 1:
      return ReplaceOutcome::kChanged;
    default:
      return ReplaceOutcome::kMissing;
  }
}

Expected<void, StoreError> RedisSessionStore::revoke(const SessionId& id, std::chrono::seconds tombstone_ttl) {
  RedisCommands commands;
  commands.add({"MULTI"});
  commands.add({"SET", std::string(kTombstonePrefix) + id.bytes(), "1", "EX", ttlArgument(tombstone_ttl)});
  commands.add({"DEL", key_prefix_ + id.bytes()});
  commands.add({"EXEC"});
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  const RedisReply& executed = replies.back();
  if (executed.type != Type::kArray) return Unexpected(errorOf(executed));
  for (const RedisReply& reply : executed.elements)
    if (reply.type == Type::kError) return Unexpected(errorOf(reply));
  return {};
}

}  // namespace sessiond
