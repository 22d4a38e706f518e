// NodeGreeting: what a new connection to a node sends first, and what the answer makes of it.
//
//   AUTH app s3cret            where there is a password, or a user; without one Redis takes any, of nopass
//   SELECT 3                   another database than the first
//   CLIENT SETNAME sessiond    a courtesy
//   HELLO 2                    the reply tells the server's role (node_role.h)
//
// All in one round trip. A front end that closes the connection at one of the last two is greeted *plainly*, without
// them; with PING where nothing else is to be said, since only an answer proves that somebody is there. Not where the
// role has to be known.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "redis/connection_error.h"
#include "redis/node_place.h"
#include "redis/node_role.h"
#include "redis/redis_address.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

/// Thread-safe. `role` and `clock` outlive it.
class NodeGreeting {
 public:
  /// `address`: what config.url says; nothing: there are sentinels.
  NodeGreeting(const RedisSettings& config, const std::optional<RedisAddress>& address, const NodeRole& role,
               const Clock& clock, MetricsRegistry& metrics);
  NodeGreeting(const NodeGreeting&) = delete;
  NodeGreeting& operator=(const NodeGreeting&) = delete;

  /// The ACL user that connections are, be it "default".
  std::string userName() const { return user_.empty() ? "default" : user_; }
  RedisCommands commands(bool plainly) const;  ///< hold the password: to be wiped
  /// Has the server lately been greeted without the courtesies, because it closes a connection at them? They are tried
  /// again after a few seconds: the first try may have met a server on its way down, and only they tell its role.
  bool isPlain() const;
  /// It was answered: does the server tell its role? An error: why it is not to be used, since it refuses us, or is no
  /// primary.
  Expected<bool, ConnectionError> judge(const RedisReplies& replies, bool was_plain);
  /// It was not. Is it worth another try at once, without the courtesies?
  bool shouldBePlainAfter(const ConnectionError& error, bool was_plain) const;
  /// Does it speak against those that the server has taken before, that a new one could not be made? Only where the
  /// server itself says so, and not of newcomers only, since it is full, or wants another password by now. Who cannot
  /// be reached, or looked up, says nothing.
  static bool speaksAgainstPresent(const ConnectionError& error);
  /// It failed for good: with a hint, where the port may be one for TLS.
  ConnectionError explain(ConnectionError error, const NodePlace::Known& place) const;

  /// May whoever does not know over which connection be asked for the role now and then? A front end that did not
  /// answer HELLO when it was greeted last would close the connection at it.
  bool mayAskForRole() const { return hello_answered_.load(std::memory_order_relaxed) && !isPlain(); }

 private:
  bool logsIn() const;
  std::size_t required() const;

  const NodeRole& role_;
  const Clock& clock_;
  const std::uint32_t database_;
  const std::string user_;
  const Secret password_;
  Counter& opened_;
  std::atomic<SteadyTime::rep> plain_until_ = 0;
  std::atomic<bool> hello_answered_ = true;  // by whoever was greeted last
  std::atomic<bool> opened_before_ = false;
};

}  // namespace sessiond
