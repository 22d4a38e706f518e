#include "config/redis_validator.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/units.h"
#include "redis/cluster_view.h"
#include "redis/redis_address.h"
#include "redis/redis_keys.h"
#include "redis/sentinel_consensus.h"
#include "redis/sentinel_view.h"

namespace sessiond {
namespace {

/// No node twice.
template <typename Parse>
void checkNodes(const std::string& option, const std::vector<std::string>& nodes, Parse parse, ConfigReport& report) {
  std::set<std::string> names;
  for (const std::string& node : nodes) {
    const auto address = parse(node);
    if (address && !names.insert(address->name()).second) {
      report.error(option, "names " + shown(address->name()) + " twice");
    }
  }
}

/// A cluster, and nothing else beside it.
void checkCluster(const Config& config, ConfigReport& report) {
  const RedisSettings& redis = config.redis;
  constexpr char kNodes[] = "redis.cluster.nodes";
  if (!redis.url.empty() && report.isSound("redis.url")) {
    report.error("redis.url",
                 "cannot stand beside redis.cluster, whose nodes say who the servers are; leave one of the two out "
                 "(url: \"\"); a cluster has database 0 only");
  }
  if (redis.sentinel.used() && report.isSound("redis.sentinel")) {
    report.error("redis.sentinel.nodes", "cannot stand beside redis.cluster: a cluster needs no sentinels");
  }
  if (redis.allow_replica && report.isSound("redis.allow_replica")) {
    report.error("redis.allow_replica", "cannot be true with redis.cluster, where only primaries are asked");
  }
  checkNodes(kNodes, redis.cluster.nodes, parseClusterNode, report);
  if (redis.cluster.nodes.size() == 1) {
    report.warning(kNodes,
                   "names one node only: if that one is gone when sessiond starts, none of the others can be "
                   "learned from it");
  }
  const std::string& prefix = config.session.key_prefix;
  if (report.isSound("session.key_prefix") && !RedisKeys(prefix, OwnKeySettings().key_prefix).haveOneSlot("id")) {
    report.error("session.key_prefix",
                 "must have no \"}\" but behind a \"{\" and some text with redis.cluster, where " + shown(prefix) +
                     " would keep a session and its tombstone apart");
  }
}

/// What says nothing where no sentinel is named.
bool saysMore(const SentinelSettings& sentinel) {
  const SentinelSettings usual;
  return !sentinel.master.empty() || !sentinel.user.empty() || !sentinel.password_file.empty() || sentinel.tls ||
         sentinel.database != usual.database || sentinel.max_silence != usual.max_silence;
}

/// One server, or sentinels that name one.
void checkTopology(const RedisSettings& redis, ConfigReport& report) {
  if (!report.areSound({"redis.url", "redis.sentinel"})) return;
  const SentinelSettings& sentinel = redis.sentinel;
  if (!sentinel.used()) {
    if (saysMore(sentinel)) {
      report.error("redis.sentinel.nodes", "must name the sentinels, three or more, each as host:port");
    } else if (redis.url.empty() && report.isSound("redis.cluster")) {
      report.error("redis.url",
                   "must name the server, as in redis://127.0.0.1:6379/0, or redis.sentinel its sentinels");
    }
    return;
  }
  if (!redis.url.empty()) {
    report.error(
        "redis.url",
        "cannot stand beside redis.sentinel, which says who the server is; leave one of the two out (url: \"\")");
  }
  if (sentinel.master.empty()) {
    report.error("redis.sentinel.master",
                 "must be what the sentinels call the primary: the name in their line "
                 "\"sentinel monitor NAME ...\"");
  }
  if (redis.allow_replica && report.isSound("redis.allow_replica")) {
    report.error("redis.allow_replica", "cannot be true with redis.sentinel, which always leads to the primary");
  }
  checkNodes("redis.sentinel.nodes", sentinel.nodes, parseSentinelNode, report);
  if (sentinel.nodes.size() > SentinelConsensus::kMostContacts) {
    report.error("redis.sentinel.nodes", "must name at most " + std::to_string(SentinelConsensus::kMostContacts) +
                                             " sentinels but names " + std::to_string(sentinel.nodes.size()));
  } else if (sentinel.nodes.size() == 1) {
    report.warning("redis.sentinel.nodes",
                   "names one sentinel only: if that one is gone when sessiond starts, none of "
                   "the others can be learned from it");
  }
}

}  // namespace

void checkRedis(const Config& config, ConfigReport& report) {
  const RedisSettings& redis = config.redis;
  if (redis.cluster.used() && report.isSound("redis.cluster.nodes")) {
    checkCluster(config, report);
  } else if (redis.cluster.tls && report.isSound("redis.cluster")) {
    report.error("redis.cluster.nodes", "must name nodes of the cluster, some of them, each as host:port");
  } else {
    checkTopology(redis, report);
  }
  const Expected<RedisAddress, std::string> address = parseRedisUrl(redis.url);
  if (report.areSound({"redis.url", "redis.user"}) && address && !address->user.empty() && !redis.user.empty() &&
      address->user != redis.user) {
    report.error("redis.user", "must be the user that redis.url names, " + shown(address->user) + ", but is " +
                                   shown(redis.user) + "; one of the two is enough");
  }
  const BreakerSettings& breaker = redis.breaker;
  if (report.areSound({"redis.breaker"}) && breaker.min_backoff > breaker.max_backoff) {
    report.error("redis.breaker.min_backoff", "must not be longer than max_backoff, " +
                                                  formatDuration(breaker.max_backoff) + ", but is " +
                                                  formatDuration(breaker.min_backoff));
  }
}

}  // namespace sessiond
