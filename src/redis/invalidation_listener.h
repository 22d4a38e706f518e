// InvalidationListener: keeps the in-process session cache true, over one connection to Redis.
//
// Server-assisted client-side caching, in the form that works with RESP2: the connection asks for invalidations to be
// redirected to itself and subscribes to the channel they come on.
//
//   CLIENT ID                                                                                            -> 7
//   CLIENT TRACKING ON REDIRECT 7 BCAST PREFIX sess: PREFIX sessiond:revoked: PREFIX sessiond:alive:...  -> OK
//   SUBSCRIBE __redis__:invalidate
//
// BCAST, and not tracking by the connections that read: Redis then remembers no keys for us, so that there is no
// table that could overflow with a million sessions, and no reading connection whose loss would silently end the
// invalidations of what it had read. The price is a message for every session that anybody writes.
//
// What proves that the subscription tells of everything, and of the right server, are canaries (canaries.h).

#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/interval_gate.h"
#include "base/metrics.h"
#include "redis/canaries.h"
#include "redis/invalidation_message.h"
#include "redis/redis_client.h"
#include "session/burial_queue.h"
#include "session/session_cache.h"

namespace sessiond {

/// Runs a thread of its own from its making to its end. Everything passed in must outlive it.
class InvalidationListener {
 public:
  /// `burials` is told of every change as well, and whenever the server may be another one.
  InvalidationListener(RedisClient& client, const RedisKeys& keys, SessionCache& cache, BurialQueue& burials,
                       Canaries& canaries, const Clock& clock, MetricsRegistry& metrics);
  /// Trust is withdrawn. Waits for the thread, at most as long as a connection attempt takes.
  ~InvalidationListener();
  InvalidationListener(const InvalidationListener&) = delete;
  InvalidationListener& operator=(const InvalidationListener&) = delete;

 private:
  struct Counters {
    explicit Counters(MetricsRegistry& metrics);
    Counter& invalidations;
    Counter& flushes;
    Counter& subscriptions;
    Gauge& trusted;
  };
  using Subscribed = Expected<std::unique_ptr<RedisConnection>, ConnectionError>;

  void run(const std::stop_token& stop);
  Subscribed subscribe();
  Expected<void, ConnectionError> follow(RedisConnection& connection, std::uint64_t generation,
                                         const std::stop_token& stop);
  Expected<void, ConnectionError> handle(const RedisReply& reply);
  void noteLoss(const ConnectionError& error, bool stood);

  RedisClient& client_;
  SessionCache& cache_;
  BurialQueue& burials_;
  Canaries& canaries_;
  const Clock& clock_;
  const InvalidationScope scope_;
  Counters counters_;
  IntervalGate rejection_log_;
  std::string canary_prefix_;  // owned by the thread: of the subscription
  bool standing_ = false;      // owned by the thread: the subscription is confirmed
  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
