// NodeRole: what a node is taken for: a primary, by what it says of itself or by what it takes.
//
//   HELLO 2                    "role" "master": it says so; of a replica nothing is believed, unless that is allowed
//   a write that is taken      where no role is told: no replica takes one, nor gets as far as to miss replicas
//   READONLY, MASTERDOWN       it was one, and is a replica by now: another server is to be asked

#pragma once

#include <optional>

#include "base/clock.h"
#include "base/once_per.h"
#include "redis/connection_error.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe.
class NodeRole {
 public:
  explicit NodeRole(const RedisSettings& config);
  NodeRole(const NodeRole&) = delete;
  NodeRole& operator=(const NodeRole&) = delete;

  /// Where there are several servers, one that does not tell is not used.
  bool mustBeTold() const { return must_be_told_; }
  bool allowsReplica() const { return allow_replica_; }

  /// Appends HELLO 2; the protocol stays the same.
  static void ask(RedisCommands& commands) { commands.add({"HELLO", "2"}); }
  /// Was it told? A server that does not know HELLO tells none.
  static bool isToldBy(const RedisReply& hello) { return !fieldOf(hello, "role").empty(); }
  /// Is the server not to be used because of it (redis.allow_replica)?
  bool isDeniedBy(const RedisReply& hello) const;

  /// A connection on which it was not told leads to a primary only if it shows so, again and again: by a write.
  bool mustBeShown(bool is_told) const { return !is_told && !allow_replica_; }
  /// By the reply to a write (NodeWrites::probe): why it was not shown. What a replica may say as well shows nothing:
  /// of a disk that fails, or of rights that lack, Redis speaks before it looks whether it is one.
  static std::optional<ConnectionError> judgeShown(const RedisReply& written);

  /// Does some reply ask to be tried at another server? None of them is believed then.
  bool asksElsewhere(const RedisReplies& replies) const;
  /// And was that not done a moment ago?
  bool shouldTryElsewhere(const RedisReplies& replies, SteadyTime now);

 private:
  const bool must_be_told_;
  const bool allow_replica_;
  OncePer elsewhere_;
};

}  // namespace sessiond
