#include "session/session_record.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "session/json_number.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool hasTwice(JsonValue value, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [value](std::string_view name) { return value.memberCount(name) > 1; });
}

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

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
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

CookieAttributes readAttributes(JsonValue cookie) {
  CookieAttributes attributes;
  const bool readable = readText(cookie.member("domain"), attributes.domain) &&
                        readText(cookie.member("path"), attributes.path) &&
                        readSameSite(cookie.member("sameSite"), attributes.same_site) &&
                        readPriority(cookie.member("priority"), attributes.priority);
  if (const std::optional<JsonValue> http_only = cookie.member("httpOnly")) attributes.http_only = isTruthy(http_only);
  attributes.secure = isTruthy(cookie.member("secure"));
  attributes.partitioned = isTruthy(cookie.member("partitioned"));
  SetCookie probe;
  probe.name = "any";
  probe.domain = attributes.domain;
  probe.path = attributes.path;
  attributes.sendable = readable && isValid(probe);
  return attributes;
}

// Express computes the next expiry as new Date(now + originalMaxAge); this leaves `now` until the year 3237.
constexpr double kLongestMaxAge = 8.6e15;

struct Lifetime {
  std::optional<milliseconds> max_age;
  std::optional<seconds> touch_ttl;
  bool refused = false;
};

Lifetime readLifetime(std::optional<JsonValue> original_max_age, seconds idle_timeout) {
  const Lifetime by_default{.max_age = std::nullopt, .touch_ttl = idle_timeout};
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
  if (value <= 0) return {.max_age = std::nullopt, .touch_ttl = std::nullopt, .refused = true};
  if (value > kLongestMaxAge) return {};
  return {.max_age = milliseconds(static_cast<std::int64_t>(value)),
          .touch_ttl = seconds(static_cast<std::int64_t>(std::ceil(value / 1000)))};
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

bool readCookie(JsonValue cookie, seconds idle_timeout, SessionRecord& record, bool& refused) {
  if (hasTwice(cookie,
               {"originalMaxAge", "domain", "path", "httpOnly", "secure", "sameSite", "priority", "partitioned"})) {
    return false;
  }
  const Lifetime lifetime = readLifetime(cookie.member("originalMaxAge"), idle_timeout);
  record.max_age = lifetime.max_age;
  record.touch_ttl = lifetime.touch_ttl;
  record.cookie = readAttributes(cookie);
  refused = lifetime.refused;
  return true;
}

// A time that is there but unreadable is no time that is absent: the absolute timeout must not be got rid of so.
bool readTime(std::optional<JsonValue> value, std::optional<WallTime>& time) {
  if (!value) return true;
  if (value->kind() != JsonKind::kNumber) return false;
  time = toWallTime(value->text());
  return time.has_value();
}

bool readOwnMember(std::optional<JsonValue> own, SessionRecord& record) {
  if (!own) return true;
  return own->kind() == JsonKind::kObject && !hasTwice(*own, {"created", "authenticated", "address"}) &&
         readTime(own->member("created"), record.created) &&
         readTime(own->member("authenticated"), record.authenticated);
}

bool saysNoSession(JsonValue root) {
  return root.kind() == JsonKind::kNull || root.kind() == JsonKind::kFalse ||
         (root.kind() == JsonKind::kString && root.text().empty());
}

}  // namespace

Expected<SessionRecord, RecordError> readSessionRecord(std::string_view json, std::size_t max_bytes,
                                                       seconds idle_timeout) {
  if (json.empty()) return Unexpected(RecordError::kEmpty);
  if (json.size() > max_bytes) return Unexpected(RecordError::kCorrupt);
  Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (!tree) return Unexpected(RecordError::kCorrupt);
  SessionRecord record(std::move(*tree));
  const JsonValue root = record.tree.root();
  if (saysNoSession(root)) return Unexpected(RecordError::kEmpty);
  const std::optional<JsonValue> cookie = root.member("cookie");
  bool refused = false;
  if (!isCookieMember(cookie) || hasTwice(root, {"cookie", "_sd"}) ||
      !readCookie(*cookie, idle_timeout, record, refused) || !readOwnMember(root.member("_sd"), record)) {
    return Unexpected(RecordError::kCorrupt);
  }
  if (refused) return Unexpected(RecordError::kRefused);
  return record;
}

}  // namespace sessiond
