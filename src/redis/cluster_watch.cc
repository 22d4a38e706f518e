#include "redis/cluster_watch.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/named_thread.h"
#include "redis/redis_target.h"

namespace sessiond {

namespace {

using namespace std::chrono_literals;

/// How often the cluster is asked if there is no reason to.
constexpr milliseconds kInterval = 10s;
/// At most so often, because slots have moved; and because a node does not answer.
constexpr milliseconds kAfterMove = 1s;
constexpr milliseconds kInTrouble = 300ms;
/// As long as nothing is known of it.
constexpr milliseconds kAtFirst = 100ms;
/// An epoch that nobody has any more was another cluster's.
constexpr auto kEpochMemory = 60s;

std::vector<RedisAddress> addressesOf(const ClusterSettings& config) {
  std::vector<RedisAddress> addresses;
  for (const std::string& node : config.nodes) {
    auto address = parseClusterNode(node);
    SESSIOND_CHECK(address.hasValue());
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

/// To ask whom it may be, a replica too.
RedisSettings askingSettings(const RedisSettings& config, const RedisAddress& node) {
  RedisSettings settings = config.clone();
  settings.url = redisUrlOf(node.name(), config.cluster.tls);
  settings.tls.asked_by = TlsSettings::kByCluster;
  settings.cluster = {};
  settings.allow_replica = true;
  return settings;
}

/// REQUIRES: it is of no use.
std::string faultOf(const ClusterView& view) {
  if (view.is_ok && view.ranges.empty() && !view.nowhere.empty())
    return "it names its nodes by what is no address (" + view.nowhere + "); check their cluster-announce-hostname";
  return "its cluster is down, or it has not heard of it for a while";
}

}  // namespace

ClusterWatch::ClusterWatch(const RedisSettings& config, ClusterNodes& nodes, LearnedNodes& learned, const Clock& clock)
    : config_(config.clone()),
      configured_(addressesOf(config.cluster)),
      target_(targetOf(config)),
      nodes_(nodes),
      learned_(learned),
      clock_(clock),
      known_(learned.of(target_)),
      silence_log_(kLogInterval),
      thread_(startThread("cluster", [this](const std::stop_token& stop) { run(stop); })) {}

ClusterWatch::~ClusterWatch() {
  thread_.request_stop();
  thread_.join();
}

void ClusterWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime asked = clock_.steadyNow();
    const bool done = refresh(stop);
    if (!is_known_) {
      sleepFor(kAtFirst, stop);
      continue;
    }
    const SteadyTime next = asked + (done ? kInterval : kInTrouble);
    const auto reason = nodes_.awaitRefreshRequest(next, stop);
    if (!reason) continue;
    const milliseconds interval = *reason == ClusterNodes::RefreshReason::kTrouble ? kInTrouble : kAfterMove;
    sleepFor(std::chrono::ceil<milliseconds>(asked + interval - clock_.steadyNow()), stop);
  }
}

/// Those of the configuration first: an earlier watch may have known of one that has left the cluster since.
std::vector<RedisAddress> ClusterWatch::candidates() const {
  std::vector<RedisAddress> all;
  std::set<std::string> names;
  for (const auto* const some : {&configured_, &known_}) {
    for (const RedisAddress& one : *some)
      if (names.insert(one.name()).second) all.push_back(one);
  }
  return all;
}

/// Until one has said something of use.
bool ClusterWatch::refresh(const std::stop_token& stop) {
  const std::vector<RedisAddress> all = candidates();
  std::string problem;
  for (std::size_t i = 0; i < all.size() && !stop.stop_requested(); ++i) {
    const RedisAddress& node = all[turn_++ % all.size()];
    if (all.size() > 1 && node.name() == last_asked_ && i + 1 < all.size()) continue;
    const auto view = ask(node);
    last_asked_ = node.name();
    if (!view) {
      problem = node.name() + ": " + view.error().text;
      nodes_.noteProblem(view.error());
      continue;
    }
    if (!isOfUse(*view, clock_.steadyNow())) {
      problem = node.name() + ": " + faultOf(*view);
      nodes_.noteProblem({ConnectionError::Kind::kUnreachable, problem});
      continue;
    }
    noteView(*view, node);
    return true;
  }
  if (!stop.stop_requested()) noteSilence(problem);
  return false;
}

Expected<ClusterView, ConnectionError> ClusterWatch::ask(const RedisAddress& node) {
  std::unique_ptr<RedisClient>& client = clients_[node.name()];
  if (client == nullptr) client = std::make_unique<RedisClient>(askingSettings(config_, node), clock_, unshown_);
  auto connection = client->dial();
  if (!connection) return Unexpected(connection.error());
  RedisCommands commands;
  writeClusterQuestions(commands);
  RedisReplies replies;
  const SteadyTime now = clock_.steadyNow();
  if (auto done = (*connection)->exchange(commands, replies, now, now + client->node().commandTimeout()); !done) {
    return Unexpected(done.error());
  }
  auto view = readClusterView(replies, node);
  if (!view) return Unexpected(ConnectionError{ConnectionError::Kind::kRejected, view.error()});
  return *std::move(view);
}

bool ClusterWatch::isOfUse(const ClusterView& view, SteadyTime now) {
  if (!view.is_ok || view.ranges.empty()) return false;
  if (view.epoch < epoch_ && now - epoch_seen_ < kEpochMemory) return false;
  epoch_ = view.epoch;
  epoch_seen_ = now;
  return true;
}

void ClusterWatch::noteView(const ClusterView& view, const RedisAddress& node) {
  known_ = view.nodes;
  learned_.note(target_, known_);
  std::erase_if(clients_, [&](const auto& one) {
    const auto all = candidates();
    return std::ranges::none_of(all, [&](const RedisAddress& known) { return known.name() == one.first; });
  });
  nodes_.apply(view);
  if (!std::exchange(is_known_, true)) {
    logInfo("redis: the cluster says which node has which slots",
            {{"server", node.name()}, {"nodes", view.nodes.size()}, {"epoch", view.epoch}});
  } else if (is_silent_) {
    logInfo("redis: the cluster says again which node has which slots", {{"server", node.name()}});
  }
  is_silent_ = false;
}

void ClusterWatch::noteSilence(const std::string& problem) {
  if (!silence_log_.pass(clock_.steadyNow())) return;
  is_silent_ = true;
  logError("redis: no node of the cluster says which node has which slots", {{"error", problem}});
}

}  // namespace sessiond
