// ClusterClient: pipelines over the nodes of a cluster, for threads that may wait.
//
// Each command goes to the node that has its key's slot; those of one node go together, node after node. A node that
// answers that a slot is elsewhere is believed, and the command sent on: for good (MOVED), or this once (ASK). Nothing
// waits for a node that has the slot no longer. What a node does not answer has an error in its replies' place; only
// where nothing at all was answered is the pipeline one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "redis/cluster_nodes.h"
#include "redis/redis_access.h"

namespace sessiond {

/// Thread-safe.
class ClusterClient final : public RedisAccess {
 public:
  /// Both outlive it.
  ClusterClient(ClusterNodes& nodes, const Clock& clock) : nodes_(nodes), clock_(clock) {}

  using RedisAccess::pipeline;
  using RedisAccess::replicate;
  Expected<void, StoreError> pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                      SteadyTime deadline) override;
  Expected<std::uint32_t, StoreError> replicate(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                std::uint32_t wanted, SteadyTime deadline) override;
  SteadyTime newDeadline() const override { return clock_.steadyNow() + nodes_.budget(); }
  bool reachable() override;
  StartupReport probe() override;
  std::vector<RedisClient*> servers() override;
  /// No. Counts.
  bool bearsSplitSession() override {
    nodes_.noteSplitSession();
    return false;
  }

 private:
  struct PendingPipeline;

  void go(PendingPipeline& pending);
  void followSlots(PendingPipeline& pending);
  void visit(PendingPipeline& pending, ClusterNodes::Node& node);
  bool sortAnswers(PendingPipeline& pending, ClusterNodes::Node& node, RedisReplies& replies);

  ClusterNodes& nodes_;
  const Clock& clock_;
};

/// The reply in the place of one that did not come.
RedisReply noAnswer();

}  // namespace sessiond
