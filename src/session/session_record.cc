#include "session/session_record.h"

#include <array>
#include <charconv>
#include <utility>

#include "json/json_members.h"
#include "json/json_number.h"

namespace sessiond {
namespace {

// A time that is there but unreadable is no time that is absent: the absolute timeout must not be got rid of so.
bool readTime(std::optional<JsonValue> value, std::optional<WallTime>& time) {
  if (!value) return true;
  if (value->kind() != JsonKind::kNumber) return false;
  time = toWallTime(value->text());
  return time.has_value();
}

// What another authenticator has written means nothing here.
bool readAuth(std::optional<JsonValue> value, std::uint64_t& tag) {
  constexpr std::string_view kPrefix = "htpasswd:";
  if (!value) return true;
  if (value->kind() != JsonKind::kString) return false;
  std::string_view text = value->text();
  if (!text.starts_with(kPrefix)) return true;
  text.remove_prefix(kPrefix.size());
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, tag, 16);
  return text.size() == 16 && error == std::errc() && stop == end && tag != 0;
}

bool readOwnMember(std::optional<JsonValue> own, SessionRecord& record) {
  static constexpr std::array<std::string_view, 6> kNames = {"created", "authenticated", "address",
                                                             "program", "login",         "auth"};
  if (!own) return true;
  if (own->kind() != JsonKind::kObject) return false;
  const JsonMembers<kNames.size()> members = findMembers(*own, kNames);
  return !members.repeated && readTime(members.values[0], record.created) &&
         readTime(members.values[1], record.authenticated) && readAuth(members.values[5], record.password_tag);
}

bool saysNoSession(JsonValue root) {
  return root.kind() == JsonKind::kNull || root.kind() == JsonKind::kFalse ||
         (root.kind() == JsonKind::kString && root.text().empty());
}

}  // namespace

Expected<SessionRecord, CheckStatus> readSessionRecord(std::string_view json, std::size_t max_bytes,
                                                       std::chrono::seconds idle_timeout) {
  static constexpr std::array<std::string_view, 2> kNames = {"cookie", "_sd"};
  if (json.empty()) return Unexpected(CheckStatus::kUnknown);
  if (json.size() > max_bytes) return Unexpected(CheckStatus::kCorrupt);
  Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (!tree) return Unexpected(CheckStatus::kCorrupt);
  SessionRecord record(std::move(*tree));
  if (saysNoSession(record.tree.root())) return Unexpected(CheckStatus::kUnknown);
  const JsonMembers<kNames.size()> members = findMembers(record.tree.root(), kNames);
  std::optional<StoredCookie> cookie = readStoredCookie(members.values[0], idle_timeout);
  if (!cookie || members.repeated || !readOwnMember(members.values[1], record)) {
    return Unexpected(CheckStatus::kCorrupt);
  }
  if (cookie->refused) return Unexpected(CheckStatus::kExpired);
  record.cookie = std::move(*cookie);
  return record;
}

}  // namespace sessiond
