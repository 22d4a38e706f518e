#include "redis/name_turns.h"

#include <algorithm>
#include <utility>

namespace sessiond {

NameTurns::NameTurns(milliseconds interval) : interval_(interval) {}

bool NameTurns::Limit::pass(SteadyTime now) {
  if (now < turns_[oldest_] + kWithin) return false;
  turns_[oldest_] = now;
  oldest_ = (oldest_ + 1) % kMost;
  return true;
}

/// Remembers where it leads, and says whether that is an address to which it did not until a minute ago.
bool NameTurns::noteHosts(SteadyTime now) {
  if (first_seen_.size() + hosts_.size() > kMostKnown) first_seen_.clear();
  bool is_new = false;
  for (const std::string& host : hosts_) is_new |= now < first_seen_.try_emplace(host, now).first->second + kWithin;
  return is_new;
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
  Limit& limit = noteHosts(now) ? to_new_ : to_known_;
  const Hosts connected = peers();
  if (std::ranges::includes(hosts_, connected)) return Step::kNothing;
  return limit.pass(now) ? Step::kTurned : Step::kHeldBack;
}

}  // namespace sessiond
