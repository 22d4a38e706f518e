// An instance of sessiond as far as its in-process cache goes, with a Redis Cluster behind.

#pragma once

#include <atomic>
#include <memory>

#include "cache_instance.h"
#include "redis/cluster_client.h"
#include "redis/cluster_lane_store.h"
#include "redis/cluster_nodes.h"
#include "redis/cluster_trust.h"
#include "redis/cluster_watch.h"

namespace sessiond {

/// What leads to a cluster.
struct ClusterAccess {
  explicit ClusterAccess(const RedisSettings& redis, const SessionSettings& config = {})
      : keys(keysFor(config)), nodes(redis, keys, clock, metrics), watch(redis, nodes, learned, clock) {}

  /// Until every node answers, or ten seconds are over.
  bool recovers() {
    return soon([this] { return client.reachable(); }, 10s);
  }

  SystemClock clock;
  MetricsRegistry metrics;
  const RedisKeys keys;
  ClusterNodes nodes;
  ClusterClient client{nodes, clock};
  LearnedNodes learned;
  ClusterWatch watch;
};

/// By whose clock and figures it is.
struct HasClusterAccess {
  HasClusterAccess(const RedisSettings& redis, const SessionSettings& config) : access(redis, config) {}

  ClusterAccess access;
  SystemClock& clock = access.clock;
  MetricsRegistry& metrics = access.metrics;
};

/// What the lanes of an instance share, as far as sessions go.
struct ClusterSite : HasClusterAccess, SiteParts {
  ClusterSite(const RedisSettings& redis, milliseconds max_staleness, bool is_cache_enabled = true)
      : HasClusterAccess(redis, sessionConfig("sess:", max_staleness)),
        SiteParts(sessionConfig("sess:", max_staleness), clock, metrics),
        cache_enabled(is_cache_enabled) {}

  std::unique_ptr<LaneStore> makeLaneStore(EventLoop& loop) {
    return std::make_unique<ClusterLaneStore>(access.nodes, access.client, trust, cache_enabled, config, keys, loop,
                                              clock);
  }

  const bool cache_enabled;
  ClusterTrust trust{access.nodes, keys, config.cache.max_staleness, clock, metrics};
  SessionCache cache{CacheLimits{}, trust};
  RedisSessionStore redis_store{access.client, config, keys};
  const LiveCaches::Membership membership{caches, cache};
  CoherentStore store{redis_store, caches, revoked, epoch, clock};
  std::atomic<int> renewals = 0;
  BurialQueue burials{store,
                      redis_store,
                      revoked,
                      log_names,
                      metrics,
                      {.renewing =
                           [this] {
                             access.nodes.renewDoubted();
                             ++renewals;
                           },
                       .ending = {}}};
  ClusterTrust::Listening listening{trust, cache, burials, cache_enabled};
  const milliseconds budget = access.nodes.budget() + 50ms;  ///< of a check
};

class ClusterInstance : public InstanceOf<ClusterSite> {
 public:
  explicit ClusterInstance(const RedisSettings& redis, milliseconds max_staleness = 1000ms, bool cache_enabled = true)
      : InstanceOf(redis, max_staleness, cache_enabled) {}
};

}  // namespace sessiond
