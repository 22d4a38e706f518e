#include "redis/session_reading.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/parse.h"
#include "redis/error_reply.h"
#include "redis/redis_user_directory.h"
#include "session/login_epoch.h"

namespace sessiond {
namespace {

using Type = RedisReply::Type;

/// Of a PTTL: -1 for a key that does not expire, -2 for none at all (any more).
std::optional<std::chrono::milliseconds> ttlOf(const RedisReply& reply) {
  if (reply.type != Type::kInteger) return std::nullopt;
  if (reply.integer == -1) return kNoEnd;
  return std::chrono::milliseconds(std::max<std::int64_t>(reply.integer, 0));
}

bool isOrFailed(const RedisReply& reply, Type kind) {
  return reply.type == kind || reply.type == Type::kError;
}

/// False: these are replies to something else, or of something else than Redis. What they say destroys nothing: a
/// session is revoked by a number that EXISTS of one key gives, and not by that of a neighbour.
bool areReplies(const RedisReply& value, const RedisReply* ttl, const RedisReply& tombstone) {
  if (!isOrFailed(value, Type::kString) || !isOrFailed(tombstone, Type::kInteger)) return false;
  if (ttl != nullptr && !isOrFailed(*ttl, Type::kInteger)) return false;
  return tombstone.type == Type::kError || tombstone.integer == 0 || tombstone.integer == 1;
}

Expected<StoredSession, StoreError> sessionOf(const RedisReply& value, const RedisReply* ttl,
                                              const RedisReply& tombstone) {
  if (tombstone.type != Type::kInteger) return Unexpected(storeErrorOf(tombstone));
  if (value.type != Type::kString) return Unexpected(storeErrorOf(value));
  StoredSession session;
  session.revoked = tombstone.integer != 0;
  if (!value.text.empty()) session.json = value.text;
  if (ttl != nullptr) session.ttl = ttlOf(*ttl);
  return session;
}

/// A key that is no hash lets nobody log in. Of another error nobody can tell.
Expected<std::uint64_t, StoreError> userTagOf(std::string_view name, const RedisReply& user) {
  if (storeErrorOf(user) == StoreError::kCorrupt) return 0;
  if (user.type != Type::kArray || user.elements.size() != 2) return Unexpected(storeErrorOf(user));
  return standingTag(name, user.elements[0], user.elements[1]);
}

}  // namespace

SessionReading::SessionReading(const SessionSettings& config, RedisKeys keys) : keys_(std::move(keys)) {
  value_.before.begin(4);
  value_.before.argument("GETRANGE");
  value_.behind.argument("0");
  value_.behind.argument(std::to_string(config.max_bytes));  // counted from 0: one more than it may have
  ttl_.before.begin(2);
  ttl_.before.argument("PTTL");
  tombstone_.before.begin(2);
  tombstone_.before.argument("EXISTS");
  user_.before.begin(4);
  user_.before.argument("HMGET");
  user_.behind.argument("password");
  user_.behind.argument("disabled");
  epoch_.add({"GET", keys_.epoch()});
}

std::optional<std::uint64_t> SessionReading::epochIn(const RedisReply& reply) {
  if (reply.type == Type::kNil) return 0;
  const auto epoch = reply.type == Type::kString ? parseInteger<std::uint64_t>(reply.text) : std::nullopt;
  return epoch && *epoch <= LoginEpoch::kMost ? epoch : std::nullopt;
}

bool SessionReading::isEpochDamaged(const RedisReply& reply) {
  if (reply.type == Type::kError) return storeErrorOf(reply) == StoreError::kCorrupt;
  return !epochIn(reply).has_value();
}

void SessionReading::write(std::span<const SessionLoad> loads, RedisCommands& commands, bool with_epoch) const {
  for (const SessionLoad& load : loads) {
    value_.write(commands, keys_.sessions(), load.id->bytes());
    if (load.wants_ttl) ttl_.write(commands, keys_.sessions(), load.id->bytes());
    writeTombstone(*load.id, commands);
    if (!load.user.empty()) user_.write(commands, keys_.users(), load.user);
  }
  // Behind them all, so that it is no older than any of them.
  if (with_epoch && !loads.empty()) writeEpoch(commands);
}

void SessionReading::writeTombstone(const SessionId& id, RedisCommands& commands) const {
  const RedisKeys::Frame frame = keys_.tombstoneFrame(id.bytes());
  tombstone_.write(commands, frame.before, id.bytes(), frame.behind);
}

bool SessionReading::read(std::span<SessionLoad> loads, const RedisReplies& replies, std::size_t first,
                          bool with_epoch) {
  bool all_are_replies = true;
  for (SessionLoad& load : loads) {
    const std::size_t last = first + (load.wants_ttl ? 2 : 1);
    SESSIOND_CHECK(last < replies.size());
    const RedisReply* const ttl = load.wants_ttl ? &replies[first + 1] : nullptr;
    if (areReplies(replies[first], ttl, replies[last])) {
      load.result = sessionOf(replies[first], ttl, replies[last]);
    } else {
      load.result = Unexpected(StoreError::kUnavailable);
      all_are_replies = false;
    }
    first = last + 1;
    if (load.user.empty()) continue;
    SESSIOND_CHECK(first < replies.size());
    const Expected<std::uint64_t, StoreError> tag = userTagOf(load.user, replies[first++]);
    if (!tag) {
      load.result = Unexpected(tag.error());
    } else if (load.result) {
      load.result->user_tag = *tag;
    }
  }
  if (loads.empty() || !with_epoch) return all_are_replies;
  SESSIOND_CHECK(first < replies.size());
  const std::optional<std::uint64_t> epoch = epochIn(replies[first]);
  for (SessionLoad& load : loads)
    if (load.result) load.result->epoch = epoch;
  return all_are_replies;
}

void SessionReading::refuseSplit(std::span<SessionLoad> loads, RedisAccess& store) const {
  for (SessionLoad& load : loads) {
    if (!keys_.haveOneSlot(load.id->bytes()) && !store.bearsSplitSession()) load.result = StoredSession{};
  }
}

void SessionReading::shrink(RedisReplies& replies) {
  constexpr std::size_t kKept = 16 * 1024;
  for (RedisReply& reply : replies) {
    if (reply.text.capacity() > kKept) std::string().swap(reply.text);  // an assignment would keep the memory
  }
}

}  // namespace sessiond
