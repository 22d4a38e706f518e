// RedisNode: what all connections to one server share, whoever uses them: where it is (node_place.h), how it is
// greeted, what it may take, whether it is asked at all (circuit_breaker.h), and what is counted and logged of it.
//
// Which nodes there are, and where, is the *topology*'s to say: a single server is where redis.url names it; of a
// primary behind sentinels they say so, again and again (sentinel_watch.h): they *vouch* for it, and when they have
// been silent for too long, it is not asked. Where there are several servers, one that no replica follows is not
// believed either: it may have been cut off from all others, who go on without it. The nodes of a cluster are vouched
// for while they have slots (cluster_nodes.h).

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/interval_gate.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "redis/circuit_breaker.h"
#include "redis/error_reply.h"
#include "redis/node_followers.h"
#include "redis/node_place.h"
#include "redis/redirect.h"
#include "redis/redis_commands.h"
#include "redis/redis_connection.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// Thread-safe.
class RedisNode {
 public:
  /// Keeps what it needs of `config`. REQUIRES: config.url is valid (parseRedisUrl), or there are sentinels.
  /// `probe_key`: nobody's, to see whether writes are taken; needed where any answer is to be believed. A cluster's
  /// node is told later, since it must be in one of the node's slots.
  RedisNode(const RedisSettings& config, std::string probe_key, const Clock& clock, MetricsRegistry& metrics);
  RedisNode(const RedisNode&) = delete;
  RedisNode& operator=(const RedisNode&) = delete;

  /// For logs and messages: its address, or who is to say it.
  std::string server() const;
  NodePlace& place() { return place_; }
  NodeFollowers& followers() { return followers_; }
  /// It is another server from now on, at this address: what stood in the old one's way is over.
  void moveTo(const RedisAddress& address, const std::string& told_by);
  /// Sentinels, or the cluster, vouch for this node until then; later it is not asked.
  void vouch(SteadyTime until) { vouched_until_.store(until.time_since_epoch().count(), std::memory_order_release); }
  bool isVouchedFor(SteadyTime now) const {
    return now.time_since_epoch().count() < vouched_until_.load(std::memory_order_acquire);
  }
  /// Is it one that has, for now, nothing that anybody wants?
  bool isIdle() const {
    return vouched_until_.load(std::memory_order_acquire) == SteadyTime::min().time_since_epoch().count();
  }
  milliseconds connectTimeout() const { return connect_timeout_; }
  milliseconds commandTimeout() const { return command_timeout_; }
  milliseconds budget() const { return connect_timeout_ + command_timeout_; }
  /// How old a connection may become: names and proxies may lead elsewhere meanwhile. A minute, less up to a quarter,
  /// so that connections do not all end at one time.
  static milliseconds newAgeLimit();
  CircuitBreaker& breaker() { return breaker_; }
  bool allowsReplica() const { return allow_replica_; }

  /// What a new connection sends first, in one round trip:
  ///
  ///   AUTH app s3cret            where there is a password, or a user; without one Redis takes any, of nopass
  ///   SELECT 3                   another database than the first
  ///   CLIENT SETNAME sessiond    a courtesy
  ///   HELLO 2                    the reply tells the server's role; the protocol stays the same
  ///
  /// A front end that closes the connection at one of the last two is greeted `plainly`, without them; with
  /// PING where nothing else is to be said, since only an answer proves that somebody is there. Not where the role has
  /// to be known.
  RedisCommands greeting(bool plainly) const;  ///< holds the password: to be wiped
  /// Has the server lately been greeted without the courtesies, because it closes a connection at them?
  bool greetsPlainly() const;
  /// Why the server is not to be used, by what it answered: it refuses us, or it is no primary (redis.allow_replica).
  std::optional<ConnectionError> judgeGreeting(const RedisReplies& replies);
  /// A greeting failed. Is it worth another try at once, without the courtesies?
  bool shouldGreetPlainlyAfter(const ConnectionError& error, bool was_plain) const;
  /// A greeting failed for good: with a hint, where the port may be one for TLS.
  ConnectionError explainGreeting(ConnectionError error) const;
  /// That try has succeeded. The courtesies are tried again after a few seconds: the first try may have met a server on
  /// its way down, and only they tell its role.
  void noteGreetedPlainly();
  /// May a connection that stands be asked now and then (HELLO 2) whether it leads to a primary still?
  bool mayAskForRole() const { return tells_role_.load(std::memory_order_relaxed) && !greetsPlainly(); }
  bool deniesRole(const RedisReply& hello) const;
  /// Was the role told by what was answered to a greeting? A server that does not know HELLO tells none.
  static bool tellsRole(const RedisReplies& greeted);
  /// A connection on which it was not told leads to a primary only if it shows so, again and again: by a write.
  bool mustShowItself(bool tells_role) const { return !tells_role && !allow_replica_; }
  /// By the reply to a writeProbe(): why it has not shown itself. What a replica may say as well shows nothing: of a
  /// disk that fails, or of rights that lack, Redis speaks before it looks whether it is one.
  static std::optional<ConnectionError> judgeShown(const RedisReply& written);

  /// Are answers believed only while the server takes writes? It refuses them when too few replicas follow it
  /// (min-replicas-to-write).
  bool mustTakeWrites() const { return has_others_; }
  /// Appends a command that changes nothing and is refused as every write is; of this key.
  std::string writeProbe(RedisCommands& commands) const;
  void useProbeKey(std::string key) { *probe_key_.lock() = std::move(key); }
  /// What to do about an error, as far as one can tell.
  std::string_view adviceOn(const ErrorKind& kind) const;

  /// Of any write. False: it lacks replicas, as far as is known, and its answers are not believed. Where a cluster's
  /// node says that the key is another one's, nothing was tried: what was known before goes on.
  bool judgeWrite(const RedisReply& reply);
  /// Told of where a key is that was to be in one of the node's slots, and of the key.
  using Misled = std::function<void(const Redirect&, const std::string&)>;
  /// Before anybody else knows the node.
  void onMisled(Misled misled) { misled_ = std::move(misled); }
  /// Of a write of our own, beside what is asked for: a redirect is told of.
  void noteWrite(const RedisReply& reply, const std::string& key) const;
  bool lacksReplicas() const { return lacks_replicas_.load(std::memory_order_acquire); }

  void noteOpened();
  /// A connection has ended by itself, or leads to no primary any more. The followers are told.
  void noteLost() { followers_.tellLost(); }
  /// The server has answered somebody who had not asked the breaker: whoever waits for it to come back need not.
  void noteGoodNews();
  /// Logs and counts; the most serious kind found, or null when no reply is an error.
  const ErrorKind* noteErrors(const RedisReplies& replies);
  void noteFailure(const ConnectionError& error);
  /// Something was written that fewer replicas than wanted have.
  void noteUnreplicated(std::uint32_t reached, std::uint32_t wanted);
  void noteRefused() { counters_.refused.add(); }
  /// Not asked, because nobody vouches for it.
  void noteUnvouched() { counters_.unvouched.add(); }
  void noteChange(CircuitBreaker::Change change, std::string_view reason);
  void noteLatency(SteadyTime::duration time) { counters_.latency.observe(time); }
  /// Does some reply ask to be tried at another server? None of them is believed then.
  bool asksElsewhere(const RedisReplies& replies) const;
  /// And was that not done a moment ago?
  bool shouldTryElsewhere(const RedisReplies& replies, SteadyTime now);

 private:
  struct Counters {
    explicit Counters(MetricsRegistry& metrics);
    Counter& connect;
    Counter& timeout;
    Counter& closed;
    Counter& broken;
    Counter& refused;
    Counter& unvouched;
    Counter& opened;
    Counter& breaker_opened;
    Counter& unreplicated;
    Histogram& latency;
    std::vector<Counter*> replies;  // by ErrorKind::index
  };

  bool logsIn() const;
  std::size_t requiredOfGreeting() const;
  /// From now on errors are those of the server that it is now.
  void countByServer();
  void noteErrorReply(const ErrorKind& kind, std::string_view text);
  bool isUsual(const ErrorKind& kind) const;

  const Clock& clock_;
  const bool in_cluster_;
  const bool has_others_;  // in the topology
  const std::string unknown_place_;
  mutable Guarded<std::string> probe_key_;
  const TlsSettings tls_;
  std::uint32_t database_ = 0;  // set in the constructor
  std::string user_;            // set in the constructor
  const Secret password_;
  const bool allow_replica_;
  const milliseconds connect_timeout_;
  const milliseconds command_timeout_;
  NodePlace place_;
  NodeFollowers followers_;
  CircuitBreaker breaker_;
  MetricsRegistry& metrics_;
  Counters counters_;
  Guarded<std::shared_ptr<Counter>> server_errors_;  // set in the constructor
  std::atomic<SteadyTime::rep> plain_until_ = 0;
  std::atomic<bool> tells_role_ = true;
  std::atomic<bool> opened_before_ = false;
  std::atomic<bool> lacks_replicas_ = false;
  std::atomic<SteadyTime::rep> vouched_until_ = 0;
  Misled misled_;
  IntervalGate failure_log_;
  IntervalGate elsewhere_;
  IntervalGate unreplicated_log_;
  std::vector<std::unique_ptr<IntervalGate>> reply_log_;  // by ErrorKind::index
};

StoreError toStoreError(const ConnectionError& error);

}  // namespace sessiond
