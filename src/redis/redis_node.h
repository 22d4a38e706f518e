// RedisNode: what all connections to one server share, whoever uses them: where it is, how it is greeted, what it may
// take, whether it is asked at all (circuit_breaker.h), and what is counted and logged of it.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/interval_gate.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "redis/circuit_breaker.h"
#include "redis/error_reply.h"
#include "redis/redis_commands.h"
#include "redis/redis_connection.h"
#include "redis/redis_connector.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// Thread-safe.
class RedisNode {
 public:
  /// Keeps what it needs of `config`. REQUIRES: config.url is valid (parseRedisUrl).
  RedisNode(const RedisSettings& config, const Clock& clock, MetricsRegistry& metrics);
  RedisNode(const RedisNode&) = delete;
  RedisNode& operator=(const RedisNode&) = delete;

  /// For logs and messages.
  const std::string& server() const { return server_; }
  milliseconds connectTimeout() const { return connect_timeout_; }
  milliseconds commandTimeout() const { return command_timeout_; }
  milliseconds budget() const { return connect_timeout_ + command_timeout_; }
  /// How old a connection may become: names and proxies may lead elsewhere meanwhile. A minute, less up to a quarter,
  /// so that connections do not all end at one time.
  static milliseconds newAgeLimit();
  RedisConnector& connector() { return connector_; }
  CircuitBreaker& breaker() { return breaker_; }
  bool allowsReplica() const { return allow_replica_; }

  /// What a new connection sends first, in one round trip:
  ///
  ///   AUTH app s3cret            where there is a password
  ///   SELECT 3                   another database than the first
  ///   CLIENT SETNAME sessiond    a courtesy
  ///   HELLO 2                    the reply tells the server's role; the protocol stays the same
  ///
  /// A front end that closes the connection at one of the last two is greeted `plainly`, without them; with
  /// PING where nothing else is to be said, since only an answer proves that somebody is there.
  RedisCommands greeting(bool plainly) const;
  /// Has the server lately been greeted without the courtesies, because it closes a connection at them?
  bool greetsPlainly() const;
  /// Why the server is not to be used, by what it answered: it refuses us, or it is no primary (redis.allow_replica).
  std::optional<ConnectionError> judgeGreeting(const RedisReplies& replies);
  /// A greeting failed. Is it worth another try at once, without the courtesies?
  static bool shouldGreetPlainlyAfter(const ConnectionError& error, bool was_plain);
  /// A greeting failed for good: with a hint, where the port may be one for TLS.
  ConnectionError explainGreeting(ConnectionError error) const;
  /// That try has succeeded. The courtesies are tried again after a few seconds: the first try may have met a server on
  /// its way down, and only they tell its role.
  void noteGreetedPlainly();
  /// May a connection that stands be asked now and then (HELLO 2) whether it leads to a primary still?
  bool mayAskForRole() const { return tells_role_.load(std::memory_order_relaxed) && !greetsPlainly(); }
  bool deniesRole(const RedisReply& hello) const;

  void noteOpened();
  /// The server has answered somebody who had not asked the breaker: whoever waits for it to come back need not.
  void noteGoodNews();
  /// Logs and counts; the most serious kind found, or null when no reply is an error.
  const ErrorKind* noteErrors(const RedisReplies& replies);
  void noteFailure(const ConnectionError& error);
  void noteRefused() { counters_.refused.add(); }
  void noteChange(CircuitBreaker::Change change, std::string_view reason);
  void noteLatency(SteadyTime::duration time) { counters_.latency.observe(time); }
  /// Does some reply ask to be tried on another connection, and was that not done a moment ago?
  bool shouldTryElsewhere(const RedisReplies& replies, SteadyTime now);

 private:
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

  std::size_t requiredOfGreeting() const;
  void noteErrorReply(const ErrorKind& kind, std::string_view text);

  const Clock& clock_;
  const RedisAddress address_;
  const std::string server_;  // address_.name()
  const std::string user_;
  const Secret password_;
  const bool allow_replica_;
  const milliseconds connect_timeout_;
  const milliseconds command_timeout_;
  RedisConnector connector_;
  CircuitBreaker breaker_;
  Counters counters_;
  std::atomic<SteadyTime::rep> plain_until_ = 0;
  std::atomic<bool> tells_role_ = true;
  std::atomic<bool> opened_before_ = false;
  IntervalGate failure_log_;
  IntervalGate elsewhere_;
  std::vector<std::unique_ptr<IntervalGate>> reply_log_;  // by ErrorKind::index
};

StoreError toStoreError(const ConnectionError& error);

}  // namespace sessiond
