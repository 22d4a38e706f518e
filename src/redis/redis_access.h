// RedisAccess: pipelines for threads that may wait, whatever stands behind: one server (redis_client.h) or the nodes of
// a cluster (cluster_client.h).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "redis/error_reply.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"
#include "session/session_store.h"

namespace sessiond {

class RedisClient;

/// May a pipeline be sent a second time when it is not known whether the first was carried out?
enum class Repeat {
  kSafe,    ///< twice is as good as once
  kUnsafe,  ///< it counts, say
};

/// What the server looks like when the daemon starts.
enum class StartupProbe {
  kOk,
  kLimited,      ///< may not do all that it will be asked for: the daemon starts
  kUnreachable,  ///< down, silent, loading: the daemon starts and recovers by itself
  kUnknown,  ///< to those who are to say where it is, perhaps not for long: as above, but a reload keeps what it had
  kMisconfigured,  ///< refuses us and will go on doing so: password, database, version
};

struct StartupReport {
  StartupProbe outcome = StartupProbe::kOk;
  std::string message;  ///< a whole log message; empty when all is well
};

/// Thread-safe. No call takes longer than its deadline.
class RedisAccess {
 public:
  virtual ~RedisAccess() = default;

  /// Sends all commands at once and fills `replies` with one reply each. Error replies to single commands are left to
  /// the caller (storeErrorOf), already logged and counted; an error is what nothing was answered for. `deadline`: a
  /// newDeadline(), from before the first of several pipelines that share it.
  virtual Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                              SteadyTime deadline) = 0;
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies) {
    return pipeline(commands, repeat, replies, newDeadline());
  }
  /// For writes that replicas should have as well: the server is asked over the same connection (WAIT) how many have
  /// taken them, until `wanted` have, or for most of what is left of the time. 0 also when that could not be learned;
  /// the least of what several servers say.
  virtual Expected<std::uint32_t, StoreError> replicate(const RedisCommands& commands, Repeat repeat,
                                                        RedisReplies& replies, std::uint32_t wanted,
                                                        SteadyTime deadline) = 0;
  Expected<std::uint32_t, StoreError> replicate(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                std::uint32_t wanted) {
    return replicate(commands, repeat, replies, wanted, newDeadline());
  }
  virtual SteadyTime newDeadline() const = 0;

  /// Does every server that is needed answer, and is it a primary?
  virtual bool reachable() = 0;
  /// Connects once, whatever the breaker says, and looks at user, password, database and version.
  virtual StartupReport probe() = 0;
  /// All servers that have keys, in an order that stays as long as they do; none: they are not known.
  virtual std::vector<RedisClient*> servers() = 0;
  /// A session was asked for whose key and whose tombstone are in different slots, perhaps at different servers. May it
  /// be one?
  virtual bool bearsSplitSession() { return true; }
};

}  // namespace sessiond
