#include "endpoints/visitor.h"

#include <optional>

#include "json/json_pointer.h"
#include "json/json_tree.h"
#include "session/user_id.h"

namespace sessiond {
namespace {

std::string textOf(JsonValue user, std::string_view name) {
  const std::optional<JsonValue> member = user.member(name);
  if (!member || (member->kind() != JsonKind::kString && member->kind() != JsonKind::kNumber)) return "";
  return std::string(member->text());
}

}  // namespace

std::optional<Visitor> visitorIn(const SessionRecord& session, const JsonPointer& user_at) {
  const std::optional<JsonValue> user = follow(session.tree.root(), user_at);
  if (!isAnybody(user)) return std::nullopt;
  const std::string login(session.login);
  if (user->isScalar()) return Visitor{.name = std::string(user->text()), .login = login};
  const std::string name = textOf(*user, "name");
  return Visitor{.name = name.empty() ? textOf(*user, "id") : name, .login = login};
}

Expected<Visitor, CheckStatus> findVisitor(const SessionFinder& finder, const Request& request,
                                           const JsonPointer& user_at) {
  const Expected<OpenSession, CheckStatus> session = finder.find(request);
  if (!session) return Unexpected(session.error());
  const Expected<SessionRecord, CheckStatus> record = finder.read(*session);
  if (!record) return Unexpected(CheckStatus::kCorrupt);
  std::optional<Visitor> visitor = visitorIn(*record, user_at);
  if (!visitor) return Unexpected(CheckStatus::kAnonymous);
  return *std::move(visitor);
}

}  // namespace sessiond
