// How long the tombstone of a session that ended has to stand, whoever writes it: logout, a login over an old session,
// or the check that finds one written back.
//
// A slow application may save its copy until `latest_writer` after the end, and what it saved then lives on for as
// long as any save of this session does. A tombstone that stands for the longer of the two would be gone before a copy
// that was saved late; only their sum outlives every copy.
//
//   end               latest writer                      the last copy is gone
//    |-- latest_writer --|-------- a copy's life --------|
//    |------------------ the tombstone ------------------|

#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "session/cookie_settings.h"
#include "session/logout_settings.h"
#include "session/longest_life.h"
#include "session/session_settings.h"

namespace sessiond {

/// A plain value.
struct TombstoneLifetime {
  static TombstoneLifetime from(const RecordSettings& session, const CookieSettings& cookie,
                                const LogoutSettings& logout) {
    return {.latest_writer = logout.tombstone_lifetime,
            .usual_life = std::max(session.idle_timeout, cookie.max_age.value_or(std::chrono::seconds(0)))};
  }

  std::chrono::seconds latest_writer{};  ///< logout.tombstone_lifetime
  std::chrono::seconds usual_life{};     ///< of a session that says nothing of its own

  /// For a session whose saves live for `save_life`; absent: beyond reckoning (an absurd or non-numeric
  /// originalMaxAge), which ends with the cookie. For one that is gone or unreadable: usual_life. `key_life`: what its
  /// key had left, where that is known: an application may give its keys longer than the session says.
  std::chrono::seconds of(std::optional<std::chrono::seconds> save_life,
                          std::optional<std::chrono::milliseconds> key_life = std::nullopt) const {
    const std::chrono::seconds life = save_life.value_or(kLongestCookieLife);
    if (!key_life) return latest_writer + life;
    const auto longest_key = std::min<std::chrono::milliseconds>(*key_life, kLongestCookieLife);  // one may have no end
    return latest_writer + std::max(life, std::chrono::ceil<std::chrono::seconds>(longest_key));
  }
};

}  // namespace sessiond
