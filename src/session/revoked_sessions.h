// RevokedSessions: what this process itself has revoked within the last hour.
//
// Replication is asynchronous: a logout that only the old primary had can be lost with it. And an application may save
// a copy that outlives any tombstone. So whoever answered the logout does not forget: for an hour the session is
// refused from here whatever Redis says, its tombstone is written anew whenever the subscription to Redis is, and a
// copy that turns up is buried again (burial_queue.h), or was there before it is forgotten.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/keyed_hash.h"
#include "base/metrics.h"
#include "session/session_id.h"
#include "session/session_store.h"

namespace sessiond {

/// Thread-safe. Where there are too many, the oldest are forgotten, which is counted.
class RevokedSessions {
 public:
  static constexpr std::size_t kMost = 100'000;
  static constexpr std::chrono::hours kMemory{1};
  /// So long before they are forgotten, copies of them are looked for once more.
  static constexpr std::chrono::minutes kLastLook{5};

  RevokedSessions(const Clock& clock, MetricsRegistry& metrics, std::size_t most = kMost);

  /// The session was revoked, with a tombstone for so long.
  void note(const SessionId& id, std::chrono::seconds tombstone_ttl);
  /// How many are remembered.
  std::size_t count() const { return data_.lock()->sessions.size(); }
  bool contains(std::string_view id) const { return tombstoneOf(id).has_value(); }
  /// What is left of its tombstone's life in whole seconds, nothing perhaps; nullopt: it is not remembered.
  std::optional<std::chrono::seconds> tombstoneOf(std::string_view id) const;
  static constexpr std::uint64_t kNewest = std::numeric_limits<std::uint64_t>::max();
  /// Those whose tombstones stand, with what is left of their lives, a page at a time, since checks ask as well
  /// meanwhile: the latest first, which a server that took over lacks soonest. `cursor` is kNewest for the first page,
  /// and is moved on. What is noted meanwhile is in none. nullopt: there are no more.
  std::optional<std::vector<SessionRevocation>> standing(std::uint64_t& cursor, std::size_t page) const;
  /// Those that are to be forgotten within kLastLook, the oldest first, a page at a time. `cursor` is 0 for the first
  /// one, and is moved on, so that each is told once. Empty: no more for now.
  std::vector<SessionId> aboutToBeForgotten(std::uint64_t& cursor, std::size_t page) const;

 private:
  struct Revoked {
    SteadyTime noted;
    SteadyTime buried_until;
  };
  /// Looked up by views, without a copy.
  struct Hash : KeyedHash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard library's name
  };
  struct Data {
    std::unordered_map<std::string, Revoked, Hash, std::equal_to<>> sessions;
    std::deque<std::pair<SteadyTime, std::string>> order;  ///< by when they were noted; one noted again stands twice
    std::uint64_t left = 0;                                ///< so many have left its front
  };
  void forget(Data& data, SteadyTime now);

  const Clock& clock_;
  const std::size_t most_;
  Counter& forgotten_;
  mutable Guarded<Data> data_;
};

}  // namespace sessiond
