// ClusterTrust: what one site is told by the nodes of a cluster of the keys there, and what proves that it is told of
// everything: for each node a subscription and canaries of its own, and trust of its own.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/canaries.h"
#include "redis/cluster_nodes.h"
#include "redis/invalidation_listener.h"
#include "redis/known_epoch.h"
#include "redis/node_observers.h"
#include "redis/redis_keys.h"
#include "session/burial_queue.h"
#include "session/session_cache.h"
#include "session/trust_realms.h"

namespace sessiond {

/// Thread-safe.
class ClusterTrust final : public TrustRealms {
  struct NodeTrust;

 public:
  /// All but the last outlive it.
  ClusterTrust(ClusterNodes& nodes, RedisKeys keys, std::chrono::milliseconds max_staleness, const Clock& clock,
               MetricsRegistry& metrics);
  ~ClusterTrust() override;

  const CacheTrust* ofSession(std::string_view id) const override;
  const CacheTrust* ofUser(std::string_view login) const override;
  const CacheTrust* at(CacheTrust::Realm realm) const override;
  bool knowsEverybody(SteadyTime now) const override { return epoch_.known(now).has_value(); }
  std::chrono::milliseconds maxStaleness() const override { return epoch_.maxStaleness(); }

  /// Null: nothing is told by this node, yet.
  Canaries* canariesOf(ClusterNodes::Number number) const;
  KnownEpoch& epoch() { return epoch_; }
  /// Nothing that was loaded is believed any more.
  void distrust(DistrustReason why);

  /// As long as this lives, what the nodes tell is carried out; its end waits for threads. A node may be learned of by
  /// a thread that gives way to all others, and a thread has the priority of the one that began it; so all who listen
  /// are begun by one thread that is made with this.
  class Listening {
   public:
    /// `cache_enabled`: is anything kept in memory, and so to be told of?
    Listening(ClusterTrust& trust, SessionCache& cache, BurialQueue& burials, bool cache_enabled);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    /// Known, and nobody listens to it yet.
    struct Unheard {
      ClusterNodes::Node* node;
      NodeTrust* trust;
    };

    void add(ClusterNodes::Node& node);
    void run(const std::stop_token& stop);
    /// False: in vain, to be tried again.
    bool listenTo(const Unheard& one);

    ClusterTrust& trust_;
    SessionCache& cache_;
    BurialQueue& burials_;
    const bool cache_enabled_;
    OncePer unheard_log_;
    std::mutex mutex_;
    std::condition_variable_any added_;
    std::vector<Unheard> unheard_;                                             // guarded by mutex_
    std::vector<std::unique_ptr<NodeObservers::Registration>> registrations_;  // guarded by mutex_
    std::vector<std::unique_ptr<InvalidationListener>> listeners_;             // of the thread
    std::optional<ClusterNodes::Registration> nodes_;
    std::jthread thread_;  // last: it uses all of the above
  };

 private:
  /// Of one node.
  struct NodeTrust {
    NodeTrust(const ClusterTrust& all, ClusterNodes::Number number);
    CacheTrust cache_trust;
    Canaries canaries;
  };

  NodeTrust& make(ClusterNodes::Number number);

  ClusterNodes& nodes_;
  const RedisKeys keys_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  KnownEpoch epoch_;
  std::array<std::atomic<NodeTrust*>, ClusterNodes::kMost + 1> by_node_{};
  std::mutex mutex_;
  std::vector<std::unique_ptr<NodeTrust>> owned_;  // guarded by mutex_
};

}  // namespace sessiond
