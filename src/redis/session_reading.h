// How a session is read: the commands for one, and what their replies say together. The same for those who wait for
// Redis and for those who don't.
//
//   GETRANGE sess:abc 0 262144            the value, with one byte more than it may have
//   PTTL sess:abc                         if the remaining life is wanted
//   EXISTS sessiond:revoked:{sess:abc}    its tombstone
//   HMGET sessiond:user:ada ...           its user, if wanted
//   GET sessiond:epoch                    once for all of them
//
// GETRANGE instead of GET bounds what a monstrous value can cost everybody else in the batch; it cannot tell an empty
// value from none, and neither does connect-redis: both are "no session". The value is asked for before the tombstone,
// so that one which was written back after a revocation is never seen without its tombstone. One key a command.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "redis/redis_access.h"
#include "redis/redis_commands.h"
#include "redis/redis_keys.h"
#include "redis/redis_reply.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// Immutable and thread-safe.
class SessionReading {
 public:
  SessionReading(const SessionSettings& config, RedisKeys keys);

  /// Appends the commands for all of them. `with_epoch`: how often everybody was logged out is asked for as well.
  void write(std::span<const SessionLoad> loads, RedisCommands& commands, bool with_epoch = true) const;
  void writeEpoch(RedisCommands& commands) const { commands.append(epoch_); }
  /// Absent: nobody can tell.
  static std::optional<std::uint64_t> epochIn(const RedisReply& reply);
  /// Is it so because the key holds something else, and not because the server did not say?
  static bool isEpochDamaged(const RedisReply& reply);
  /// Appends the one that looks for a tombstone: EXISTS.
  void writeTombstone(const SessionId& id, RedisCommands& commands) const;
  /// Fills in every result. REQUIRES: the replies, from `first` on, to what write() wrote for these loads. The results'
  /// texts lie in the replies. False: some reply is of a kind that its command never gives.
  static bool read(std::span<SessionLoad> loads, const RedisReplies& replies, std::size_t first = 0,
                   bool with_epoch = true);
  /// Answers "no such key" to those whose key and tombstone are in different slots, unless store.bearsSplitSession().
  void refuseSplit(std::span<SessionLoad> loads, RedisAccess& store) const;
  /// Sessions are small; the memory that a large one took is not kept.
  static void shrink(RedisReplies& replies);

 private:
  /// A command but for its key.
  struct Question {
    RedisCommands before;
    RedisCommands behind;

    void write(RedisCommands& commands, std::string_view prefix, std::string_view id,
               std::string_view suffix = {}) const {
      commands.append(before);
      commands.argument(prefix, id, suffix);
      commands.append(behind);
    }
  };

  const RedisKeys keys_;
  Question value_;
  Question ttl_;
  Question tombstone_;
  Question user_;
  RedisCommands epoch_;
};

}  // namespace sessiond
