#include "session/stored_cookie.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "json/json_members.h"
#include "json/json_number.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

// JavaScript's ToBoolean.
bool isTruthy(JsonValue value) {
  switch (value.kind()) {
    case JsonKind::kNull:
    case JsonKind::kFalse:
      return false;
    case JsonKind::kNumber:
      return numberValue(value.text()) != 0;
    case JsonKind::kString:
      return !value.text().empty();
    case JsonKind::kTrue:
    case JsonKind::kObject:
    case JsonKind::kArray:
      return true;
  }
  return true;
}

bool isTruthy(std::optional<JsonValue> value) {
  return value && isTruthy(*value);
}

// npm's `cookie` skips an attribute that is falsy and throws on one that it does not know: then Express sends no
// cookie. The readers return false for that.

bool readText(std::optional<JsonValue> value, std::string& text) {
  if (!value) return true;
  text.clear();
  if (!isTruthy(value)) return true;
  if (value->kind() != JsonKind::kString) return false;
  text = value->text();
  return true;
}

bool readSameSite(std::optional<JsonValue> value, SameSite& same_site) {
  if (!isTruthy(value)) return true;
  if (value->kind() != JsonKind::kString && value->kind() != JsonKind::kTrue) return false;
  const std::string word = lowerCase(value->text());
  if (word == "lax") {
    same_site = SameSite::kLax;
  } else if (word == "strict" || value->kind() == JsonKind::kTrue) {
    same_site = SameSite::kStrict;
  } else if (word == "none") {
    same_site = SameSite::kNone;
  } else {
    return false;
  }
  return true;
}

bool readPriority(std::optional<JsonValue> value, CookiePriority& priority) {
  if (!isTruthy(value)) return true;
  if (value->kind() != JsonKind::kString) return false;
  const std::string word = lowerCase(value->text());
  if (word == "low") {
    priority = CookiePriority::kLow;
  } else if (word == "medium") {
    priority = CookiePriority::kMedium;
  } else if (word == "high") {
    priority = CookiePriority::kHigh;
  } else {
    return false;
  }
  return true;
}

// What a Set-Cookie line can carry; npm's `cookie` has no such limits, RFC 1035 §2.3.4 has the first.
constexpr std::size_t kMaxDomainBytes = 255;
constexpr std::size_t kMaxPathBytes = 1024;

bool canBeSent(const CookieAttributes& attributes) {
  if (attributes.domain.size() > kMaxDomainBytes || attributes.path.size() > kMaxPathBytes) return false;
  SetCookie probe;
  probe.name = "any";
  probe.domain = attributes.domain;
  probe.path = attributes.path;
  return isValid(probe);
}

enum Member : std::size_t { kMaxAge, kDomain, kPath, kHttpOnly, kSecure, kSameSite, kPriority, kPartitioned };
constexpr auto kMembers = std::to_array<std::string_view>(
    {"originalMaxAge", "domain", "path", "httpOnly", "secure", "sameSite", "priority", "partitioned"});
static_assert(kMembers.size() == kPartitioned + 1);
using Members = JsonMembers<kMembers.size()>;

CookieAttributes readAttributes(const Members& members) {
  CookieAttributes attributes;
  const bool readable = readText(members.values[kDomain], attributes.domain) &&
                        readText(members.values[kPath], attributes.path) &&
                        readSameSite(members.values[kSameSite], attributes.same_site) &&
                        readPriority(members.values[kPriority], attributes.priority);
  if (!readable || !canBeSent(attributes)) {
    CookieAttributes unsendable;
    unsendable.sendable = false;
    return unsendable;
  }
  if (members.values[kHttpOnly]) attributes.http_only = isTruthy(members.values[kHttpOnly]);
  attributes.secure = isTruthy(members.values[kSecure]);
  attributes.partitioned = isTruthy(members.values[kPartitioned]);
  return attributes;
}

// Express computes the next expiry as new Date(now + originalMaxAge); this leaves `now` until the year 3237.
constexpr double kLongestMaxAge = 8.6e15;

// All but the attributes.
StoredCookie readLifetime(std::optional<JsonValue> original_max_age, seconds idle_timeout) {
  StoredCookie by_default;
  by_default.touch_ttl = idle_timeout;
  if (!original_max_age) return by_default;
  switch (original_max_age->kind()) {
    case JsonKind::kNull:
    case JsonKind::kFalse:
      return by_default;
    case JsonKind::kTrue:
    case JsonKind::kString:
    case JsonKind::kObject:
    case JsonKind::kArray:
      return {};
    case JsonKind::kNumber:
      break;
  }
  const double value = numberValue(original_max_age->text());
  StoredCookie stored;
  stored.refused = value <= 0;
  if (value <= 0 || value > kLongestMaxAge) return stored;
  stored.max_age = milliseconds(static_cast<std::int64_t>(value));
  stored.touch_ttl = seconds(static_cast<std::int64_t>(std::ceil(value / 1000)));
  return stored;
}

// Express fails on `cookie` being null, missing, true or a number but 0, and takes the rest; a string is refused here
// although Express takes "" for an empty object.
bool isCookieMember(std::optional<JsonValue> cookie) {
  if (!cookie) return false;
  switch (cookie->kind()) {
    case JsonKind::kObject:
    case JsonKind::kArray:
    case JsonKind::kFalse:
      return true;
    case JsonKind::kNumber:
      return !isTruthy(*cookie);
    case JsonKind::kNull:
    case JsonKind::kTrue:
    case JsonKind::kString:
      return false;
  }
  return false;
}

}  // namespace

Expected<StoredCookie, RecordDamage> readStoredCookie(std::optional<JsonValue> cookie, seconds idle_timeout) {
  if (!isCookieMember(cookie)) return Unexpected(RecordDamage::kNoCookie);
  const Members members = findMembers(*cookie, kMembers);
  if (members.repeated) return Unexpected(RecordDamage::kRepeatedName);
  StoredCookie stored = readLifetime(members.values[kMaxAge], idle_timeout);
  stored.attributes = readAttributes(members);
  return stored;
}

}  // namespace sessiond
