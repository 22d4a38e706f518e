#include "session/new_session.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <vector>

#include "base/check.h"
#include "json/json_pointer.h"
#include "json/json_text.h"

namespace sessiond {
namespace {

void appendTextMember(std::string& json, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  json.append(",\"").append(name).append("\":");
  appendJsonString(json, text);
}

// The order is that of express-session's Cookie.data; what is undefined there is not written.
std::string composeCookie(const NewSessionCookie& cookie) {
  std::string json = "{\"originalMaxAge\":";
  json += cookie.original_max_age ? std::to_string(cookie.original_max_age->count()) : "null";
  if (cookie.partitioned) json += ",\"partitioned\":true";
  if (cookie.priority != CookiePriority::kUnset) appendTextMember(json, "priority", wordOf(cookie.priority));
  json += ",\"expires\":";
  json += cookie.expires ? "\"" + formatIsoTime(*cookie.expires) + "\"" : "null";
  json.append(",\"secure\":").append(cookie.secure ? "true" : "false");
  json.append(",\"httpOnly\":").append(cookie.http_only ? "true" : "false");
  appendTextMember(json, "domain", cookie.domain);
  appendTextMember(json, "path", cookie.path);
  if (cookie.same_site != SameSite::kUnset) appendTextMember(json, "sameSite", wordOf(cookie.same_site));
  return json + "}";
}

// `"passport":{"user":<user_json>}` for /passport/user.
std::string composeUser(std::string_view user_at, std::string_view user_json) {
  const std::optional<JsonPointer> pointer = JsonPointer::parse(user_at);
  SESSIOND_CHECK(pointer && !pointer->tokens().empty());
  const std::vector<std::string>& tokens = pointer->tokens();
  SESSIOND_CHECK(tokens.front() != "cookie" && tokens.front() != "_sd");
  std::string json;
  for (const std::string& token : tokens) {
    if (!json.empty()) json += '{';
    appendJsonString(json, token);
    json += ':';
  }
  json += user_json;
  return json.append(tokens.size() - 1, '}');
}

}  // namespace

std::string composeSession(const NewSessionCookie& cookie, std::string_view user_json, const LoginRecord& record,
                           std::string_view user_at) {
  const std::string created_text = std::to_string(record.created.time_since_epoch().count());
  std::string json = "{\"cookie\":" + composeCookie(cookie) + "," + composeUser(user_at, user_json);
  json += ",\"_sd\":{\"created\":" + created_text + ",\"authenticated\":" + created_text + ",\"address\":";
  appendJsonString(json, record.address);
  appendTextMember(json, "auth", record.auth);
  appendTextMember(json, "program", record.program);
  json += ",\"login\":";
  appendJsonString(json, record.login);
  appendTextMember(json, "user", record.user_id);
  if (record.epoch > 0) json += ",\"epoch\":" + std::to_string(record.epoch);
  return json + "}}";
}

std::string formatIsoTime(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t unix_time = whole.time_since_epoch().count();
  std::tm date{};
  SESSIOND_CHECK(gmtime_r(&unix_time, &date) != nullptr);
  const int year = date.tm_year + 1900;
  std::array<char, 64> text{};
  // ECMAScript §21.4.1.32: years beyond four digits have a sign and six.
  const int length = std::snprintf(text.data(), text.size(), "%s%0*d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                                   year > 9999 ? "+" : "", year > 9999 ? 6 : 4, year, date.tm_mon + 1, date.tm_mday,
                                   date.tm_hour, date.tm_min, date.tm_sec, static_cast<int>((time - whole).count()));
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace sessiond
