#include "session/user_id.h"

namespace sessiond {

bool isAnybody(const std::optional<JsonValue>& user) {
  if (!user || user->kind() == JsonKind::kNull || user->kind() == JsonKind::kFalse) return false;
  return user->kind() != JsonKind::kString || !user->text().empty();
}

std::string userIdOf(std::optional<JsonValue> found) {
  if (found && found->kind() == JsonKind::kObject) found = found->member("id");
  if (!found || (found->kind() != JsonKind::kString && found->kind() != JsonKind::kNumber)) return "";
  return std::string(found->text());
}

SessionOwner::SessionOwner(const RecordSettings& settings)
    : user_at_(JsonPointer::of(settings.user_at)), user_id_at_(JsonPointer::of(settings.userIdAt())) {}

std::string SessionOwner::of(JsonValue session) const {
  return isAnybody(follow(session, user_at_)) ? userIdOf(follow(session, user_id_at_)) : "";
}

std::string userIdIn(std::string_view user_json, const SessionSettings& settings) {
  const std::string id_at = settings.userIdAt();
  if (!isAtOrBelow(id_at, settings.user_at)) return "";
  const auto tree = JsonTree::parse(user_json);
  if (!tree) return "";
  return userIdOf(follow(tree->root(), JsonPointer::of(id_at.substr(settings.user_at.size()))));
}

}  // namespace sessiond
