// The `cookie` member of a stored session, read as express-session's Cookie and npm's `cookie` read it.

#pragma once

#include <chrono>
#include <optional>

#include "base/expected.h"
#include "json/json_tree.h"
#include "session/cookie_attributes.h"
#include "session/record_damage.h"

namespace sessiond {

/// A plain value.
struct StoredCookie {
  CookieAttributes attributes;
  /// originalMaxAge, cut to whole milliseconds, when it is a positive number that a Date can express.
  std::optional<std::chrono::milliseconds> max_age;
  /// ceil(originalMaxAge / 1000), else the idle timeout; absent: never touch, because Express could not either
  /// (originalMaxAge is a string, true, an object or array, or so large that no Date can express it).
  std::optional<std::chrono::seconds> touch_ttl;
  bool refused = false;  ///< originalMaxAge is 0 or negative: Express deletes such a session at its next touch
};

/// The error: kNoCookie when it is no cookie member (missing, null, true, a string, a number but 0: Express fails on
/// all of these but "", or takes them for nothing); kRepeatedName when one of the members that count comes twice.
Expected<StoredCookie, RecordDamage> readStoredCookie(std::optional<JsonValue> cookie,
                                                      std::chrono::seconds idle_timeout);

}  // namespace sessiond
