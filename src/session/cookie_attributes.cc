#include "session/cookie_attributes.h"

namespace sessiond {

std::optional<SetCookie> cookieToResend(const CookieAttributes& attributes,
                                        std::optional<std::chrono::milliseconds> max_age, std::string_view name,
                                        std::string_view signed_value, bool https, WallTime now) {
  if (!attributes.sendable || (attributes.secure && !https)) return std::nullopt;
  SetCookie cookie{.name = std::string(name),
                   .value = std::string(signed_value),
                   .domain = attributes.domain,
                   .path = attributes.path,
                   .http_only = attributes.http_only,
                   .secure = attributes.secure,
                   .partitioned = attributes.partitioned,
                   .same_site = attributes.same_site,
                   .priority = attributes.priority,
                   .expires = std::nullopt,
                   .max_age = std::nullopt};
  if (max_age) endAfter(cookie, *max_age, now);
  return cookie;
}

}  // namespace sessiond
