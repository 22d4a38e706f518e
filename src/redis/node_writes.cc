#include "redis/node_writes.h"

#include <utility>

#include "base/check.h"
#include "redis/error_reply.h"

namespace sessiond {
namespace {

/// Whoever says so may have been cut off from all others: of replicas, or of a cluster's majority. Not of one slot.
bool isCutOff(const ErrorKind& kind) {
  return kind.code == kNoReplicas || kind.code == kClusterDown;
}

}  // namespace

NodeWrites::NodeWrites(TopologyKind topology, std::string probe_key)
    : topology_(topology), probe_key_(std::move(probe_key)) {
  SESSIOND_CHECK(topology != TopologyKind::kSentinels || !probe_key_.lock()->empty());
}

std::string NodeWrites::probe(RedisCommands& commands) const {
  std::string key = *probe_key_.lock();
  commands.add({"DEL", key});
  return key;
}

bool NodeWrites::judge(const RedisReply& reply) {
  if (reply.type != RedisReply::Type::kError) {
    lack_replicas_.store(false, std::memory_order_release);
    return true;
  }
  const ErrorKind& kind = classifyError(reply.text);
  if (isCutOff(kind)) lack_replicas_.store(mustBeTaken(), std::memory_order_release);
  // Redis looks at its disk before it looks for replicas.
  const bool was_tried = !isUsual(kind, topology_) && kind.code != kSlotUnserved && kind.code != "MISCONF";
  return (was_tried && !isCutOff(kind)) || !lackReplicas();
}

void NodeWrites::hear(const RedisReplies& replies) {
  if (!mustBeTaken()) return;
  for (const RedisReply& reply : replies) {
    if (reply.type != RedisReply::Type::kError || !isCutOff(classifyError(reply.text))) continue;
    lack_replicas_.store(true, std::memory_order_release);
  }
}

void NodeWrites::noteRedirect(const RedisReply& reply, const std::string& key) const {
  if (misled_ == nullptr) return;
  if (const auto redirect = redirectIn(reply)) misled_(*redirect, key);
}

}  // namespace sessiond
