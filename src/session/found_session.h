// FoundSession: what is known of one session id, from memory or from the store.

#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "session/check_status.h"
#include "session/known_session.h"

namespace sessiond {

/// The remaining life of a key that does not expire.
inline constexpr std::chrono::milliseconds kNoEnd = std::chrono::milliseconds::max();

/// A plain value.
struct FoundSession {
  /// Why there is none: kUnknown, kRevoked (whatever its key holds) or kUnavailable, which is not "no". Absent: there
  /// is one, and `session` says what it is.
  std::optional<CheckStatus> absence = CheckStatus::kUnavailable;
  SessionRef session = {};  ///< when there is one, or needsUser(); when kRevoked perhaps
  /// When its key ends, SteadyTime::max() if never; absent: nobody asked, or the store did not say.
  std::optional<SteadyTime> ends = {};

  /// What it would be is known, but not whether its user can still log in: ask again, with the user
  /// (SessionLoad::user).
  bool needsUser() const { return absence == CheckStatus::kUnavailable && session; }
};

}  // namespace sessiond
