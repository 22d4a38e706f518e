// ClusterLaneStore: a lane's loads and touches at the nodes of a cluster, over a channel to each (lane_channel.h).
//
// A batch whose group (lane_store.h) is one node, as most are, waits in that node's queue as one run of commands, and
// goes with whatever else waits there. Any other is taken apart by where its keys' slots are: what is for one node in a
// row is such a run. A batch ends when the last of its commands has, or at its deadline: what other batches wait for at
// other nodes is nothing to it. What is led elsewhere goes on command by command.
//
// A node that says that a slot is elsewhere is believed, and the command goes on to where it leads; what came by a
// roundabout way is never fresh. What still waits for a node, or was sent to it in vain, follows its slot to another
// one.
//
// How often everybody was logged out is asked for apart (known_epoch.h), and again before it is too old to count, so
// that batches find it known. Where it is not, a batch asks for itself and waits for that; but not for a node that has
// just left such a question unanswered, or is taking longer over one than it did before.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "redis/cluster_nodes.h"
#include "redis/cluster_trust.h"
#include "redis/command_pieces.h"
#include "redis/lane_channel.h"
#include "redis/redirect.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "redis/session_reading.h"
#include "session/lane_store.h"

namespace sessiond {

/// Of one lane's thread. What it is given outlives it.
class ClusterLaneStore final : public LaneStore, private EventLoop::Waiter {
 public:
  /// `cache_enabled`: is anything kept in memory?
  ClusterLaneStore(ClusterNodes& nodes, RedisAccess& access, ClusterTrust& trust, bool cache_enabled,
                   const SessionSettings& config, RedisKeys keys, EventLoop& loop, const Clock& clock);
  ~ClusterLaneStore() override;

  Group groupOf(const SessionLoad& load) const override;
  Group groupOf(const SessionId& id) const override;
  bool hasGroups() const override { return true; }
  std::uint64_t groupsVersion() const override { return nodes_.version(); }
  void send(StoreBatch& batch, SteadyTime deadline, Client& client) override;
  void noteUse() override;

 private:
  /// A batch under way, split over the nodes that have its keys; or a question of our own without one.
  struct SplitBatch {
    StoreBatch* batch = nullptr;
    Client* client = nullptr;
    SteadyTime sent;
    SteadyTime deadline;
    std::optional<std::size_t> epoch_at = {};  ///< which of the commands asks for it
    bool awaits_epoch = false;                 ///< and has no reply yet
    bool tracked = true;
    bool over = false;  ///< whoever waited has been told
    RedisCommands commands;
    std::vector<CommandPiece> pieces;  ///< of the commands; none: they were not taken apart yet
    RedisReplies replies;              ///< to what has none: noAnswer()
    std::size_t unanswered = 0;

    const CommandPiece& piece(std::size_t index);
    ClusterNodes::Node* nodeOf(std::size_t index, const ClusterNodes& nodes) { return nodes.of(*piece(index).slot); }
  };
  using SplitBatchRef = std::shared_ptr<SplitBatch>;
  /// Commands of one that stand in a row and go the same way.
  struct CommandRun {
    SplitBatchRef pending;
    std::size_t first = 0;
    std::size_t count = 1;
    bool asking = false;  ///< then it is one command
    int redirects = 0;
    SteadyTime not_before = {};

    std::string_view bytes() const;
    CommandRun part(std::size_t its_first, std::size_t its_count = 1) const {
      CommandRun made = *this;
      made.first = its_first;
      made.count = its_count;
      return made;
    }
  };

  /// What waits for one node.
  class NodeQueue final : private LaneChannel::Query {
   public:
    NodeQueue(ClusterLaneStore& store, ClusterNodes::Node& node);
    void add(CommandRun run) { waiting_.push_back(std::move(run)); }
    /// What waits here although its slot is another node's goes there.
    void handOver();
    bool hasWaiting() const { return !waiting_.empty(); }
    /// Sends what waits, unless something is under way, behind which it follows by itself.
    void start();
    void noteUse() { channel_.noteUse(); }

   private:
    void write(RedisCommands& commands) override;
    void answered(RedisReplies& replies, std::size_t first, bool tracked) override;
    void failed(StoreError error) override;

    ClusterLaneStore& store_;
    ClusterNodes::Node& node_;
    std::deque<CommandRun> waiting_;
    std::vector<CommandRun> under_way_;
    std::vector<CommandRun> ended_;  ///< empty but for a moment
    bool starting_ = false;
    LaneChannel channel_;
  };

  void onEvent() override {}
  void onTime() override;
  NodeQueue& queueOf(ClusterNodes::Node& node);
  Group groupOf(Slot slot) const;
  SplitBatchRef makePending(SteadyTime deadline);
  ClusterNodes::Node* onlyNodeOf(const StoreBatch& batch) const;
  /// To that node; null: to where its slots are.
  void dispatch(const SplitBatchRef& pending, ClusterNodes::Node* only);
  bool isElsewhere(const CommandRun& run, const ClusterNodes::Node& node) const;
  void route(const CommandRun& run);
  void followSlots();
  void takeReplies(const CommandRun& run, RedisReply* replies, bool tracked, ClusterNodes::Node& from);
  void leadOn(CommandRun one, const Redirect& redirect, ClusterNodes::Node& from);
  void giveUp(const CommandRun& run, const ClusterNodes::Node& node);
  void settle(SplitBatch& pending, std::size_t index, RedisReply& reply);
  void settleInVain(const CommandRun& run);
  void finish(SplitBatch& pending);
  void finishDone();
  void noteEpoch(SplitBatch& pending);
  bool isEpochLate(SteadyTime now) const;
  void askForEpoch(std::chrono::milliseconds age);
  void startAll();
  void waitForTime();

  ClusterNodes& nodes_;
  RedisAccess& access_;
  ClusterTrust& trust_;
  const bool cache_enabled_;
  const std::chrono::milliseconds max_staleness_;
  const RedisKeys keys_;
  const SessionReading reading_;
  EventLoop& loop_;
  const Clock& clock_;
  std::array<std::unique_ptr<NodeQueue>, ClusterNodes::kMost + 1> queues_;
  std::vector<NodeQueue*> known_;  ///< those of queues_ that there are
  std::vector<SplitBatchRef> pending_;
  std::vector<SplitBatchRef> idle_;  ///< over, for the memory that they have; what was given up may refer to one yet
  std::vector<SplitBatchRef> done_;  ///< all answered, or given up: whoever waits is to be told
  std::vector<CommandRun> delayed_;
  SplitBatchRef epoch_batch_;
  std::optional<SteadyTime> epoch_failed_;  ///< the last question was not answered; since
  SteadyTime::duration epoch_took_;         ///< the last answer
  SteadyTime epoch_next_ = SteadyTime::min();
  bool finishing_ = false;
  SteadyTime last_use_;
  SteadyTime next_tick_ = SteadyTime::max();
  SteadyTime next_look_ = SteadyTime::max();  ///< whether what waits is still where its slot is
  std::uint64_t followed_ = 0;                ///< the nodes' version by which it was
  SteadyTime waiting_for_ = SteadyTime::max();
};

}  // namespace sessiond
