// FoundSession: what is known of one session id, from memory or from the store.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "session/known_session.h"

namespace sessiond {

/// The first three are certain; the last one is not "no".
enum class Presence : std::uint8_t {
  kPresent,      ///< `session` says what it is
  kUnknown,      ///< no such session
  kRevoked,      ///< a tombstone stands for it, whatever its key holds
  kUnavailable,  ///< the store cannot say
};

/// The remaining life of a key that does not expire.
inline constexpr std::chrono::milliseconds kNoEnd = std::chrono::milliseconds::max();

/// A plain value.
struct FoundSession {
  Presence presence = Presence::kUnavailable;
  SessionRef session = {};  ///< when kPresent, or needsUser(); when kRevoked perhaps
  /// When its key ends, SteadyTime::max() if never; absent: nobody asked, or the store did not say.
  std::optional<SteadyTime> ends = {};

  /// What it would be is known, but not whether its user can still log in: ask again, with him (SessionLoad::user).
  bool needsUser() const { return presence == Presence::kUnavailable && session; }
};

}  // namespace sessiond
