// LearnedNodes: where the nodes of a cluster, or the sentinels of a primary, are that the configuration does not name.
//
// They are learned from those that it names. Whoever watches over the same ones after a reload has them from here, and
// finds its way as well as whoever did before while those in the configuration are gone. Each target (redis_target.h)
// has its own: those of another cluster are asked by nobody.

#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "redis/redis_address.h"

namespace sessiond {

/// Thread-safe.
class LearnedNodes {
 public:
  /// As they were noted last.
  std::vector<RedisAddress> of(const std::string& target) { return (*nodes_.lock())[target]; }
  void note(const std::string& target, std::vector<RedisAddress> nodes) { (*nodes_.lock())[target] = std::move(nodes); }

 private:
  Guarded<std::map<std::string, std::vector<RedisAddress>>> nodes_;
};

}  // namespace sessiond
