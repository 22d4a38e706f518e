// The JSON of a session that sessiond's login makes, as Express and connect-redis would have written it:
//
//   {"cookie":{"originalMaxAge":86400000,"expires":"2026-01-02T00:00:00.000Z","secure":true,"httpOnly":true,
//    "path":"/","sameSite":"lax"},"user":{...},"_sd":{"created":1767225600000,"authenticated":1767225600000,
//    "address":"192.0.2.0/24","program":"Firefox/Linux","login":"ada","user":"42"}}

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/set_cookie.h"

namespace sessiond {

/// Express's cookie member. A plain value.
struct NewSessionCookie : CookieFlags {
  std::optional<std::chrono::milliseconds> original_max_age;  ///< absent: ends with the browser (null)
  std::optional<WallTime> expires;                            ///< absent: null
  std::string path = "/";
  std::string domain;  ///< empty: not written
};

/// What sessiond itself keeps of a login (`_sd`). A plain value.
struct LoginRecord {
  WallTime created{};
  std::string address;      ///< a prefix of it
  std::string auth;         ///< User::auth; empty: not written
  std::string program;      ///< "Firefox/Linux": its family and the system; empty: unknown
  std::string_view login;   ///< the name that was typed; what applications call the user may be another one
  std::uint64_t epoch = 0;  ///< how often everybody had been logged out before (login_epoch.h); 0: not written
  /// The user's id, as user_id.h gives it: an application may put another user into the session. Empty: not written
  std::string user_id = {};
};

/// The session's JSON. REQUIRES: user_json is valid JSON; user_at is a JSON Pointer of at least one token, whose
/// first is neither `cookie` nor `_sd` (objects are made on the way: /passport/user gives {"passport":{"user":...}}).
std::string composeSession(const NewSessionCookie& cookie, std::string_view user_json, const LoginRecord& record,
                           std::string_view user_at = "/user");

/// Date.prototype.toISOString: "2026-01-02T00:00:00.000Z".
std::string formatIsoTime(WallTime time);

}  // namespace sessiond
