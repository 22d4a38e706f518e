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
// What proves that the subscription tells of everything, and of the right server, are canaries (canaries.h). Where they
// stay away again and again, it is suspended for longer and longer (subscription_pauses.h), and so where it is not
// worth what it costs (cache_worth.h).

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/cache_worth.h"
#include "redis/canaries.h"
#include "redis/invalidation_message.h"
#include "redis/redis_client.h"
#include "redis/subscription_pauses.h"
#include "session/burial_queue.h"
#include "session/session_cache.h"

namespace sessiond {

/// Runs a thread of its own from its making to its end. Everything passed in must outlive it.
class InvalidationListener {
 public:
  /// Called when everybody was logged out.
  using OnEverybody = std::function<void()>;

  /// `burials` is told of every change as well, and whenever the server may be another one.
  InvalidationListener(RedisClient& client, const RedisKeys& keys, SessionCache& cache, BurialQueue& burials,
                       Canaries& canaries, const Clock& clock, MetricsRegistry& metrics, OnEverybody on_everybody);
  /// Trust is withdrawn. Waits for the thread, at most as long as a connection attempt takes.
  ~InvalidationListener();
  InvalidationListener(const InvalidationListener&) = delete;
  InvalidationListener& operator=(const InvalidationListener&) = delete;

  /// Of several, so that their ends take no longer than that of one.
  void requestStop() { thread_.request_stop(); }

 private:
  struct Counters {
    explicit Counters(MetricsRegistry& metrics);
    Counter& invalidations;
    Counter& flushes;
    Counter& subscriptions;
    Gauge& trusted;
    Gauge& resting;
  };
  using Subscribed = Expected<std::unique_ptr<RedisConnection>, ConnectionError>;

  void run(const std::stop_token& stop);
  Subscribed subscribe();
  Expected<void, ConnectionError> follow(RedisConnection& connection, std::uint64_t generation,
                                         const std::stop_token& stop);
  Expected<void, ConnectionError> handle(const RedisReply& reply);
  Expected<void, ConnectionError> breakSilence(RedisConnection& connection);
  milliseconds conclude(const ConnectionError& error, bool proven, std::uint64_t generation);
  void rest(milliseconds time, std::uint64_t generation, const std::stop_token& stop);
  void restUnlessLost(milliseconds time, std::uint64_t generation, const std::stop_token& stop);
  void judgeWorth();
  void renewTombstones();
  void noteStanding();
  void noteLoss(const ConnectionError& error, bool stood);
  void noteGivenUp(DistrustReason why, milliseconds pause);
  void noteRest(milliseconds pause);

  RedisClient& client_;
  SessionCache& cache_;
  BurialQueue& burials_;
  Canaries& canaries_;
  const Clock& clock_;
  const InvalidationScope scope_;
  const OnEverybody on_everybody_;
  Counters counters_;
  OncePer rejection_log_;
  OncePer given_up_log_;
  OncePer seldom_renewals_;
  OncePer rest_log_;
  // Of the thread.
  SubscriptionPauses pauses_;
  CacheWorth worth_;
  bool was_at_rest_ = false;                ///< and the server seemed to be the same all the time
  bool renews_seldom_ = false;              ///< the tombstones
  std::optional<milliseconds> rest_;        ///< it is suspended for so long, because it is not worth it
  std::string canary_prefix_;               ///< of the subscription
  std::optional<SteadyTime> stands_since_;  ///< the subscription is confirmed
  SteadyTime silent_since_;                 ///< nothing has come over it, and nothing was sent
  bool awaits_pong_ = false;
  bool may_ping_ = true;       ///< on this subscription
  bool was_greeted_ = false;   ///< the server answered what came before the subscription
  bool was_given_up_ = false;  ///< the one before, since canaries stayed away
  bool owes_renewal_ = false;  ///< of the tombstones
  bool says_standing_ = true;  ///< since something else was said
  std::mutex mutex_;
  std::condition_variable_any stopping_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
