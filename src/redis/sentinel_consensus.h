// SentinelConsensus: what the sentinels say together: who is the primary, and how long that may be relied on.
//
// Of what they say, the highest config-epoch counts: each failover that they have agreed on has one of its own. Only
// one that leads a failover, and is overtaken by the next one before it has come to the end, may miss that: where the
// next one makes that server the primary which was it before, it takes over its epoch, but not its address. So under
// one epoch it counts what most of them say who do not lead a failover themselves, and where that does not decide,
// nobody is the primary: what was followed before may be the server that was frozen and has woken.
//
// What one of them said counts for as long as its silence would be borne (max_silence). Whoever has not heard a
// majority of them for so long may be cut off together with a primary that is none any more; so a majority vouches for
// the primary, from the moment at which it was asked.
//
// How many there are, the configuration and they themselves say, whoever says more. One that is met at two addresses
// counts once, by its id and with what it said last. So one that was learned from others and does not tell its id is of
// no use, nor is an address that leads to one that is known: what was of no use is not tried again for a while.

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
class SentinelConsensus {
 public:
  /// Contacts are the ways to sentinels, numbered: those of the configuration first.
  SentinelConsensus(std::vector<RedisAddress> configured, std::chrono::milliseconds max_silence);

  /// `asked`: when. False: this contact leads to nobody who is not heard otherwise.
  [[nodiscard]] bool heard(std::size_t contact, const SentinelView& view, SteadyTime asked);

  struct Verdict {
    std::optional<RedisAddress> primary;  ///< a majority vouches for it
    std::string told_by;                  ///< name of the sentinel that did
    SteadyTime vouched_until = {};        ///< by a majority
    std::size_t reached = 0;
    std::size_t known = 0;
  };
  Verdict verdict(SteadyTime now) const;

  /// Numbers a further contact.
  std::size_t add(const RedisAddress& address);
  /// Where all further contacts lead.
  std::vector<RedisAddress> further() const;
  /// Numbers further contacts, to sentinels that the others know and nobody has met: their addresses.
  std::map<std::size_t, RedisAddress> learn(SteadyTime now);
  /// A further contact has ended.
  void forget(std::size_t contact) { contacts_.erase(contact); }

  static constexpr std::size_t kMostContacts = 16;
  static constexpr std::size_t kMostUseless = 64;
  static constexpr std::chrono::milliseconds kUselessFor{60'000};

 private:
  struct Contact {
    RedisAddress address;
    bool configured = false;
    std::string id = {};
    std::optional<SentinelView> view = {};
    SteadyTime asked = {};
  };

  std::string identityOf(std::size_t number, const Contact& contact) const;
  bool isFresh(const Contact& contact, SteadyTime now) const {
    return contact.view && now - contact.asked < max_silence_;
  }
  using Voices = std::map<std::string, const Contact*>;  // by who speaks
  Voices voices(SteadyTime now) const;
  static const Contact* choose(const Voices& voices);
  bool isKnown(const SentinelView::Peer& peer) const;

  const std::chrono::milliseconds max_silence_;
  std::map<std::size_t, Contact> contacts_;
  std::map<std::string, SteadyTime> useless_;  // until when, by address
  std::size_t next_contact_ = 0;
};

}  // namespace sessiond
