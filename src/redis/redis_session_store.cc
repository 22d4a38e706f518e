#include "redis/redis_session_store.h"

#include <optional>
#include <vector>

#include "base/reused.h"
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

/// What one GETRANGE and its tombstone say together.
Expected<StoredSession, StoreError> sessionOf(const RedisReply& value, bool revoked) {
  if (value.type != Type::kString) return Unexpected(errorOf(value));
  StoredSession session{.json = std::nullopt, .revoked = revoked};
  if (!value.text.empty()) session.json = value.text;
  return session;
}

/// Of a PTTL: -1 for a key that does not expire, -2 for none at all.
std::optional<std::chrono::milliseconds> ttlOf(const RedisReply& reply) {
  if (reply.type != Type::kInteger || reply.integer < 0) return std::nullopt;
  return std::chrono::milliseconds(reply.integer);
}

}  // namespace

/// The buffers of one load, kept for the next one. The values are what its callers read.
struct RedisSessionStore::Batch {
  /// Whether each of `size` loads is revoked, if the number of tombstones tells; false: it does not.
  Expected<bool, StoreError> countTombstones(std::size_t size) {
    const RedisReply& count = values.back();
    if (count.type != Type::kInteger) return Unexpected(errorOf(count));
    revoked.assign(size, count.integer != 0);
    return count.integer == 0 || size == 1;
  }

  /// Sessions are small; the memory that a large one took is not kept.
  void shrink() {
    constexpr std::size_t kKept = 16 * 1024;
    for (RedisReply& value : values) {
      if (value.text.capacity() > kKept) value.text = std::string();
    }
  }

  RedisCommands commands;
  RedisReplies values;        ///< one for each load, then, if read, its time to live for each load, then the count
  RedisReplies found;         ///< of the commands that look for tombstones one by one
  std::vector<char> revoked;  ///< one for each load
};

RedisSessionStore::RedisSessionStore(RedisClient& client, const SessionSettings& config)
    : client_(client),
      key_prefix_(config.key_prefix),
      reads_ttl_(config.cache.enabled),
      last_byte_(std::to_string(config.max_bytes)) {}

void RedisSessionStore::load(std::span<SessionLoad> loads) {
  if (loads.empty()) return;
  thread_local Batch batch;
  batch.shrink();
  fillIn(loads, batch, readValues(loads, batch, client_.newDeadline()));
}

class RedisSessionStore::BegunLoad final : public Pending {
 public:
  BegunLoad(RedisSessionStore& store, std::span<SessionLoad> loads) : store_(store), loads_(loads) {
    batch_->shrink();
    store.writeCommands(loads, *batch_);
    pipeline_ = store.client_.beginPipeline(batch_->commands, batch_->values);
  }
  bool hasBegun() const { return pipeline_ != nullptr; }

  int fd() const override { return pipeline_->fd(); }
  SteadyTime deadline() const override { return pipeline_->deadline(); }
  State advance() override {
    const State state = pipeline_->advance();
    if (state != State::kDone) return state;
    const auto counted = batch_->countTombstones(loads_.size());
    if (counted && !*counted) return State::kFailed;
    Expected<void, StoreError> done;
    if (!counted) done = Unexpected(counted.error());
    store_.fillIn(loads_, *batch_, done);
    return state;
  }

 private:
  RedisSessionStore& store_;
  const std::span<SessionLoad> loads_;
  const Reused<Batch> batch_;
  std::unique_ptr<Pending> pipeline_;  // last: it refers to batch_
};

std::unique_ptr<Pending> RedisSessionStore::beginLoad(std::span<SessionLoad> loads) {
  if (loads.empty()) return nullptr;
  auto begun = std::make_unique<BegunLoad>(*this, loads);
  if (!begun->hasBegun()) return nullptr;
  return begun;
}

void RedisSessionStore::fillIn(std::span<SessionLoad> loads, const Batch& batch,
                               const Expected<void, StoreError>& done) const {
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (!done) {
      loads[i].result = Unexpected(done.error());
      continue;
    }
    loads[i].result = sessionOf(batch.values[i], batch.revoked[i] != 0);
    if (reads_ttl_ && loads[i].result) loads[i].result->ttl = ttlOf(batch.values[loads.size() + i]);
  }
}

void RedisSessionStore::writeCommands(std::span<const SessionLoad> loads, Batch& batch) const {
  RedisCommands& commands = batch.commands;
  commands.clear();
  for (const SessionLoad& load : loads) {
    commands.begin(4);
    commands.argument("GETRANGE");
    commands.argument(key_prefix_, load.id->bytes());
    commands.argument("0");
    commands.argument(last_byte_);
  }
  for (std::size_t i = 0; reads_ttl_ && i < loads.size(); ++i) {
    commands.begin(2);
    commands.argument("PTTL");
    commands.argument(key_prefix_, loads[i].id->bytes());
  }
  commands.begin(1 + loads.size());
  commands.argument("EXISTS");
  for (const SessionLoad& load : loads) commands.argument(kTombstonePrefix, load.id->bytes());
}

Expected<void, StoreError> RedisSessionStore::readValues(std::span<const SessionLoad> loads, Batch& batch,
                                                         SteadyTime deadline) {
  writeCommands(loads, batch);
  if (auto done = client_.pipeline(batch.commands, Repeat::kSafe, batch.values, deadline); !done) return done;
  const auto counted = batch.countTombstones(loads.size());
  if (!counted) return Unexpected(counted.error());
  if (*counted) return {};
  return findRevoked(loads, batch, deadline);
}

Expected<void, StoreError> RedisSessionStore::findRevoked(std::span<const SessionLoad> loads, Batch& batch,
                                                          SteadyTime deadline) {
  batch.commands.clear();
  for (const SessionLoad& load : loads) {
    batch.commands.begin(2);
    batch.commands.argument("EXISTS");
    batch.commands.argument(kTombstonePrefix, load.id->bytes());
  }
  if (auto done = client_.pipeline(batch.commands, Repeat::kSafe, batch.found, deadline); !done) return done;
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (batch.found[i].type != Type::kInteger) return Unexpected(errorOf(batch.found[i]));
    batch.revoked[i] = batch.found[i].integer != 0;
  }
  return {};
}

Expected<void, StoreError> RedisSessionStore::touch(std::span<const SessionTouch> touches) {
  if (touches.empty()) return {};
  RedisCommands commands;
  for (const SessionTouch& touch : touches) {
    commands.begin(3);
    commands.argument("EXPIRE");
    commands.argument(key_prefix_, touch.id.bytes());
    commands.argument(ttlArgument(touch.ttl));
  }
  RedisReplies replies;
  if (auto done = client_.pipeline(commands, Repeat::kSafe, replies); !done) return done;
  for (const RedisReply& reply : replies)
    if (reply.type != Type::kInteger) return Unexpected(errorOf(reply));
  return {};
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
