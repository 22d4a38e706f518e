// NameWatch: looks up the names of servers again and again, and has all connections made anew when one leads elsewhere
// (name_turns.h), as a switch of sentinels has.
//
// Canaries see that a subscription leads to another server than connections made later. They do not see that all of
// them lead to the old one, which goes on as a primary while logouts elsewhere reach the new one.
//
// The name is looked up also while nobody asks anything: whoever comes first afterwards is to be led right. How soon a
// turn is known is for the name server to say, and whoever keeps its answers on the way.

#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/once_per.h"
#include "redis/name_turns.h"
#include "redis/redis_node.h"

namespace sessiond {

/// Runs a thread of its own from its making to its end. What it is given outlives it.
class NameWatch {
 public:
  /// Those that are asked for now; each lasts.
  using Nodes = std::function<std::vector<RedisNode*>()>;

  NameWatch(Nodes nodes, milliseconds interval, const Clock& clock);
  /// Waits for the thread, but for no look-up.
  ~NameWatch();
  NameWatch(const NameWatch&) = delete;
  NameWatch& operator=(const NameWatch&) = delete;

  /// How often a name is looked up.
  static milliseconds intervalFor(milliseconds max_staleness) { return std::max(max_staleness, milliseconds(1000)); }

 private:
  void run(const std::stop_token& stop);
  /// When there is something to do again.
  SteadyTime lookAt(RedisNode& node, SteadyTime now);

  const Nodes nodes_;
  const milliseconds interval_;
  const Clock& clock_;
  OncePer held_back_log_;
  std::map<RedisConnector*, NameTurns> turns_;  // of the thread
  std::jthread thread_;                         // last: it uses all of the above
};

}  // namespace sessiond
