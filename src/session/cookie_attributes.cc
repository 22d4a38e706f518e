#include "session/cookie_attributes.h"

namespace sessiond {

std::optional<SetCookie> cookieToResend(const CookieAttributes& attributes,
                                        std::optional<std::chrono::milliseconds> max_age, std::string_view name,
                                        std::string_view signed_value, bool https, WallTime now) {
  if (!attributes.sendable || (attributes.secure && !https)) return std::nullopt;
  SetCookie cookie{attributes};
  cookie.name = name;
  cookie.value = signed_value;
  cookie.domain = attributes.domain;
  cookie.path = attributes.path;
  if (max_age) endAfter(cookie, *max_age, now);
  return cookie;
}

}  // namespace sessiond
