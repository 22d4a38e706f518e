// RedisNode: what all connections to one server share, whoever uses them: which server it is, whether it is asked at
// all, and who is told when it is another one; beside it, of the server: how it is greeted (node_greeting.h), what it
// is taken for (node_role.h), whether it takes writes (node_writes.h), what is counted and logged (node_reports.h).
//
// Which nodes there are, and where, is the *topology*'s to say: a single server is where redis.url names it; of a
// primary behind sentinels they say so, again and again (sentinel_watch.h): they *vouch* for it, and when they have
// been silent for too long, it is not asked. The nodes of a cluster are vouched for while they have slots
// (cluster_nodes.h). Where the place is a name, that may lead to another server as well (name_watch.h).

#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "redis/circuit_breaker.h"
#include "redis/error_reply.h"
#include "redis/node_greeting.h"
#include "redis/node_observers.h"
#include "redis/node_place.h"
#include "redis/node_reports.h"
#include "redis/node_role.h"
#include "redis/node_writes.h"
#include "redis/redis_address.h"
#include "redis/redis_reply.h"
#include "redis/redis_settings.h"

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
  std::string server() const { return place_.name(); }
  TopologyKind topology() const { return topology_; }
  NodePlace& place() { return place_; }
  NodeObservers& observers() { return observers_; }
  CircuitBreaker& breaker() { return breaker_; }
  NodeRole& role() { return role_; }
  NodeGreeting& greeting() { return greeting_; }
  NodeWrites& writes() { return writes_; }
  NodeReports& reports() { return reports_; }

  /// It is another server from now on, at this address: what stood in the old one's way is over.
  void moveTo(const RedisAddress& address, const std::string& told_by);
  /// The same at the address of this term, a name that leads to another server from now on. Nothing, where another
  /// term has begun already.
  void renewPlace(std::uint64_t term);
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
  /// How old a connection may become: a proxy may lead elsewhere meanwhile. A minute, less up to a quarter, so that
  /// connections do not all end at one time.
  static milliseconds newAgeLimit();
  /// So long before that a successor is sought, which stands before the old one is let go of; and where it cannot be
  /// made, again after so long.
  static constexpr milliseconds kSuccessorLead{20'000};
  static constexpr milliseconds kSuccessorPause{2'000};

  /// Whatever was asked: errors are logged and counted, and replicas that lack are heard of. The most serious kind
  /// found, or null when no reply is an error.
  const ErrorKind* noteErrors(const RedisReplies& replies);
  /// The server has answered somebody who had not asked the breaker: whoever waits for it to come back need not.
  void noteGoodNews();

 private:
  RedisNode(const RedisSettings& config, const std::optional<RedisAddress>& address, std::string probe_key,
            const Clock& clock, MetricsRegistry& metrics);
  void becomeAnother();

  const Clock& clock_;
  const TopologyKind topology_;
  const TlsSettings tls_;
  const milliseconds connect_timeout_;
  const milliseconds command_timeout_;
  NodePlace place_;
  NodeObservers observers_;
  CircuitBreaker breaker_;
  NodeRole role_;
  NodeGreeting greeting_;
  NodeWrites writes_;
  NodeReports reports_;
  std::atomic<SteadyTime::rep> vouched_until_ = 0;
};

}  // namespace sessiond
