#include "redis/cluster_trust.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/named_thread.h"
#include "redis/hash_slot.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;

/// Who could not be listened to may be by then.
constexpr auto kUntilNextThread = 1s;

void noteUnheard(ClusterNodes::Node& node, const std::exception& error) {
  logError("cache: cannot follow what a node of the cluster tells; every check of its sessions asks it",
           {{"server", node.client.node().server()}, {"error", error.what()}});
}

}  // namespace

ClusterTrust::NodeTrust::NodeTrust(const ClusterTrust& all, ClusterNodes::Number number)
    : cache_trust(all.maxStaleness(), number),
      canaries(cache_trust, all.keys_, all.metrics_,
               [&nodes = all.nodes_, number] { return nodes.canaryTag(number); }) {}

ClusterTrust::ClusterTrust(ClusterNodes& nodes, RedisKeys keys, std::chrono::milliseconds max_staleness,
                           const Clock& clock, MetricsRegistry& metrics)
    : nodes_(nodes), keys_(std::move(keys)), clock_(clock), metrics_(metrics), epoch_(max_staleness, [this] {
        distrust(DistrustReason::kEverybody);
      }) {}

ClusterTrust::~ClusterTrust() = default;

const CacheTrust* ClusterTrust::at(CacheTrust::Realm realm) const {
  const NodeTrust* const trust = by_node_[realm].load(std::memory_order_acquire);
  return trust == nullptr ? nullptr : &trust->cache_trust;
}

const CacheTrust* ClusterTrust::ofSession(std::string_view id) const {
  return at(nodes_.numberOf(keys_.slotOfSession(id)));
}

const CacheTrust* ClusterTrust::ofUser(std::string_view login) const {
  return at(nodes_.numberOf(keys_.slotOfUser(login)));
}

Canaries* ClusterTrust::canariesOf(ClusterNodes::Number number) const {
  NodeTrust* const trust = by_node_[number].load(std::memory_order_acquire);
  return trust == nullptr ? nullptr : &trust->canaries;
}

void ClusterTrust::distrust(DistrustReason why) {
  for (const auto& one : by_node_) {
    if (NodeTrust* const trust = one.load(std::memory_order_acquire)) trust->canaries.distrust(why);
  }
}

ClusterTrust::NodeTrust& ClusterTrust::make(ClusterNodes::Number number) {
  const std::lock_guard lock(mutex_);
  owned_.push_back(std::make_unique<NodeTrust>(*this, number));
  by_node_[number].store(owned_.back().get(), std::memory_order_release);
  return *owned_.back();
}

ClusterTrust::Listening::Listening(ClusterTrust& trust, SessionCache& cache, BurialQueue& burials, bool cache_enabled)
    : trust_(trust), cache_(cache), burials_(burials), cache_enabled_(cache_enabled), unheard_log_(kLogInterval) {
  nodes_.emplace(trust.nodes_, [this](ClusterNodes::Node& node) { add(node); });
  if (cache_enabled_) {
    thread_ = startThread("listeners", [this](const std::stop_token& stop) { run(stop); });
  } else {
    burials_.renew();
  }
}

ClusterTrust::Listening::~Listening() {
  nodes_.reset();
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  registrations_.clear();
  for (const auto& listener : listeners_) listener->requestStop();
  listeners_.clear();
}

void ClusterTrust::Listening::add(ClusterNodes::Node& node) try {
  NodeTrust& trust = trust_.make(node.number);
  const std::lock_guard lock(mutex_);
  registrations_.push_back(std::make_unique<NodeObservers::Registration>(
      node.client.node().observers(),
      NodeObservers::Observer{.moved =
                                  [this, &trust, &client = node.client] {
                                    trust.canaries.renewAll();
                                    client.doubt();
                                    burials_.renew();
                                  },
                              .doubted = [&trust] { trust.canaries.distrust(DistrustReason::kSwitch); },
                              .lost =
                                  [this, &trust, &client = node.client] {
                                    // A subscription that stands anew has them renewed.
                                    if (trust.canaries.current() != nullptr) return;
                                    client.doubt();
                                    burials_.renewAfterLoss();
                                  }}));
  if (!cache_enabled_) return;
  unheard_.push_back({.node = &node, .trust = &trust});
  added_.notify_one();
} catch (const std::exception& error) {
  noteUnheard(node, error);
}

void ClusterTrust::Listening::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (added_.wait(lock, stop, [this] { return !unheard_.empty(); })) {
    const Unheard one = unheard_.front();
    lock.unlock();
    const bool is_heard = listenTo(one);
    lock.lock();
    // It is the first one still: others are only put behind it meanwhile.
    std::rotate(unheard_.begin(), unheard_.begin() + 1, unheard_.end());
    if (is_heard) {
      unheard_.pop_back();
      continue;
    }
    added_.wait_for(lock, stop, kUntilNextThread, [] { return false; });
    if (stop.stop_requested()) return;
  }
}

/// Until the system has a thread for it, say, nothing of that node is believed without asking it.
bool ClusterTrust::Listening::listenTo(const Unheard& one) try {
  listeners_.push_back(std::make_unique<InvalidationListener>(one.node->client, trust_.keys_, cache_, burials_,
                                                              one.trust->canaries, trust_.clock_, trust_.metrics_,
                                                              [&trust = trust_] {
                                                                trust.epoch_.forget();
                                                                trust.distrust(DistrustReason::kEverybody);
                                                              }));
  return true;
} catch (const std::exception& error) {
  if (unheard_log_.pass(trust_.clock_.steadyNow())) noteUnheard(*one.node, error);
  return false;
}

}  // namespace sessiond
