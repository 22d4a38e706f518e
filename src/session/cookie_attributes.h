// CookieAttributes: how a session wants its cookie to be sent, as its own `cookie` member says.
//
// A session's stored attributes win over the configuration, as in Express: when an existing session's cookie is sent
// again (rolling, or signed anew after a change of secrets) it keeps the domain, path and flags it was made with.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/set_cookie.h"

namespace sessiond {

/// A plain value; what is not stored has Express's default (HttpOnly).
struct StoredCookieFlags : CookieFlags {
  /// False: the stored attributes are such that Express could not send the cookie (a domain that is none, a
  /// SameSite that nobody knows); it is not sent.
  bool sendable = true;
};

/// A plain value, with Express's default path.
struct CookieAttributes : StoredCookieFlags {
  std::string domain;
  std::string path = "/";
};

/// The cookie of an existing session, to be sent again. nullopt when it must not be sent: not sendable, or Secure
/// and the request did not come over https.
std::optional<SetCookie> cookieToResend(const CookieAttributes& attributes,
                                        std::optional<std::chrono::milliseconds> max_age, std::string_view name,
                                        std::string_view signed_value, bool https, WallTime now);

}  // namespace sessiond
