#include "redis/cluster_nodes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/log.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;

/// How long a node is asked that has no slots yet, but was named by another one as having a key.
constexpr auto kNamed = 10s;

std::string nameOf(const std::vector<std::string>& nodes) {
  std::string name = "the cluster of ";
  for (const std::string& node : nodes) name += (&node == nodes.data() ? "" : ", ") + node;
  return name;
}

}  // namespace

RedisSettings copyOf(const RedisSettings& config) {
  RedisSettings copy;
  copy.url = config.url;
  copy.cluster = config.cluster;
  copy.user = config.user;
  copy.password = config.password.clone();
  copy.tls = config.tls;
  copy.connect_timeout = config.connect_timeout;
  copy.command_timeout = config.command_timeout;
  copy.breaker = config.breaker;
  return copy;
}

ClusterNodes::ClusterNodes(const RedisSettings& config, RedisKeys keys, const Clock& clock, MetricsRegistry& metrics)
    : config_(copyOf(config)),
      keys_(std::move(keys)),
      name_(nameOf(config.cluster.nodes)),
      budget_(std::max(config.connect_timeout, milliseconds(1)) + std::max(config.command_timeout, milliseconds(1))),
      connect_timeout_(std::max(config.connect_timeout, milliseconds(1))),
      clock_(clock),
      metrics_(metrics),
      moved_slots_(metrics.counter("sessiond_cluster_moved_slots_total",
                                   "Slots of the Redis Cluster that were found at another node than before.")),
      asks_(metrics.counter("sessiond_cluster_asks_total",
                            "Commands that were led on to another node because their slot was being moved there.")),
      split_sessions_(metrics.counter("sessiond_cluster_split_sessions_total",
                                      "Sessions asked for whose ids would keep key and tombstone in different slots of "
                                      "the Redis Cluster; they are refused.")),
      primaries_(metrics.gauge("sessiond_cluster_primaries",
                               "Nodes of the Redis Cluster that have slots; during a reload, twice as many.")),
      served_(metrics.gauge("sessiond_cluster_slots",
                            "Slots of the Redis Cluster that some node has, 16384 if it is whole; during a reload, "
                            "twice as many.")) {
  owned_.resize(kMost + 1);
}

ClusterNodes::~ClusterNodes() {
  primaries_.add(-shown_primaries_);
  served_.add(-shown_served_);
}

std::vector<ClusterNodes::Node*> ClusterNodes::serving() const {
  const std::lock_guard lock(mutex_);
  std::vector<Node*> nodes;
  for (const auto& [address, node] : by_address_)
    if (node->slots > 0) nodes.push_back(node);
  return nodes;
}

ClusterNodes::Node* ClusterNodes::any() const {
  const std::vector<Node*> nodes = serving();
  return nodes.empty() ? nullptr : nodes.front();
}

bool ClusterNodes::servesAll() const {
  return std::ranges::all_of(slots_, [](const auto& slot) { return slot.load(std::memory_order_relaxed) != 0; });
}

bool ClusterNodes::waitUntilKnown(SteadyTime deadline) const {
  std::unique_lock lock(wish_mutex_);
  return wished_.wait_until(lock, deadline, [this] { return is_known_; });
}

std::string ClusterNodes::canaryTag(Number number) const {
  const std::lock_guard lock(mutex_);
  const Node* const node = at(number);
  return node != nullptr && node->canary_slot ? hashTagFor(*node->canary_slot) : "s";
}

void ClusterNodes::avoidCanarySlot(Number number, Slot slot) {
  const std::lock_guard lock(mutex_);
  Node* const node = at(number);
  if (node == nullptr || node->canary_slot != slot) return;
  node->avoided = std::exchange(node->canary_slot, std::nullopt);
  chooseCanarySlot(*node);
  node->client.node().followers().tellMoved();
}

/// The last of its slots that is to stay: whoever empties a node begins with the first.
void ClusterNodes::chooseCanarySlot(Node& node) {
  if (node.canary_slot && numberOf(*node.canary_slot) == node.number) return;
  node.canary_slot.reset();
  for (std::size_t slot = kSlots; slot-- > 0 && !node.canary_slot;) {
    const auto candidate = static_cast<Slot>(slot);
    if (numberOf(candidate) == node.number && node.avoided != candidate) node.canary_slot = candidate;
  }
  if (!node.canary_slot) return;
  node.client.node().useProbeKey(keys_.canaries(hashTagFor(*node.canary_slot)) + "write");
}

RedisSettings ClusterNodes::settingsFor(const RedisAddress& address) const {
  RedisSettings settings = copyOf(config_);
  settings.url = (config_.cluster.tls ? "rediss://" : "redis://") + address.name();
  return settings;
}

/// REQUIRES: mutex_ is held.
ClusterNodes::Node* ClusterNodes::nodeFor(const RedisAddress& address) {
  const std::string name = address.name();
  if (const auto found = by_address_.find(name); found != by_address_.end()) {
    found->second->is_wanted = true;
    return found->second;
  }
  std::size_t number = 1;
  while (number <= kMost && owned_[number] != nullptr) ++number;
  if (number > kMost) return reuse(address);
  auto made = std::make_unique<Node>(static_cast<Number>(number), settingsFor(address), clock_, metrics_);
  Node& node = *made;
  node.address = name;
  node.is_wanted = true;
  node.client.node().vouch(SteadyTime::min());
  owned_[number] = std::move(made);
  by_address_[name] = &node;
  nodes_[number].store(&node, std::memory_order_release);
  for (const Added& added : followers_) added(node);
  return &node;
}

/// The one that has been without slots for longest becomes another server.
ClusterNodes::Node* ClusterNodes::reuse(const RedisAddress& address) {
  Node* oldest = nullptr;
  for (const auto& [name, node] : by_address_) {
    if (node->slots == 0 && !node->is_wanted && (oldest == nullptr || node->idle_since < oldest->idle_since))
      oldest = node;
  }
  if (oldest == nullptr) return nullptr;
  by_address_.erase(oldest->address);
  oldest->address = address.name();
  oldest->is_wanted = true;
  by_address_[oldest->address] = oldest;
  RedisAddress whole = address;
  whole.tls = config_.cluster.tls;
  oldest->client.node().moveTo(whole, "");
  return oldest;
}

ClusterNodes::Node* ClusterNodes::follow(const Redirect& redirect, const Node& asked) {
  const std::lock_guard lock(mutex_);
  RedisAddress address = redirect.address;
  if (address.host.empty()) {
    const auto place = parseClusterNode(asked.address);
    SESSIOND_CHECK(place.hasValue());
    address.host = place->host;
  }
  Node* const node = nodeFor(address);
  if (node == nullptr) return nullptr;
  if (redirect.kind == Redirect::Kind::kMoved) {
    assign({{redirect.slot, node}});
    wish(Doubt::kMoved);
  } else {
    asks_.add();
  }
  if (node->slots == 0) node->client.node().vouch(clock_.steadyNow() + kNamed);
  node->is_wanted = false;
  return node;
}

void ClusterNodes::apply(const ClusterView& view) {
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<Slot, Node*>> moves;
    for (const ClusterView::Range& range : view.ranges) {
      Node* const node = nodeFor(range.primary);
      if (node == nullptr) continue;
      for (std::size_t slot = range.first; slot <= range.last; ++slot) moves.emplace_back(slot, node);
    }
    for (const auto& [address, node] : by_address_) {
      if (node->slots > 0 && !node->canary_slot) node->avoided.reset();
    }
    // A slot that nobody has stays where it was: whoever had it says so itself, and names who has it.
    assign(moves);
    for (const auto& [address, node] : by_address_) node->is_wanted = false;
  }
  const std::lock_guard lock(wish_mutex_);
  is_known_ = true;
  problem_.reset();
  wished_.notify_all();
}

/// REQUIRES: mutex_ is held.
void ClusterNodes::assign(const std::vector<std::pair<Slot, Node*>>& moves) {
  std::set<Node*> losers;
  std::set<Node*> gainers;
  std::uint64_t moved = 0;
  for (const auto& [slot, node] : moves) {
    Node* const before = of(slot);
    if (before == node) continue;
    gainers.insert(node);
    if (before == nullptr) continue;
    losers.insert(before);
    ++moved;
  }
  if (gainers.empty()) return;
  moved_slots_.add(moved);
  for (Node* const node : losers) node->client.node().followers().tellDoubted();
  for (const auto& [slot, node] : moves) {
    const Number before = slots_[slot].exchange(node->number, std::memory_order_acq_rel);
    if (before == node->number) continue;
    ++node->slots;
    if (before != 0) --at(before)->slots;
  }
  for (Node* const node : losers) node->client.node().followers().tellDoubted();
  const SteadyTime now = clock_.steadyNow();
  losers.merge(gainers);
  for (Node* const node : losers) settle(*node, now);
  showServed();
}

/// It has other slots than before. REQUIRES: mutex_ is held.
void ClusterNodes::settle(Node& node, SteadyTime now) {
  if (node.slots == 0) {
    node.idle_since = now;
    node.canary_slot.reset();
    node.client.node().vouch(SteadyTime::min());
    return node.client.node().followers().tellMoved();
  }
  const std::optional<Slot> before = node.canary_slot;
  chooseCanarySlot(node);
  node.client.node().vouch(SteadyTime::max());
  if (before && node.canary_slot != before) node.client.node().followers().tellMoved();
}

/// REQUIRES: mutex_ is held.
void ClusterNodes::showServed() {
  std::int64_t primaries = 0;
  std::int64_t served = 0;
  for (const auto& [address, node] : by_address_) {
    primaries += node->slots > 0 ? 1 : 0;
    served += static_cast<std::int64_t>(node->slots);
  }
  primaries_.add(primaries - std::exchange(shown_primaries_, primaries));
  served_.add(served - std::exchange(shown_served_, served));
}

void ClusterNodes::wish(Doubt doubt) {
  const std::lock_guard lock(wish_mutex_);
  if (!wish_ || doubt == Doubt::kTrouble) wish_ = doubt;
  wished_.notify_all();
}

std::optional<ClusterNodes::Doubt> ClusterNodes::awaitWish(SteadyTime until, const std::stop_token& stop) {
  std::unique_lock lock(wish_mutex_);
  wished_.wait_until(lock, stop, until, [this] { return wish_.has_value(); });
  return std::exchange(wish_, std::nullopt);
}

void ClusterNodes::noteProblem(const ConnectionError& problem) {
  const std::lock_guard lock(wish_mutex_);
  problem_ = problem;
}

std::optional<ConnectionError> ClusterNodes::problem() const {
  const std::lock_guard lock(wish_mutex_);
  return problem_;
}

ClusterNodes::Following::Following(ClusterNodes& nodes, Added added) : nodes_(nodes) {
  const std::lock_guard lock(nodes_.mutex_);
  for (const auto& [address, node] : nodes_.by_address_) added(*node);
  own_ = nodes_.followers_.insert(nodes_.followers_.end(), std::move(added));
}

ClusterNodes::Following::~Following() {
  const std::lock_guard lock(nodes_.mutex_);
  nodes_.followers_.erase(own_);
}

}  // namespace sessiond
