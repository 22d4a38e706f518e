// RedisClient: runs pipelines against Redis, whatever the network does, within a budget of time.
//
// It keeps a pool of connections (as many as there are callers at one time), connects when there is none, tries once
// more where that is right, and asks nobody while the circuit breaker is open. What the stores above it see is an
// answer, or one of two reasons: kUnavailable, kTimeout.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/interval_gate.h"
#include "base/metrics.h"
#include "base/pending.h"
#include "redis/circuit_breaker.h"
#include "redis/error_reply.h"
#include "redis/redis_commands.h"
#include "redis/redis_connector.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

namespace sessiond {

class RedisConnection;
struct ConnectionError;

/// May a pipeline be sent a second time when it is not known whether the first was carried out?
enum class Repeat {
  kSafe,    ///< twice is as good as once
  kUnsafe,  ///< it counts, say
};

/// What the server looks like when the daemon starts.
enum class StartupProbe {
  kOk,
  kLimited,        ///< may not do all that it will be asked for: the daemon starts
  kUnreachable,    ///< down, silent, loading: the daemon starts and recovers by itself
  kMisconfigured,  ///< refuses us and will go on doing so: password, database, version
};

struct StartupReport {
  StartupProbe outcome = StartupProbe::kOk;
  std::string message;  ///< a whole log message; empty when all is well
};

/// Thread-safe. No call takes longer than connect_timeout + command_timeout, and one that needs no new connection no
/// longer than command_timeout.
class RedisClient {
 public:
  /// Keeps what it needs of `config`. REQUIRES: config.url is valid (parseRedisUrl).
  RedisClient(const RedisSettings& config, const Clock& clock, MetricsRegistry& metrics);
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  /// Sends all commands at once and fills `replies` with one reply each. Error replies to single commands are left to
  /// the caller (storeErrorOf), already logged and counted; errors that speak of the whole server are kUnavailable.
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies);
  /// The same for one of several pipelines that share a budget: `deadline` is newDeadline() from before the first.
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime deadline);
  /// Begins a pipeline without waiting, on a connection that is idle in the pool. nullptr when that cannot be: none is
  /// idle (this never connects), the breaker is open, or the connection does not take it. The commands are needed no
  /// longer then; the replies must stay where they are until what is pending is destroyed, and the client, too.
  ///
  /// kDone leaves all as a successful pipeline() does, except that the connection goes back to the pool when the
  /// pending object is destroyed: until then its descriptor may stand in an epoll set. kFailed, like giving it up at
  /// its deadline (command_timeout from now), is neither logged nor counted and the breaker hears nothing of it: the
  /// caller is to repeat all by pipeline(), which does all that, and knows of retries. An attempt of this kind can
  /// neither open the breaker nor use up its probe.
  /// REQUIRES: twice is as good as once (Repeat::kSafe).
  std::unique_ptr<Pending> beginPipeline(const RedisCommands& commands, RedisReplies& replies);
  SteadyTime newDeadline() const { return clock_.steadyNow() + connect_timeout_ + command_timeout_; }

  /// A connection of the caller's own, outside the pool and whatever the breaker says: for a subscription. Greeted with
  /// success, it closes the breaker.
  Expected<std::unique_ptr<RedisConnection>, ConnectionError> dial();

  /// Does the server answer (PING)? While the breaker is open: no.
  bool reachable();
  /// Connects once, whatever the breaker says, and looks at user, password, database and version.
  StartupReport probe();

 private:
  class BegunPipeline;
  /// A connection and the generation of the pool that it belongs to.
  struct Pooled {
    std::unique_ptr<RedisConnection> connection;
    std::uint64_t generation = 0;
  };
  struct Counters {
    explicit Counters(MetricsRegistry& metrics);
    Counter& connect;
    Counter& timeout;
    Counter& closed;
    Counter& broken;
    Counter& refused;
    Counter& opened;
    Counter& breaker_opened;
    Histogram& latency;
    std::vector<Counter*> replies;  // by ErrorKind::index
  };

  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime start, SteadyTime deadline);
  Expected<void, ConnectionError> attempt(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                          SteadyTime start, SteadyTime deadline);
  Expected<void, ConnectionError> exchange(Pooled& pooled, const RedisCommands& commands, RedisReplies& replies,
                                           SteadyTime now, SteadyTime deadline);
  bool shouldTryElsewhere(const RedisReplies& replies, SteadyTime now);
  Expected<Pooled, ConnectionError> connect(SteadyTime deadline);
  Pooled takeIdle();
  void giveBack(Pooled pooled);
  /// The pool's connections lead to a server that is gone or is not what it was.
  void dropIdle();

  /// Logs and counts; the most serious kind found, or null when no reply is an error.
  const ErrorKind* noteErrors(const RedisReplies& replies);
  void noteErrorReply(const ErrorKind& kind, std::string_view text);
  void noteFailure(const ConnectionError& error);
  void noteChange(CircuitBreaker::Change change, std::string_view reason);

  const Clock& clock_;
  const RedisAddress address_;
  const std::string server_;  // address_.name(), for logs
  const std::string user_;
  const Secret password_;
  const milliseconds connect_timeout_;
  const milliseconds command_timeout_;
  RedisConnector connector_;
  CircuitBreaker breaker_;
  Counters counters_;
  IntervalGate failure_log_;
  IntervalGate elsewhere_;
  std::vector<std::unique_ptr<IntervalGate>> reply_log_;  // by ErrorKind::index
  std::atomic<std::uint64_t> generation_ = 0;
  Guarded<std::vector<Pooled>> idle_;
};

}  // namespace sessiond
