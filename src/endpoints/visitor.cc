#include "endpoints/visitor.h"

#include <optional>

#include "json/json_pointer.h"
#include "json/json_tree.h"

namespace sessiond {
namespace {

/// What a login page has typed in already (`_sd.login`).
std::string loginOf(JsonValue session) {
  const std::optional<JsonValue> own = session.member("_sd");
  const std::optional<JsonValue> login = own ? own->member("login") : std::nullopt;
  return login && login->kind() == JsonKind::kString ? std::string(login->text()) : "";
}

std::string textOf(JsonValue user, std::string_view name) {
  const std::optional<JsonValue> member = user.member(name);
  if (!member || (member->kind() != JsonKind::kString && member->kind() != JsonKind::kNumber)) return "";
  return std::string(member->text());
}

bool isNobody(JsonValue user) {
  return user.kind() == JsonKind::kNull || user.kind() == JsonKind::kFalse ||
         (user.kind() == JsonKind::kString && user.text().empty());
}

}  // namespace

std::optional<Visitor> visitorIn(JsonValue session, const JsonPointer& user_at) {
  const std::optional<JsonValue> user = follow(session, user_at);
  if (!user || isNobody(*user)) return std::nullopt;
  const std::string login = loginOf(session);
  if (user->isScalar()) return Visitor{.name = std::string(user->text()), .login = login};
  const std::string name = textOf(*user, "name");
  return Visitor{.name = name.empty() ? textOf(*user, "id") : name, .login = login};
}

Expected<Visitor, CheckStatus> findVisitor(const SessionFinder& finder, const Request& request,
                                           const JsonPointer& user_at) {
  const Expected<OpenSession, CheckStatus> session = finder.find(request);
  if (!session) return Unexpected(session.error());
  const auto tree = JsonTree::parse(session->json);
  if (!tree) return Unexpected(CheckStatus::kCorrupt);
  std::optional<Visitor> visitor = visitorIn(tree->root(), user_at);
  if (!visitor) return Unexpected(CheckStatus::kAnonymous);
  return *std::move(visitor);
}

}  // namespace sessiond
