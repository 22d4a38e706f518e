// SentinelCouncil: what the sentinels say together: who is the primary, and how long that may be relied on.
//
// Of what they say, the highest config-epoch counts: each failover that they have agreed on has one of its own. Only
// one that leads a failover, and is overtaken by the next one before it has come to the end, may miss that: where the
// next one makes that server the primary which was it before, it takes over its epoch, but not its address. So under
// one epoch it counts what most of them say, and where that does not decide, what was followed.
//
// What one of them said counts for as long as its silence would be borne (max_silence). Whoever has not heard a
// majority of them for so long may be cut off together with a primary that is none any more; so a majority vouches for
// the primary, from the moment at which it was asked.
//
// How many there are, the configuration and they themselves say, whoever says more. One that is met at two addresses
// counts once, by its id.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "redis/sentinel_view.h"

namespace sessiond {

/// Not thread-safe.
class SentinelCouncil {
 public:
  /// Links are the ways to sentinels, numbered: those of the configuration first.
  SentinelCouncil(std::vector<RedisAddress> configured, std::chrono::milliseconds max_silence);

  /// `asked`: when. False: this link leads to nobody who is not heard otherwise.
  [[nodiscard]] bool heard(std::size_t link, const SentinelView& view, SteadyTime asked);

  struct Verdict {
    std::optional<RedisAddress> primary;  ///< a majority vouches for it
    std::string told_by;                  ///< name of the sentinel that did
    SteadyTime vouched_until = {};        ///< by a majority
    std::size_t reached = 0;
    std::size_t known = 0;
  };
  Verdict verdict(SteadyTime now) const;
  /// What a verdict named is what everybody is led to now.
  void follow(const RedisAddress& primary) { followed_ = primary.name(); }

  /// Numbers further links, to sentinels that the others know and nobody has met: their addresses.
  std::map<std::size_t, RedisAddress> learn(SteadyTime now);
  /// A learned link has ended.
  void forget(std::size_t link) { links_.erase(link); }

  static constexpr std::size_t kMostLinks = 16;

 private:
  struct Link {
    RedisAddress address;
    bool configured = false;
    std::string id = {};
    std::optional<SentinelView> view = {};
    SteadyTime asked = {};
  };

  std::string identityOf(std::size_t number, const Link& link) const;
  bool isFresh(const Link& link, SteadyTime now) const { return link.view && now - link.asked < max_silence_; }
  void choosePrimary(Verdict& verdict, SteadyTime now) const;
  bool isKnown(const SentinelView::Peer& peer) const;

  const std::chrono::milliseconds max_silence_;
  std::map<std::size_t, Link> links_;
  std::string followed_;
  std::size_t next_link_ = 0;
};

}  // namespace sessiond
