// NameTurns: has the name of a server begun to lead to another one, while connections to the old one stand?
//
// It has when an address that a connection was made to is not among the name's any more. One answer will do: a
// connection that is kept for longer may let in whoever has logged out at the new server, and one that is made anew for
// nothing costs little. (Of several addresses, as of IPv4 and IPv6, any that goes counts.) But each turn has all
// tombstones written again, and there are names whose every answer holds others of many addresses. So at most three
// turns are followed within a minute, which is how long a connection lives at most; a server that changes its place
// more often is followed as slowly as one behind a proxy.
//
// A name that cannot be looked up says nothing: whoever is connected stays so.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "os/socket_address.h"

namespace sessiond {

/// Of one thread.
class NameTurns {
 public:
  using Hosts = std::set<std::string>;
  /// As HostResolver::lookUp().
  using LookUp = std::function<std::optional<ResolvedAddresses>(std::uint64_t& ticket)>;
  enum class Step : std::uint8_t {
    kNothing,
    kTurned,
    kHeldBack,  ///< it has, but so often that this is not followed
  };
  static constexpr std::size_t kMost = 3;
  static constexpr seconds kWithin{60};
  /// How often it is looked whether a look-up has ended.
  static constexpr milliseconds kPatience{50};

  /// `interval`: how often the name is looked up.
  explicit NameTurns(milliseconds interval);

  /// Looks the name up if that is due, without waiting. `peers`: the addresses that connections were made to since the
  /// latest turn.
  Step step(const LookUp& look_up, const std::function<Hosts()>& peers, SteadyTime now);
  /// There is nothing to do before.
  SteadyTime nextStep() const { return next_step_; }
  /// Where it led when it was looked up last.
  const Hosts& hosts() const { return hosts_; }

 private:
  const milliseconds interval_;
  SteadyTime next_step_ = SteadyTime::min();
  std::uint64_t ticket_ = 0;
  Hosts hosts_;
  std::array<SteadyTime, kMost> turns_;  // the latest, in a ring
  std::size_t oldest_turn_ = 0;
};

}  // namespace sessiond
