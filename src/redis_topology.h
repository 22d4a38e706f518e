// Where Redis is: at the address of redis.url, where sentinels say, or at the nodes of a cluster. For the daemon and
// for sessionctl.

#pragma once

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "redis/cluster_client.h"
#include "redis/cluster_nodes.h"
#include "redis/cluster_watch.h"
#include "redis/learned_nodes.h"
#include "redis/name_watch.h"
#include "redis/redis_client.h"
#include "redis/sentinel_watch.h"

namespace sessiond {

/// Thread-safe. Its end waits for threads of its own.
class RedisTopology {
 public:
  /// The last three outlive it.
  RedisTopology(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics);

  RedisAccess& access();
  /// Null: there is a cluster.
  RedisClient* single();
  /// Null: there is one server, or one primary.
  ClusterNodes* cluster();
  /// Tombstones are about to be written again, because a server may be another one: the idle connections that may lead
  /// to the one before are closed.
  void renew();
  /// Does somebody else have to say where the servers are? That takes a moment.
  bool needsDiscovery() const { return needs_discovery_; }
  /// How long a request may wait for it.
  milliseconds budget();

 private:
  struct One {
    One(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics);
    RedisClient client;
    std::unique_ptr<SentinelWatch> sentinels;  ///< null: redis.url says where it is
    std::unique_ptr<NameWatch> names;          ///< null: redis.url has no name
  };
  struct Many {
    Many(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics);
    ClusterNodes nodes;
    ClusterClient client;
    ClusterWatch watch;
    NameWatch names;
  };

  const bool needs_discovery_;
  std::unique_ptr<One> one_;    // null: there is a cluster
  std::unique_ptr<Many> many_;  // null: there is none
};

}  // namespace sessiond
