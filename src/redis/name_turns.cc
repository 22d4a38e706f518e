#include "redis/name_turns.h"

#include <algorithm>
#include <utility>

namespace sessiond {

NameTurns::NameTurns(milliseconds interval) : interval_(interval) {
  turns_.fill(SteadyTime::min());
}

NameTurns::Step NameTurns::step(const LookUp& look_up, const std::function<Hosts()>& peers, SteadyTime now) {
  if (now < next_step_) return Step::kNothing;
  const std::optional<ResolvedAddresses> found = look_up(ticket_);
  next_step_ = now + (found ? interval_ : kPatience);
  if (!found) return Step::kNothing;
  ticket_ = 0;
  if (!*found) return Step::kNothing;
  hosts_.clear();
  for (const SocketAddress& address : **found) hosts_.insert(numericHost(address));
  const Hosts connected = peers();
  if (std::ranges::includes(hosts_, connected)) return Step::kNothing;
  if (now < turns_[oldest_turn_] + kWithin) return Step::kHeldBack;
  turns_[oldest_turn_] = now;
  oldest_turn_ = (oldest_turn_ + 1) % kMost;
  return Step::kTurned;
}

}  // namespace sessiond
