#include "redis_topology.h"

#include <vector>

#include "redis/redis_keys.h"

namespace sessiond {
namespace {

RedisKeys keysOf(const Config& config) {
  return {config.session.key_prefix, config.sessiond.key_prefix};
}

std::unique_ptr<SentinelWatch> watchOver(RedisNode& node, const Config& config, LearnedNodes& learned,
                                         const Clock& clock, MetricsRegistry& metrics) {
  if (!config.redis.sentinel.used()) return nullptr;
  const auto interval = SentinelWatch::intervalFor(config.session.cache.max_staleness);
  return std::make_unique<SentinelWatch>(config.redis, interval, node, learned, clock, metrics);
}

/// Sentinels may name the primary by a name as well.
std::unique_ptr<NameWatch> watchNameOf(RedisNode& node, const Config& config, const Clock& clock) {
  const NodePlace::Ref place = node.place().present();
  if (!config.redis.sentinel.used() && (place == nullptr || !place->connector->isNamed())) return nullptr;
  const auto interval = NameWatch::intervalFor(config.session.cache.max_staleness);
  return std::make_unique<NameWatch>([&node] { return std::vector<RedisNode*>{&node}; }, interval, clock);
}

std::vector<RedisNode*> servingIn(const ClusterNodes& cluster) {
  std::vector<RedisNode*> nodes;
  for (ClusterNodes::Node* const node : cluster.serving()) nodes.push_back(&node->client.node());
  return nodes;
}

}  // namespace

RedisTopology::One::One(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics)
    : client(config.redis, keysOf(config).canaries() + "write", clock, metrics),
      sentinels(watchOver(client.node(), config, learned, clock, metrics)),
      names(watchNameOf(client.node(), config, clock)) {}

RedisTopology::Many::Many(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics)
    : nodes(config.redis, keysOf(config), clock, metrics),
      client(nodes, clock),
      watch(config.redis, nodes, learned, clock),
      names([this] { return servingIn(nodes); }, NameWatch::intervalFor(config.session.cache.max_staleness), clock) {}

RedisTopology::RedisTopology(const Config& config, LearnedNodes& learned, const Clock& clock, MetricsRegistry& metrics)
    : needs_discovery_(config.redis.sentinel.used() || config.redis.cluster.used()) {
  if (config.redis.cluster.used()) {
    many_ = std::make_unique<Many>(config, learned, clock, metrics);
  } else {
    one_ = std::make_unique<One>(config, learned, clock, metrics);
  }
}

RedisAccess& RedisTopology::access() {
  if (many_) return many_->client;
  return one_->client;
}

RedisClient* RedisTopology::single() {
  return one_ ? &one_->client : nullptr;
}

ClusterNodes* RedisTopology::cluster() {
  return many_ ? &many_->nodes : nullptr;
}

void RedisTopology::renew() {
  if (many_) return many_->nodes.renewDoubted();
  one_->client.renew();
}

milliseconds RedisTopology::budget() {
  return many_ ? many_->nodes.budget() : one_->client.node().budget();
}

}  // namespace sessiond
