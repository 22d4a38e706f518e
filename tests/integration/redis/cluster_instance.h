// An instance of sessiond as far as its in-process cache goes, with a Redis Cluster behind.

#pragma once

#include <atomic>
#include <memory>
#include <string>

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

/// What the lanes of an instance share, as far as sessions go.
struct ClusterSite {
  ClusterSite(const RedisSettings& redis, milliseconds max_staleness, bool is_cache_enabled = true)
      : config(Site::sessionConfig("sess:", max_staleness)), access(redis, config), cache_enabled(is_cache_enabled) {}

  std::unique_ptr<LaneStore> makeLaneStore(EventLoop& loop) {
    return std::make_unique<ClusterLaneStore>(access.nodes, access.client, trust, cache_enabled, config, keys, loop,
                                              clock);
  }

  const SessionSettings config;
  ClusterAccess access;
  const bool cache_enabled;
  SystemClock& clock = access.clock;
  MetricsRegistry& metrics = access.metrics;
  const RedisKeys& keys = access.keys;
  FactsExtractor extractor{ExtractionRules{.identity = {{.name = "U", .from = "/user/id"}}}};
  HmacKey log_names{Secret(std::string("names"))};
  ClusterTrust trust{access.nodes, keys, config.cache.max_staleness, clock, metrics};
  SessionCache cache{CacheLimits{}, trust};
  RedisSessionStore redis_store{access.client, config, keys};
  RevokedSessions revoked{clock, metrics};
  LiveCaches caches;
  const LiveCaches::Membership membership{caches, cache};
  LoginEpoch epoch;
  CoherentStore store{redis_store, caches, revoked, epoch, clock};
  FactsReader reader{extractor,
                     {.latest_writer = 3600s, .usual_life = 3600s},
                     revoked,
                     epoch,
                     log_names,
                     metrics,
                     [](const SessionId&, seconds) {}};
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
  TouchThrottle throttle{60s};
  LateTouches late;
  LoaderMetrics loader_metrics{metrics};
};

/// A site with one lane.
class ClusterInstance {
 public:
  explicit ClusterInstance(const RedisSettings& redis, milliseconds max_staleness = 1000ms, bool cache_enabled = true)
      : site_(redis, max_staleness, cache_enabled) {}

  std::string check(const std::string& name) { return lane_.check(name); }
  bool isInMemory(const std::string& name) { return lane_.isInMemory(name); }
  bool keeps(const std::string& name) {
    check(name);
    return isInMemory(name);
  }
  /// Waits until it is kept.
  ::testing::AssertionResult settle(const std::string& name) {
    if (soon([&] { return keeps(name); }, 15s)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name << " is not kept: " << check(name);
  }
  std::uint64_t counter(const std::string& name, const MetricLabels& labels = {}) {
    return site_.metrics.counter(name, "", labels).read();
  }
  SessionStore& store() { return site_.store; }
  ClusterSite& site() { return site_; }
  LaneOf<ClusterSite>& lane() { return lane_; }

 private:
  ClusterSite site_;
  LaneOf<ClusterSite> lane_{site_};
};

}  // namespace sessiond
