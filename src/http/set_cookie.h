// Set-Cookie: attributes in the order and spelling of npm's `cookie` 0.7, which express-session 1.18 and later use:
//
//   name=value; Domain=example.org; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned;
//   Priority=High; SameSite=Lax
//
// A cookie that ends at some time has a Max-Age as well, behind the value. express-session sends Expires only; where
// the browser's clock is ahead of ours, that ends the cookie too early, or at once.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sessiond {

enum class SameSite : std::uint8_t { kUnset, kLax, kStrict, kNone };
enum class CookiePriority : std::uint8_t { kUnset, kLow, kMedium, kHigh };

/// As Express stores them, which leaves out what is unset, and as they are configured.
inline constexpr std::array<std::string_view, 4> kSameSiteWords = {"unset", "lax", "strict", "none"};
inline constexpr std::array<std::string_view, 4> kCookiePriorityWords = {"unset", "low", "medium", "high"};

inline std::string_view wordOf(SameSite same_site) {
  return kSameSiteWords[static_cast<std::size_t>(same_site)];
}
inline std::string_view wordOf(CookiePriority priority) {
  return kCookiePriorityWords[static_cast<std::size_t>(priority)];
}

/// What a cookie is apart from its texts and its end. A plain value.
struct CookieFlags {
  bool http_only = true;
  bool secure = false;
  bool partitioned = false;
  SameSite same_site = SameSite::kUnset;
  CookiePriority priority = CookiePriority::kUnset;
};

/// A plain value. `value` is already in the form that is sent (CookieSigner::sign percent-encodes).
struct SetCookie : CookieFlags {
  std::string name;
  std::string value;
  std::string domain;                           ///< empty: none, the cookie stays with the host
  std::string path = "/";                       ///< empty: none
  std::optional<WallTime> expires;              ///< absent: ends with the browser
  std::optional<std::chrono::seconds> max_age;  ///< wins over `expires` (RFC 6265 §5.3)
};

/// Sets when the cookie ends, by both clocks.
void endAfter(SetCookie& cookie, std::chrono::milliseconds life, WallTime now);

/// A host name, with or without a dot before it: labels of 1 to 63 letters, digits and dashes, with no dash at an end
/// (RFC 1034 §3.5, RFC 1123 §2.1).
bool isCookieDomain(std::string_view domain);
/// RFC 6265 §4.1.1's path-value without `<`, which npm's `cookie` refuses: printable ASCII without `;`. May be empty.
bool isCookiePath(std::string_view path);

/// May it be sent? What npm's `cookie` refuses is refused: a name that is no RFC 9110 token, a value beyond RFC 6265
/// §4.1.1's cookie-octets, and what the two above are not (an empty domain is none). To be asked about attributes that
/// come from a stored session; a configuration is read by the same rules (config/text_rules.h).
bool isValid(const SetCookie& cookie);

/// The header's value. REQUIRES: isValid(cookie).
std::string render(const SetCookie& cookie);

/// The same cookie made to end: empty value, Expires at the epoch; name, Domain, Path and the rest stay.
SetCookie expired(SetCookie cookie);

/// `__Host-` in front of the name where the cookie is Secure, so that no other host of the domain can set it (RFC
/// 6265bis §4.1.3.2). Browsers take such a name with https only, path `/` and no Domain.
std::string hostCookieName(std::string_view name, bool secure);

/// An IMF-fixdate (RFC 9110 §5.6.7), as Date.prototype.toUTCString writes it: "Thu, 01 Jan 1970 00:00:00 GMT".
std::string formatHttpDate(WallTime time);

}  // namespace sessiond
