#include "topology.h"

#include "redis/redis_keys.h"

namespace sessiond {

std::string writeProbeKeyOf(const Config& config) {
  return RedisKeys(config.session.key_prefix, config.sessiond.key_prefix).canaries() + "write";
}

std::unique_ptr<SentinelWatch> watchOver(RedisNode& node, const Config& config, const Clock& clock,
                                         MetricsRegistry& metrics) {
  if (!config.redis.sentinel.used()) return nullptr;
  const auto interval = SentinelWatch::intervalFor(config.session.cache.max_staleness);
  return std::make_unique<SentinelWatch>(config.redis, interval, node, clock, metrics);
}

}  // namespace sessiond
