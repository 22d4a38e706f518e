// What can be set about sessions: the options of `session`.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/secret.h"
#include "session/cache_limits.h"

namespace sessiond {

/// The in-process cache of what is known about sessions.
struct CacheSettings : CacheLimits {
  bool enabled = true;
  /// Without proof of life from Redis for this long, nothing cached is believed.
  std::chrono::milliseconds max_staleness{1000};
};

/// How a stored session is read.
struct RecordSettings {
  std::string user_at = "/user";         ///< JSON Pointer to what makes a session a login
  std::string user_id_at;                ///< JSON Pointer to the user's id; empty: `id` below user_at
  std::string roles_at = "/user/roles";  ///< JSON Pointer to an array of strings, or one string
  std::chrono::seconds idle_timeout{86400};
  std::size_t max_bytes = 256 * 1024;
  std::size_t identity_max_bytes = 6 * 1024;

  std::string userIdAt() const { return user_id_at.empty() ? user_at + "/id" : user_id_at; }
};

/// What a login does that finds as many sessions of its user as may be.
enum class WhenFull : std::uint8_t { kEndOldest, kRefuse };

/// How many sessions a user may have.
struct SessionLimit {
  std::uint32_t max = 0;  ///< 0: as many as one likes
  WhenFull when_full = WhenFull::kEndOldest;
};

/// Movable, not copyable: it holds secrets.
struct SessionSettings : RecordSettings {
  std::string key_prefix = "sess:";
  static constexpr std::size_t kMaxSecrets = 16;
  /// At least one; the first signs, all verify. `credential:NAME` is one of systemd's credentials.
  std::vector<std::string> secret_files = {"credential:session_secret"};
  std::vector<Secret> secrets;               ///< read from secret_files
  std::chrono::seconds absolute_timeout{0};  ///< from /_sd/created; 0: none
  std::chrono::seconds touch_interval{60};
  SessionLimit per_user;
  CacheSettings cache;
};

}  // namespace sessiond
