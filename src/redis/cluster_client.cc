#include "redis/cluster_client.h"

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "redis/command_pieces.h"
#include "redis/error_reply.h"
#include "redis/redirect.h"

namespace sessiond {

RedisReply noAnswer() {
  return {.type = RedisReply::Type::kError, .text = "NOANSWER from the node that has this key", .elements = {}};
}

/// One pipeline, until all of its commands have a reply or will have none.
struct ClusterClient::PendingPipeline {
  struct Command {
    std::size_t index = 0;
    ClusterNodes::Node* node = nullptr;
    bool asking = false;
    int redirects = 0;
  };

  const RedisCommands& commands;
  const Repeat repeat;
  RedisReplies& replies;
  const std::uint32_t replicas;
  const SteadyTime deadline;
  std::vector<CommandPiece> pieces = {};
  std::vector<Command> unsent = {};  ///< yet, or to another node once more
  std::vector<Command> here = {};    ///< that have been sent to one node
  std::optional<std::uint32_t> reached = {};
  std::size_t unanswered = 0;
  std::optional<StoreError> failure = {};
  bool shall_wait = false;

  void fail(std::size_t index, StoreError error) {
    replies[index] = noAnswer();
    ++unanswered;
    if (!failure || error == StoreError::kTimeout) failure = error;
  }
  /// Its node has failed. Is there another one that has its slot by now?
  bool leadsOn(const Command& one, const ClusterNodes& nodes) const {
    const std::optional<Slot> slot = pieces[one.index].slot;
    if (repeat != Repeat::kSafe || one.asking || !slot || one.redirects >= kMostRedirects) return false;
    const ClusterNodes::Node* const now = nodes.of(*slot);
    return now != nullptr && now != one.node;
  }
  /// One that is out of order comes last.
  ClusterNodes::Node& next() const {
    const auto isWell = [](const Command& one) { return !one.node->client.node().breaker().isOpen(); };
    const auto found = std::ranges::find_if(unsent, isWell);
    return found == unsent.end() ? *unsent.front().node : *found->node;
  }
  /// One node takes no more than its share of what is left, so that there is as much for each of the others.
  SteadyTime limit(const ClusterNodes::Node& node, SteadyTime now) const {
    std::set<const ClusterNodes::Node*> left{&node};
    for (const Command& one : unsent) left.insert(one.node);
    return now + (deadline - now) / static_cast<SteadyTime::rep>(left.size());
  }
};

Expected<void, StoreError> ClusterClient::pipeline(const RedisCommands& commands, Repeat repeat, RedisReplies& replies,
                                                   SteadyTime deadline) {
  PendingPipeline pending{
      .commands = commands, .repeat = repeat, .replies = replies, .replicas = 0, .deadline = deadline};
  go(pending);
  if (pending.unanswered < pending.pieces.size()) return {};
  return Unexpected(pending.failure.value_or(StoreError::kUnavailable));
}

Expected<std::uint32_t, StoreError> ClusterClient::replicate(const RedisCommands& commands, Repeat repeat,
                                                             RedisReplies& replies, std::uint32_t wanted,
                                                             SteadyTime deadline) {
  PendingPipeline pending{
      .commands = commands, .repeat = repeat, .replies = replies, .replicas = wanted, .deadline = deadline};
  go(pending);
  if (pending.unanswered < pending.pieces.size()) return pending.reached.value_or(0);
  return Unexpected(pending.failure.value_or(StoreError::kUnavailable));
}

void ClusterClient::go(PendingPipeline& pending) {
  pending.pieces = piecesOf(pending.commands);
  pending.replies.assign(pending.pieces.size(), RedisReply());
  nodes_.waitUntilKnown(std::min(pending.deadline, clock_.steadyNow() + nodes_.connectTimeout()));
  for (std::size_t i = 0; i < pending.pieces.size(); ++i) {
    const std::optional<Slot> slot = pending.pieces[i].slot;
    ClusterNodes::Node* const node = slot ? nodes_.of(*slot) : nodes_.any();
    if (node == nullptr) {
      pending.fail(i, StoreError::kUnavailable);
    } else {
      pending.unsent.push_back({.index = i, .node = node});
    }
  }
  if (pending.unanswered > 0) nodes_.requestRefresh(ClusterNodes::RefreshReason::kTrouble);
  while (!pending.unsent.empty()) {
    if (std::exchange(pending.shall_wait, false)) std::this_thread::sleep_for(kTryAgainAfter);
    followSlots(pending);
    if (!pending.unsent.empty()) visit(pending, pending.next());
  }
}

/// Who goes by the table goes where it leads now.
void ClusterClient::followSlots(PendingPipeline& pending) {
  std::erase_if(pending.unsent, [&](PendingPipeline::Command& one) {
    const std::optional<Slot> slot = pending.pieces[one.index].slot;
    if (one.asking || !slot) return false;
    one.node = nodes_.of(*slot);
    if (one.node == nullptr) pending.fail(one.index, StoreError::kUnavailable);
    return one.node == nullptr;
  });
}

/// Sends there whatever is to go there.
void ClusterClient::visit(PendingPipeline& pending, ClusterNodes::Node& node) {
  std::vector<PendingPipeline::Command>& here = pending.here;
  here.clear();
  std::erase_if(pending.unsent, [&](const PendingPipeline::Command& one) {
    if (one.node == &node) here.push_back(one);
    return one.node == &node;
  });
  RedisCommands commands;
  for (const PendingPipeline::Command& one : here) {
    if (one.asking) commands.add({"ASKING"});
    commands.addWhole(pending.pieces[one.index].bytes);
  }
  RedisReplies replies;
  Expected<std::uint32_t, StoreError> done = 0;
  const SteadyTime now = clock_.steadyNow();
  const SteadyTime limit = pending.limit(node, now);
  if (now >= pending.deadline) {
    done = Unexpected(StoreError::kUnavailable);
  } else if (pending.replicas > 0) {
    done = node.client.replicate(commands, pending.repeat, replies, pending.replicas, limit);
  } else if (auto plain = node.client.pipeline(commands, pending.repeat, replies, limit); !plain) {
    done = Unexpected(plain.error());
  }
  if (!done) {
    nodes_.requestRefresh(ClusterNodes::RefreshReason::kTrouble);
    for (PendingPipeline::Command& one : here) {
      if (pending.leadsOn(one, nodes_) && clock_.steadyNow() < pending.deadline) {
        ++one.redirects;
        pending.unsent.push_back(one);
      } else {
        pending.fail(one.index, done.error());
      }
    }
    return;
  }
  const bool any_ended = sortAnswers(pending, node, replies);
  if (any_ended && pending.replicas > 0) pending.reached = std::min(pending.reached.value_or(*done), *done);
}

/// What is led on goes on; true if anything came to its end there.
bool ClusterClient::sortAnswers(PendingPipeline& pending, ClusterNodes::Node& node, RedisReplies& replies) {
  bool any_ended = false;
  std::size_t reply = 0;
  for (PendingPipeline::Command& one : pending.here) {
    reply += one.asking ? 1 : 0;
    RedisReply& answer = replies[reply++];
    const auto redirect = one.redirects < kMostRedirects ? redirectIn(answer) : std::nullopt;
    if (!redirect) {
      any_ended = true;
      if (isServedByNobody(answer)) nodes_.requestRefresh(ClusterNodes::RefreshReason::kMoved);
      pending.replies[one.index] = std::move(answer);
      continue;
    }
    one.asking = redirect->kind == Redirect::Kind::kAsk || (redirect->kind == Redirect::Kind::kTryAgain && one.asking);
    if (redirect->kind == Redirect::Kind::kTryAgain) {
      pending.shall_wait = true;
    } else {
      one.node = nodes_.follow(*redirect, node);
      ++one.redirects;
    }
    if (one.node == nullptr) {
      pending.fail(one.index, StoreError::kUnavailable);
    } else {
      pending.unsent.push_back(one);
    }
  }
  return any_ended;
}

bool ClusterClient::reachable() {
  nodes_.waitUntilKnown(clock_.steadyNow() + nodes_.connectTimeout());
  const auto serving = nodes_.serving();
  if (serving.empty() || !nodes_.servesAll()) return false;
  const bool all = std::ranges::all_of(serving, [](ClusterNodes::Node* node) { return node->client.reachable(); });
  if (!all) nodes_.requestRefresh(ClusterNodes::RefreshReason::kTrouble);
  return all;
}

StartupReport ClusterClient::probe() {
  if (!nodes_.waitUntilKnown(newDeadline())) {
    const auto problem = nodes_.problem();
    if (!problem) return {StartupProbe::kUnreachable, "redis: " + nodes_.name() + " does not answer"};
    return reportOf(*problem, nodes_.name(), classifyError(problem->text).advice);
  }
  StartupReport worst;
  SteadyTime::duration patience = nodes_.budget();
  for (RedisClient* const server : servers()) {
    const SteadyTime began = clock_.steadyNow();
    StartupReport report = server->probe(patience.count() > 0 ? began + nodes_.budget() : began);
    // Those that are silent have less time together than two of them would have; whoever waits may be the main thread.
    if (report.outcome == StartupProbe::kUnreachable)
      patience -= std::min<SteadyTime::duration>(patience, clock_.steadyNow() - began);
    if (report.outcome > worst.outcome) worst = std::move(report);
  }
  if (worst.outcome == StartupProbe::kOk && !nodes_.servesAll()) {
    return {StartupProbe::kUnreachable, "redis: not every slot of " + nodes_.name() + " has a node that serves it"};
  }
  return worst;
}

std::vector<RedisClient*> ClusterClient::servers() {
  nodes_.waitUntilKnown(newDeadline());
  std::vector<RedisClient*> clients;
  for (ClusterNodes::Node* const node : nodes_.serving()) clients.push_back(&node->client);
  return clients;
}

}  // namespace sessiond
