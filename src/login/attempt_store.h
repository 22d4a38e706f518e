// AttemptCounters and LoginMemory: where tries to log in are counted, and what is remembered of logins, for all
// instances together.
//
// Every function touches one key, named by the caller; a key vanishes by itself when it no longer says anything, so
// what is kept is bounded by how often somebody tries and for how long that counts.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "login/attempt_limit.h"

namespace sessiond {

/// What a key begins with, by what stands there. Behind it come only characters of base64url and colons.
inline constexpr std::string_view kTriesPrefix = "try:";
inline constexpr std::string_view kPlacesPrefix = "places:";
inline constexpr std::string_view kFailuresPrefix = "failures:";

/// The only thing that can go wrong is that nobody can tell.
enum class AttemptStoreError { kUnavailable };

/// A try that was counted, or how long to wait.
struct Reservation {
  std::chrono::milliseconds wait{0};  ///< more than zero: nothing was counted
  /// When the windows end that it was counted in, by the store's clock: it is given back to these and no others.
  std::array<std::int64_t, kMostAttemptWindows> ends{};
  // When it was counted, and the try before it, by the store's clock: a delay is counted from the last try.
  std::int64_t at = 0;
  std::int64_t before = 0;
};

/// Wrong passwords since the last login.
struct FailureNote {
  std::uint64_t failures = 0;
  WallTime last{};
};

/// Counts tries. Thread-safe.
class AttemptCounters {
 public:
  virtual ~AttemptCounters() = default;

  /// Counts one try unless the limit forbids it. As one step: of tries that come at once no more are counted than the
  /// limit has room for.
  virtual Expected<Reservation, AttemptStoreError> reserve(std::string_view key, const AttemptLimit& limit) = 0;
  /// Takes the try back out of the windows it was counted in, as far as they have not ended and it still stands there;
  /// if none came after it, a delay is as it was before.
  /// A counter without tries vanishes.
  virtual Expected<void, AttemptStoreError> giveBack(std::string_view key, const Reservation& reservation) = 0;
  /// Forgets all tries.
  virtual Expected<void, AttemptStoreError> forget(std::string_view key) = 0;
};

/// Remembers where a user logged in from, and what went wrong in between. Thread-safe.
class LoginMemory {
 public:
  virtual ~LoginMemory() = default;

  /// All that were remembered within `lifetime`, in no particular order.
  virtual Expected<std::vector<std::string>, AttemptStoreError> knownPlaces(std::string_view key,
                                                                            std::chrono::seconds lifetime) = 0;
  /// Remembers the place; of more than `most` the one that was remembered longest ago goes.
  virtual Expected<void, AttemptStoreError> remember(std::string_view key, std::string_view place,
                                                     std::chrono::seconds lifetime, std::uint32_t most) = 0;
  virtual Expected<void, AttemptStoreError> noteFailure(std::string_view key, std::chrono::seconds lifetime) = 0;
  /// What was noted, which is then forgotten.
  virtual Expected<FailureNote, AttemptStoreError> takeFailures(std::string_view key) = 0;
};

}  // namespace sessiond
