// NameTurns: has the name of a server begun to lead to another one, while connections to the old one stand?
//
// It has when an address that a connection was made to is not among the name's any more. One answer will do: a
// connection that is kept for longer may let in whoever has logged out at the new server, and one that is made anew for
// nothing costs little. (Of several addresses, as of IPv4 and IPv6, any that goes counts.) But each turn has all
// tombstones written again, and there are names whose every answer holds others of many addresses. So at most three
// turns are followed within a minute, which is how long a connection lives at most; a server that changes its place
// more often is followed as slowly as one behind a proxy. An address that the name has not led to until a minute ago is
// none of those many: turns to such have a limit of their own, so that a server that takes over is followed at once.
//
// A name that cannot be looked up says nothing: whoever is connected stays so.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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
  /// Beyond so many addresses it is forgotten which there were.
  static constexpr std::size_t kMostKnown = 1024;
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
  /// kMost within kWithin.
  class Limit {
   public:
    Limit() { turns_.fill(SteadyTime::min()); }
    bool pass(SteadyTime now);

   private:
    std::array<SteadyTime, kMost> turns_;  // the latest, in a ring
    std::size_t oldest_ = 0;
  };

  bool noteHosts(SteadyTime now);

  const milliseconds interval_;
  SteadyTime next_step_ = SteadyTime::min();
  std::uint64_t ticket_ = 0;
  Hosts hosts_;
  std::map<std::string, SteadyTime> first_seen_;  // wherever it led
  Limit to_new_;
  Limit to_known_;
};

}  // namespace sessiond
