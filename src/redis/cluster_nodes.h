// ClusterNodes: the nodes of a Redis Cluster that sessiond asks, and which of them each slot is at.
//
// The cluster itself says so: again and again when asked (cluster_watch.h), and by the way, when a node answers that a
// slot is another one's (redirect.h). Only primaries are here. A node that has lost all its slots stays, is vouched for
// no longer, and gives its place to another one when there are too many. Of more primaries than kMost some are left
// out: their slots are nobody's.
//
// Whoever observes a node (node_observers.h) is told to doubt what it loaded from there whenever the node loses a slot:
// before others are led elsewhere, so that nothing is kept that was noted before and came from elsewhere, and after it,
// so that nothing is kept that was noted after and came from here.

#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "redis/cluster_view.h"
#include "redis/hash_slot.h"
#include "redis/redirect.h"
#include "redis/redis_client.h"
#include "redis/redis_keys.h"

namespace sessiond {

/// Thread-safe. Asking whose a slot is takes no lock.
class ClusterNodes {
 public:
  /// 0: nobody.
  using Number = std::uint8_t;
  static constexpr std::size_t kMost = 255;

  /// As long as the cluster is.
  struct Node {
    Node(Number its, const RedisSettings& config, const Clock& clock, MetricsRegistry& metrics)
        : number(its), client(config, {}, clock, metrics) {}

    const Number number;
    RedisClient client;
    // Guarded by the cluster's mutex:
    std::string address;
    std::size_t slots = 0;
    std::optional<Slot> canary_slot;
    std::set<Slot> avoided;  ///< on their way elsewhere; the canaries' only if there is no other
    SteadyTime idle_since;
    bool is_wanted = false;  ///< by whoever is about to give it slots
  };

  /// Keeps what it needs of `config`. REQUIRES: config.cluster.used().
  ClusterNodes(const RedisSettings& config, RedisKeys keys, const Clock& clock, MetricsRegistry& metrics);
  ~ClusterNodes();
  ClusterNodes(const ClusterNodes&) = delete;
  ClusterNodes& operator=(const ClusterNodes&) = delete;

  /// Null: nobody's, as far as is known.
  Node* of(Slot slot) const { return at(slots_[slot].load(std::memory_order_acquire)); }
  Number numberOf(Slot slot) const { return slots_[slot].load(std::memory_order_acquire); }
  Node* at(Number number) const { return nodes_[number].load(std::memory_order_acquire); }
  /// Those that have slots, by their addresses.
  std::vector<Node*> serving() const;
  /// Any of them; null: there is none.
  Node* any() const;
  bool servesAll() const;
  /// Waits until the cluster has said once which nodes there are.
  bool waitUntilKnown(SteadyTime deadline) const;
  /// For messages: the nodes of the configuration.
  const std::string& name() const { return name_; }
  milliseconds budget() const { return budget_; }
  milliseconds connectTimeout() const { return connect_timeout_; }

  /// What stands between the braces of the keys by which this node's connections prove themselves: in a slot of its.
  std::string canaryTag(Number number) const;
  /// Its canaries in this slot are refused, because it is there, but not for long: others are written, if it has
  /// another slot.
  void avoidCanarySlot(Number number, Slot slot);

  /// Grows when a slot is about to become another node's, or nobody's, and when it has: it is odd meanwhile.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Has every slot been where it is now ever since that version was read? What was looked up behind that is true then,
  /// and so was every other look by the same thread.
  bool isAsAt(std::uint64_t version) const { return version % 2 == 0 && this->version() == version; }
  /// Leads on to the node that is named; where the slot has moved, from now on. `asked`: who answered. Null: there are
  /// too many nodes.
  Node* follow(const Redirect& redirect, const Node& asked);
  /// The cluster says which node has what. A slot that it does not name becomes nobody's when it is not named the next
  /// time either: who has just joined may not have heard of all others. And nobody's it stays until it is named twice:
  /// a node that most others have forgotten goes on naming itself.
  void apply(const ClusterView& view);

  /// Closes the idle connections of every node whose client was told to doubt them (redis_client.h), and of no other:
  /// what happens at one node is no reason to connect to all of them anew.
  void renewDoubted();

  enum class RefreshReason : std::uint8_t {
    kMoved,    ///< a slot has moved
    kTrouble,  ///< a node does not answer
  };
  /// What is known of the cluster is to be asked for again, soon.
  void requestRefresh(RefreshReason reason);
  /// Waits for such a request, until then at the latest.
  std::optional<RefreshReason> awaitRefreshRequest(SteadyTime until, const std::stop_token& stop);
  void noteSplitSession() { split_sessions_.add(); }
  /// Why nobody could be asked, for the report at the start.
  void noteProblem(const ConnectionError& problem);
  std::optional<ConnectionError> problem() const;

  /// Called with every node once, on any thread, before a slot leads to it; must not wait.
  using Observer = std::function<void(Node&)>;
  /// As long as this lives.
  class Registration {
   public:
    Registration(ClusterNodes& nodes, Observer observer);
    ~Registration();
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

   private:
    ClusterNodes& nodes_;
    std::list<Observer>::iterator own_;
  };

 private:
  RedisSettings settingsFor(const RedisAddress& address) const;
  Node* nodeFor(const RedisAddress& address);
  Node* reuse(const RedisAddress& address);
  std::size_t assignTo(const ClusterView& view);
  bool release(const ClusterView& view);
  /// To null: nobody.
  void assign(const std::vector<std::pair<Slot, Node*>>& moves);
  void settle(Node& node, SteadyTime now);
  void chooseCanarySlot(Node& node);
  void showServed();
  void reportUnserved(std::size_t left_out);

  const RedisSettings config_;
  const RedisKeys keys_;
  const std::string name_;
  const milliseconds budget_;
  const milliseconds connect_timeout_;
  const Clock& clock_;
  MetricsRegistry& metrics_;
  Counter& moved_slots_;
  Counter& asks_;
  Counter& split_sessions_;
  Gauge& primaries_;
  Gauge& served_;
  Gauge& left_out_;
  OncePer unserved_log_;
  std::atomic<std::uint64_t> version_ = 0;
  mutable std::mutex mutex_;
  std::array<std::atomic<Number>, kSlots> slots_{};
  std::array<std::atomic<Node*>, kMost + 1> nodes_{};
  std::vector<std::unique_ptr<Node>> owned_;  // guarded by mutex_; by number
  std::map<std::string, Node*> by_address_;   // guarded by mutex_
  std::list<Observer> observers_;             // guarded by mutex_
  std::int64_t shown_primaries_ = 0;          // guarded by mutex_
  std::int64_t shown_served_ = 0;             // guarded by mutex_
  std::int64_t shown_left_out_ = 0;           // guarded by mutex_
  std::bitset<kSlots> unnamed_;               // guarded by mutex_; by the last view
  mutable std::mutex refresh_mutex_;
  mutable std::condition_variable_any refresh_changed_;
  std::optional<RefreshReason> refresh_reason_;  // guarded by refresh_mutex_
  std::optional<ConnectionError> problem_;       // guarded by refresh_mutex_
  bool is_known_ = false;                        // guarded by refresh_mutex_
};

}  // namespace sessiond
