#include "session/user_id.h"

#include <cstdint>
#include <utility>

#include "base/parse.h"
#include "json/json_duplicates.h"

namespace sessiond {
namespace {

constexpr std::int64_t kMaxSafeInteger = (std::int64_t{1} << 53) - 1;

bool isAnybody(const std::optional<JsonValue>& user) {
  if (!user || user->kind() == JsonKind::kNull || user->kind() == JsonKind::kFalse) return false;
  return user->kind() != JsonKind::kString || !user->text().empty();
}

std::optional<JsonValue> idOf(std::optional<JsonValue> found) {
  if (found && found->kind() == JsonKind::kObject) found = found->member("id");
  if (!found || (found->kind() != JsonKind::kString && found->kind() != JsonKind::kNumber)) return std::nullopt;
  return found;
}

std::optional<JsonValue> idIn(JsonValue user, const SessionSettings& settings) {
  const std::string id_at = settings.userIdAt();
  if (!isAtOrBelow(id_at, settings.user_at)) return std::nullopt;
  return idOf(follow(user, JsonPointer::of(id_at.substr(settings.user_at.size()))));
}

}  // namespace

SessionOwner::SessionOwner(const RecordSettings& settings)
    : user_at_(JsonPointer::of(settings.user_at)), user_id_at_(JsonPointer::of(settings.userIdAt())) {}

std::optional<SessionUser> SessionOwner::find(JsonValue session, bool& ambiguous) const {
  const std::optional<JsonValue> user = follow(session, user_at_, ambiguous);
  if (!isAnybody(user)) return std::nullopt;
  const std::optional<JsonValue> id = idOf(followWhole(session, user_id_at_, ambiguous));
  return SessionUser{*user, id ? std::string(id->text()) : ""};
}

std::optional<SessionUser> SessionOwner::find(JsonValue session) const {
  bool ambiguous = false;
  return find(session, ambiguous);
}

std::string SessionOwner::of(JsonValue session) const {
  std::optional<SessionUser> user = find(session);
  return user ? std::move(user->id) : "";
}

std::string userIdIn(std::string_view user_json, const SessionSettings& settings) {
  const auto tree = JsonTree::parse(user_json);
  const std::optional<JsonValue> id = tree ? idIn(tree->root(), settings) : std::nullopt;
  return id ? std::string(id->text()) : "";
}

bool outlastsJavaScript(std::string_view user_json, const SessionSettings& settings) {
  const auto tree = JsonTree::parse(user_json);
  const std::optional<JsonValue> id = tree ? idIn(tree->root(), settings) : std::nullopt;
  if (!id || id->kind() != JsonKind::kNumber) return true;
  const std::optional<std::int64_t> number = parseInteger<std::int64_t>(id->text());
  // JavaScript writes -0 as 0.
  return number && -kMaxSafeInteger <= *number && *number <= kMaxSafeInteger && std::to_string(*number) == id->text();
}

}  // namespace sessiond
