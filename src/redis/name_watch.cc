#include "redis/name_watch.h"

#include <string>
#include <utility>

#include "base/log.h"
#include "base/named_thread.h"

namespace sessiond {

namespace {

std::string listOf(const NameTurns::Hosts& hosts) {
  std::string list;
  for (const std::string& host : hosts) list += (list.empty() ? "" : ", ") + host;
  return list;
}

}  // namespace

NameWatch::NameWatch(Nodes nodes, milliseconds interval, const Clock& clock)
    : nodes_(std::move(nodes)),
      interval_(interval),
      clock_(clock),
      held_back_log_(kLogInterval),
      thread_(startThread("names", [this](const std::stop_token& stop) { run(stop); })) {}

NameWatch::~NameWatch() {
  thread_.request_stop();
  thread_.join();
}

void NameWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const SteadyTime now = clock_.steadyNow();
    SteadyTime next = now + interval_;
    for (RedisNode* const node : nodes_()) next = std::min(next, lookAt(*node, now));
    sleepFor(std::max(std::chrono::ceil<milliseconds>(next - clock_.steadyNow()), milliseconds(1)), stop);
  }
}

SteadyTime NameWatch::lookAt(RedisNode& node, SteadyTime now) {
  const NodePlace::Ref place = node.place().present();
  if (place == nullptr || !place->connector->isNamed()) return now + interval_;
  RedisConnector& connector = *place->connector;
  NameTurns& turns = turns_.try_emplace(&connector, interval_).first->second;
  NameTurns::Hosts before;
  const auto peers = [&] { return before = connector.peers(); };
  switch (turns.step([&](std::uint64_t& ticket) { return connector.lookUp(ticket); }, peers, now)) {
    case NameTurns::Step::kNothing:
      break;
    case NameTurns::Step::kTurned:
      node.renewPlace(place->term);
      logWarn("redis: the server's name leads to another address; all connections are made anew",
              {{"server", place->name}, {"address", listOf(turns.hosts())}, {"before", listOf(before)}});
      break;
    case NameTurns::Step::kHeldBack:
      if (!held_back_log_.pass(now)) break;
      logWarn(
          "redis: the server's name leads to another address again and again; that is not followed each time, and what "
          "connections lead to may be a minute old",
          {{"server", place->name}, {"address", listOf(turns.hosts())}, {"before", listOf(before)}});
      break;
  }
  return turns.nextStep();
}

}  // namespace sessiond
