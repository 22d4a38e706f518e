// Where Redis is: at the address of redis.url, or where sentinels say. For the daemon and for sessionctl.

#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "config/config.h"
#include "redis/redis_node.h"
#include "redis/sentinel_watch.h"

namespace sessiond {

/// The key by which a node is asked whether it takes writes; nobody has it.
std::string writeProbeKeyOf(const Config& config);

/// Null: redis.url says where the server is. Else it moves the node from now on, by threads of its own.
std::unique_ptr<SentinelWatch> watchOver(RedisNode& node, const Config& config, const Clock& clock,
                                         MetricsRegistry& metrics);

}  // namespace sessiond
