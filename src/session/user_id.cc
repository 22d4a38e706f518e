#include "session/user_id.h"

namespace sessiond {

std::string userIdOf(std::optional<JsonValue> found) {
  if (found && found->kind() == JsonKind::kObject) found = found->member("id");
  if (!found || (found->kind() != JsonKind::kString && found->kind() != JsonKind::kNumber)) return "";
  return std::string(found->text());
}

}  // namespace sessiond
