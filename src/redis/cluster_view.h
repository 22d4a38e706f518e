// What one node says of the whole cluster.
//
//   CLUSTER INFO    -> cluster_state:ok, cluster_current_epoch:6, ...
//   CLUSTER SLOTS   -> 0, 5460, [127.0.0.1, 7000, ...], [127.0.0.1, 7003, ...]
//                      5461, 10922, [127.0.0.1, 7001, ...], ...
//
// Of each range the first node is the primary, then come its replicas. Of a node the first two elements count; what
// else stands there differs from version to version. A host that is missing is that of the node that was asked. The
// epoch grows with every failover and every slot that has changed hands: of two views the greater one is the later.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/expected.h"
#include "redis/hash_slot.h"
#include "redis/redis_address.h"
#include "redis/redis_commands.h"
#include "redis/redis_reply.h"

namespace sessiond {

/// A plain value.
struct ClusterView {
  struct Range {
    Slot first = 0;
    Slot last = 0;
    RedisAddress primary;
  };

  std::uint64_t epoch = 0;
  bool is_ok = false;  ///< it serves what it has: it reaches most of the others
  std::vector<Range> ranges;
  std::vector<RedisAddress> nodes;  ///< all that serve, or follow one that does; each once
  std::string nowhere;              ///< the first of what it names as nodes' addresses, and is none; may be empty
};

/// Appends the questions.
void writeClusterQuestions(RedisCommands& commands);
/// Pure. `asked`: who answered. REQUIRES: one reply to each question. A message where nothing can be made of them.
Expected<ClusterView, std::string> readClusterView(const RedisReplies& replies, const RedisAddress& asked);

/// A node's address as the configuration writes it: host:port, or the host alone. A message without the option's name.
Expected<RedisAddress, std::string> parseClusterNode(std::string_view text);

}  // namespace sessiond
