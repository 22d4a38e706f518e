#include "session/session_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/parse.h"
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
bool readAuth(std::optional<JsonValue> value, SessionRecord& record) {
  if (!value) return true;
  if (value->kind() != JsonKind::kString) return false;
  const std::string_view text = value->text();
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view keeper = text.substr(0, colon);
  if (keeper == "htpasswd") record.keeper = UserKeeper::kFile;
  if (keeper == "redis") record.keeper = UserKeeper::kStore;
  if (record.keeper == UserKeeper::kNobody) return true;
  const std::string_view digits = text.substr(std::min(colon + 1, text.size()));
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, record.password_tag, 16);
  return digits.size() == 16 && error == std::errc() && stop == end && record.password_tag != 0;
}

// Like a time, it must not be got rid of by being unreadable.
bool readEpoch(std::optional<JsonValue> value, std::uint32_t& epoch) {
  epoch = 0;
  if (!value) return true;
  const bool is_number = value->kind() == JsonKind::kNumber;
  const auto number = is_number ? parseInteger<std::uint32_t>(value->text()) : std::nullopt;
  epoch = number.value_or(0);
  return number && *number <= LoginEpoch::kMost;
}

// Neither must whose login it was.
bool readUser(std::optional<JsonValue> value, std::optional<std::string_view>& user_id) {
  if (!value) return true;
  if (value->kind() != JsonKind::kString) return false;
  user_id = value->text();
  return true;
}

enum Own : std::size_t { kCreated, kAuthenticated, kAddress, kProgram, kLogin, kAuth, kEpoch, kUser };
constexpr auto kOwnNames = std::to_array<std::string_view>(
    {"created", "authenticated", "address", "program", "login", "auth", "epoch", "user"});
static_assert(kOwnNames.size() == kUser + 1);

Expected<void, RecordDamage> readOwnMember(std::optional<JsonValue> own, SessionRecord& record) {
  if (!own) return {};
  if (own->kind() != JsonKind::kObject) return Unexpected(RecordDamage::kForeignOwn);
  const JsonMembers<kOwnNames.size()> members = findMembers(*own, kOwnNames);
  const std::optional<JsonValue>& login = members.values[kLogin];
  if (login && login->kind() == JsonKind::kString) record.login = login->text();
  if (members.repeated) return Unexpected(RecordDamage::kRepeatedName);
  const bool is_ours = readTime(members.values[kCreated], record.created) &&
                       readTime(members.values[kAuthenticated], record.authenticated) &&
                       readAuth(members.values[kAuth], record) && readEpoch(members.values[kEpoch], record.epoch) &&
                       readUser(members.values[kUser], record.user_id);
  if (!is_ours) return Unexpected(RecordDamage::kForeignOwn);
  return {};
}

bool saysNoSession(JsonValue root) {
  return root.kind() == JsonKind::kNull || root.kind() == JsonKind::kFalse ||
         (root.kind() == JsonKind::kString && root.text().empty());
}

RecordDamage damageOf(JsonError error) {
  switch (error) {
    case JsonError::kMalformed:
      return RecordDamage::kNoJson;
    case JsonError::kTooDeep:
      return RecordDamage::kTooDeep;
    case JsonError::kTooLarge:
      return RecordDamage::kTooLarge;
  }
  return RecordDamage::kNoJson;
}

Unexpected<NoRecord> corrupt(RecordDamage damage) {
  return Unexpected(NoRecord{.status = CheckStatus::kCorrupt, .damage = damage});
}

}  // namespace

Expected<SessionRecord, NoRecord> readSessionRecord(std::string_view json, std::size_t max_bytes,
                                                    std::chrono::seconds idle_timeout) {
  static constexpr std::array<std::string_view, 2> kNames = {"cookie", "_sd"};
  if (json.empty()) return Unexpected(NoRecord{CheckStatus::kUnknown});
  if (json.size() > max_bytes) return corrupt(RecordDamage::kTooLarge);
  Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (!tree) return corrupt(damageOf(tree.error()));
  SessionRecord record(std::move(*tree));
  if (saysNoSession(record.tree.root())) return Unexpected(NoRecord{CheckStatus::kUnknown});
  const JsonMembers<kNames.size()> members = findMembers(record.tree.root(), kNames);
  if (members.repeated) return corrupt(RecordDamage::kRepeatedName);
  Expected<StoredCookie, RecordDamage> cookie = readStoredCookie(members.values[0], idle_timeout);
  if (!cookie) return corrupt(cookie.error());
  if (const auto own = readOwnMember(members.values[1], record); !own) return corrupt(own.error());
  if (cookie->refused) return Unexpected(NoRecord{CheckStatus::kExpired});
  record.cookie = std::move(*cookie);
  return record;
}

void dropLoginOfAnother(SessionRecord& record, std::string_view user_id) {
  if (!record.user_id || *record.user_id == user_id) return;
  record.authenticated.reset();
  if (user_id.empty()) return;
  record.keeper = UserKeeper::kNobody;
  record.password_tag = 0;
  record.login = {};
}

}  // namespace sessiond
