// What waits for one node of a cluster, of cluster_lane_store.h.

#include <algorithm>
#include <utility>

#include "redis/cluster_lane_store.h"

namespace sessiond {

namespace {

/// So many commands go to one node at once: those of as many loads as a batch has.
constexpr std::size_t kMostAtOnce = 256;

}  // namespace

ClusterLaneStore::NodeQueue::NodeQueue(ClusterLaneStore& store, ClusterNodes::Node& node)
    : store_(store),
      node_(node),
      channel_(node.client.node(), store.cache_enabled_ ? store.trust_.canariesOf(node.number) : nullptr,
               store.max_staleness_, store.loop_, store.clock_) {}

void ClusterLaneStore::NodeQueue::handOver() {
  std::vector<CommandRun> leaving;
  std::erase_if(waiting_, [&](CommandRun& one) {
    if (!store_.isElsewhere(one, node_)) return false;
    leaving.push_back(std::move(one));
    return true;
  });
  for (const CommandRun& one : leaving) store_.route(one);
}

void ClusterLaneStore::NodeQueue::start() {
  if (std::exchange(starting_, true)) return;
  while (under_way_.empty() && !waiting_.empty()) {
    SteadyTime deadline = SteadyTime::min();
    for (std::size_t count = 0; !waiting_.empty() && count < kMostAtOnce; waiting_.pop_front()) {
      CommandRun& next = waiting_.front();
      if (next.pending->over) continue;
      deadline = std::max(deadline, next.pending->deadline);
      count += next.count;
      under_way_.push_back(std::move(next));
    }
    if (!under_way_.empty()) channel_.send(*this, deadline);
  }
  starting_ = false;
}

void ClusterLaneStore::NodeQueue::write(RedisCommands& commands) {
  for (const CommandRun& one : under_way_) {
    if (one.asking) commands.add({"ASKING"});
    commands.addWhole(one.bytes(), one.count);
  }
}

void ClusterLaneStore::NodeQueue::answered(RedisReplies& replies, std::size_t first, bool tracked) {
  ended_.swap(under_way_);
  for (const CommandRun& one : ended_) {
    first += one.asking ? 1 : 0;
    store_.takeReplies(one, &replies[first], tracked, node_);
    first += one.count;
  }
  ended_.clear();
  store_.startAll();
  store_.finishDone();
}

void ClusterLaneStore::NodeQueue::failed(StoreError) {
  store_.nodes_.requestRefresh(ClusterNodes::RefreshReason::kTrouble);
  ended_.swap(under_way_);
  for (const CommandRun& one : ended_) store_.giveUp(one, node_);
  ended_.clear();
  store_.startAll();
  store_.finishDone();
}

}  // namespace sessiond
