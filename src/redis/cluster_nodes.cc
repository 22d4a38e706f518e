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

ClusterNodes::ClusterNodes(const RedisSettings& config, RedisKeys keys, const Clock& clock, MetricsRegistry& metrics)
    : config_(config.clone()),
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
                            "twice as many.")),
      left_out_(metrics.gauge("sessiond_cluster_slots_left_out",
                              "Slots of the Redis Cluster at primaries beyond the 255 that are asked; checks of their "
                              "sessions get 503.")),
      unserved_log_(kLogInterval) {
  owned_.resize(kMost + 1);
}

ClusterNodes::~ClusterNodes() {
  primaries_.add(-shown_primaries_);
  served_.add(-shown_served_);
  left_out_.add(-shown_left_out_);
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
  std::unique_lock lock(refresh_mutex_);
  return refresh_changed_.wait_until(lock, deadline, [this] { return is_known_; });
}

std::string ClusterNodes::canaryTag(Number number) const {
  const std::lock_guard lock(mutex_);
  const Node* const node = at(number);
  return node != nullptr && node->canary_slot ? hashTagFor(*node->canary_slot) : "s";
}

void ClusterNodes::avoidCanarySlot(Number number, Slot slot) {
  const std::lock_guard lock(mutex_);
  Node* const node = at(number);
  if (node == nullptr || node->canary_slot != slot || !node->avoided.insert(slot).second) return;
  chooseCanarySlot(*node);
  if (node->canary_slot != slot) node->client.node().observers().tellMoved();
}

/// The last of its slots that is to stay: whoever empties a node begins with the first. Where all are on their way, the
/// one that was.
void ClusterNodes::chooseCanarySlot(Node& node) {
  const auto has = [&](Slot slot) { return numberOf(slot) == node.number; };
  std::erase_if(node.avoided, [&](Slot slot) { return !has(slot); });
  const bool stands = node.canary_slot && has(*node.canary_slot);
  if (stands && !node.avoided.contains(*node.canary_slot)) return;
  std::optional<Slot> chosen;
  for (std::size_t slot = kSlots; slot-- > 0 && !chosen;) {
    const auto candidate = static_cast<Slot>(slot);
    if (has(candidate) && !node.avoided.contains(candidate)) chosen = candidate;
  }
  if (!chosen && stands) return;
  if (!chosen && !node.avoided.empty()) chosen = *node.avoided.rbegin();
  node.canary_slot = chosen;
  if (!chosen) return;
  node.client.node().writes().useProbeKey(keys_.canaries(hashTagFor(*node.canary_slot)) + "write");
}

RedisSettings ClusterNodes::settingsFor(const RedisAddress& address) const {
  RedisSettings settings = config_.clone();
  settings.url = redisUrlOf(address.name(), config_.cluster.tls);
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
  node.client.node().writes().onMisled([this, &node](const Redirect& redirect, const std::string& key) {
    if (redirect.kind == Redirect::Kind::kMoved) {
      follow(redirect, node);
    } else {
      avoidCanarySlot(node.number, hashSlot(key));
    }
  });
  owned_[number] = std::move(made);
  by_address_[name] = &node;
  nodes_[number].store(&node, std::memory_order_release);
  for (const Observer& observer : observers_) observer(node);
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
    requestRefresh(RefreshReason::kMoved);
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
    std::size_t left_out = assignTo(view);
    if (left_out > 0) left_out = assignTo(view);  // whoever has lost all makes room
    for (const auto& [address, node] : by_address_) node->is_wanted = false;
    if (release(view)) requestRefresh(RefreshReason::kMoved);
    reportUnserved(left_out);
  }
  const std::lock_guard lock(refresh_mutex_);
  is_known_ = true;
  problem_.reset();
  refresh_changed_.notify_all();
}

/// How many slots are at nodes for which there is no room. REQUIRES: mutex_ is held; unnamed_ is the last view's.
std::size_t ClusterNodes::assignTo(const ClusterView& view) {
  std::size_t left_out = 0;
  std::vector<std::pair<Slot, Node*>> moves;
  for (const ClusterView::Range& range : view.ranges) {
    Node* const node = nodeFor(range.primary);
    if (node == nullptr) left_out += range.last - range.first + 1U;
    for (std::size_t slot = range.first; slot <= range.last; ++slot) {
      const bool is_confirmed = !unnamed_[slot] || slots_[slot].load(std::memory_order_relaxed) != 0;
      if (is_confirmed) moves.emplace_back(slot, node);
    }
  }
  assign(moves);
  return left_out;
}

/// What nobody has. True: of some slot that, or that somebody has it, is yet to be confirmed. REQUIRES: mutex_ is held.
bool ClusterNodes::release(const ClusterView& view) {
  const std::bitset<kSlots> unnamed_before = std::exchange(unnamed_, {});
  unnamed_.set();
  for (const ClusterView::Range& range : view.ranges) {
    for (std::size_t slot = range.first; slot <= range.last; ++slot) unnamed_.reset(slot);
  }
  if (unnamed_.none() && unnamed_before.none()) return false;
  bool doubtful = false;
  std::vector<std::pair<Slot, Node*>> moves;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const bool is_nobodys = slots_[slot].load(std::memory_order_relaxed) == 0;
    if (unnamed_[slot] && unnamed_before[slot]) {
      moves.emplace_back(slot, nullptr);
    } else if (unnamed_[slot] != unnamed_before[slot]) {
      doubtful = doubtful || unnamed_[slot] != is_nobodys;
    }
  }
  assign(moves);
  return doubtful;
}

/// REQUIRES: mutex_ is held.
void ClusterNodes::reportUnserved(std::size_t left_out) {
  const auto shown = static_cast<std::int64_t>(left_out);
  left_out_.add(shown - std::exchange(shown_left_out_, shown));
  if (servesAll() || !unserved_log_.pass(clock_.steadyNow())) return;
  if (left_out > 0) {
    return logError("redis: the cluster has more primaries than are asked; checks of sessions at the others get 503",
                    {{"server", name_}, {"primaries", kMost}, {"slots", left_out}});
  }
  logError("redis: not every slot has a node that serves it; checks of their sessions get 503",
           {{"server", name_}, {"slots", kSlots - static_cast<std::size_t>(shown_served_)}});
}

/// REQUIRES: mutex_ is held.
void ClusterNodes::assign(const std::vector<std::pair<Slot, Node*>>& moves) {
  std::set<Node*> losers;
  std::set<Node*> gainers;
  std::uint64_t moved = 0;
  for (const auto& [slot, node] : moves) {
    Node* const before = of(slot);
    if (before == node) continue;
    if (node != nullptr) gainers.insert(node);
    if (before != nullptr) losers.insert(before);
    if (node != nullptr && before != nullptr) ++moved;
  }
  if (losers.empty() && gainers.empty()) return;
  moved_slots_.add(moved);
  for (Node* const node : losers) node->client.node().observers().tellDoubted();
  version_.fetch_add(1, std::memory_order_acq_rel);
  for (const auto& [slot, node] : moves) {
    const Number number = node == nullptr ? 0 : node->number;
    const Number before = slots_[slot].exchange(number, std::memory_order_acq_rel);
    if (before == number) continue;
    if (node != nullptr) ++node->slots;
    if (before != 0) --at(before)->slots;
  }
  version_.fetch_add(1, std::memory_order_acq_rel);
  for (Node* const node : losers) node->client.node().observers().tellDoubted();
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
    node.avoided.clear();
    node.client.node().vouch(SteadyTime::min());
    return node.client.node().observers().tellMoved();
  }
  const std::optional<Slot> before = node.canary_slot;
  chooseCanarySlot(node);
  node.client.node().vouch(SteadyTime::max());
  if (before && node.canary_slot != before) node.client.node().observers().tellMoved();
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

/// Those that have no slots as well: they may have some again.
void ClusterNodes::renewDoubted() {
  for (const auto& one : nodes_) {
    if (Node* const node = one.load(std::memory_order_acquire)) node->client.renewIfDoubted();
  }
}

void ClusterNodes::requestRefresh(RefreshReason reason) {
  const std::lock_guard lock(refresh_mutex_);
  if (!refresh_reason_ || reason == RefreshReason::kTrouble) refresh_reason_ = reason;
  refresh_changed_.notify_all();
}

std::optional<ClusterNodes::RefreshReason> ClusterNodes::awaitRefreshRequest(SteadyTime until,
                                                                             const std::stop_token& stop) {
  std::unique_lock lock(refresh_mutex_);
  refresh_changed_.wait_until(lock, stop, until, [this] { return refresh_reason_.has_value(); });
  return std::exchange(refresh_reason_, std::nullopt);
}

void ClusterNodes::noteProblem(const ConnectionError& problem) {
  const std::lock_guard lock(refresh_mutex_);
  problem_ = problem;
}

std::optional<ConnectionError> ClusterNodes::problem() const {
  const std::lock_guard lock(refresh_mutex_);
  return problem_;
}

ClusterNodes::Registration::Registration(ClusterNodes& nodes, Observer observer) : nodes_(nodes) {
  const std::lock_guard lock(nodes_.mutex_);
  for (const auto& [address, node] : nodes_.by_address_) observer(*node);
  own_ = nodes_.observers_.insert(nodes_.observers_.end(), std::move(observer));
}

ClusterNodes::Registration::~Registration() {
  const std::lock_guard lock(nodes_.mutex_);
  nodes_.observers_.erase(own_);
}

}  // namespace sessiond
