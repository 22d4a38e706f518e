#include "http/set_cookie.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "http/token.h"

namespace sessiond {
namespace {

bool isAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// RFC 6265 §4.1.1's cookie-octet.
bool isCookieOctet(char c) {
  return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool isPathCharacter(char c) {
  return c >= 0x20 && c < 0x7f && c != ';' && c != '<';
}

bool isDomainLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 && isAlphanumeric(label.front()) && isAlphanumeric(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return isAlphanumeric(c) || c == '-'; });
}

std::string_view spelling(CookiePriority priority) {
  switch (priority) {
    case CookiePriority::kUnset:
      return "";
    case CookiePriority::kLow:
      return "; Priority=Low";
    case CookiePriority::kMedium:
      return "; Priority=Medium";
    case CookiePriority::kHigh:
      return "; Priority=High";
  }
  return "";
}

std::string_view spelling(SameSite same_site) {
  switch (same_site) {
    case SameSite::kUnset:
      return "";
    case SameSite::kLax:
      return "; SameSite=Lax";
    case SameSite::kStrict:
      return "; SameSite=Strict";
    case SameSite::kNone:
      return "; SameSite=None";
  }
  return "";
}

}  // namespace

bool isCookieDomain(std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  while (true) {
    const std::size_t dot = domain.find('.');
    if (!isDomainLabel(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

bool isCookiePath(std::string_view path) {
  return std::all_of(path.begin(), path.end(), isPathCharacter);
}

bool isValid(const SetCookie& cookie) {
  return isToken(cookie.name) && std::all_of(cookie.value.begin(), cookie.value.end(), isCookieOctet) &&
         (cookie.domain.empty() || isCookieDomain(cookie.domain)) && isCookiePath(cookie.path);
}

std::string render(const SetCookie& cookie) {
  SESSIOND_CHECK(isValid(cookie));
  std::string text = cookie.name + "=" + cookie.value;
  if (cookie.max_age) text.append("; Max-Age=").append(std::to_string(cookie.max_age->count()));
  if (!cookie.domain.empty()) text.append("; Domain=").append(cookie.domain);
  if (!cookie.path.empty()) text.append("; Path=").append(cookie.path);
  if (cookie.expires) text.append("; Expires=").append(formatHttpDate(*cookie.expires));
  if (cookie.http_only) text.append("; HttpOnly");
  if (cookie.secure) text.append("; Secure");
  if (cookie.partitioned) text.append("; Partitioned");
  text.append(spelling(cookie.priority)).append(spelling(cookie.same_site));
  return text;
}

void endAfter(SetCookie& cookie, std::chrono::milliseconds life, WallTime now) {
  cookie.expires = now + life;
  cookie.max_age = std::chrono::ceil<std::chrono::seconds>(life);
}

SetCookie expired(SetCookie cookie) {
  cookie.value.clear();
  cookie.expires = WallTime();
  cookie.max_age.reset();
  return cookie;
}

std::string hostCookieName(std::string_view name, bool secure) {
  return (secure ? "__Host-" : "") + std::string(name);
}

std::string formatHttpDate(WallTime time) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // gmtime_r and not std::chrono::year, which ends at 32767: a stored session may reach to the end of ECMAScript's
  // time in the year 275760.
  const std::time_t unix_time = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm date{};
  SESSIOND_CHECK(gmtime_r(&unix_time, &date) != nullptr);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[static_cast<std::size_t>(date.tm_wday)], date.tm_mday,
                                   kMonths[static_cast<std::size_t>(date.tm_mon)], date.tm_year + 1900, date.tm_hour,
                                   date.tm_min, date.tm_sec);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace sessiond
