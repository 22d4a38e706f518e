// SharedParts: what all sites of one process share.

#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "lasting_state.h"
#include "redis_topology.h"

namespace sessiond {

/// All outlive whatever is built from them.
struct SharedParts {
  RedisTopology& redis;
  LastingState& lasting;
  const Clock& clock;
  MetricsRegistry& metrics;
};

}  // namespace sessiond
