#include "endpoints/visitor.h"

#include <string_view>
#include <utility>

#include "json/json_tree.h"
#include "session/session_record.h"

namespace sessiond {
namespace {

std::string textOf(JsonValue user, std::string_view name) {
  const std::optional<JsonValue> member = user.member(name);
  if (!member || (member->kind() != JsonKind::kString && member->kind() != JsonKind::kNumber)) return "";
  return std::string(member->text());
}

std::string nameOf(JsonValue user) {
  if (user.isScalar()) return std::string(user.text());
  const std::string name = textOf(user, "name");
  return name.empty() ? textOf(user, "id") : name;
}

}  // namespace

VisitorFinder::VisitorFinder(const SessionFinder& finder, const RecordSettings& settings)
    : finder_(finder), owner_(settings) {}

Expected<Visitor, CheckStatus> VisitorFinder::find(const Request& request) const {
  const Expected<OpenSession, CheckStatus> session = finder_.find(request);
  if (!session) return Unexpected(session.error());
  const Expected<SessionRecord, CheckStatus> record = finder_.read(*session);
  if (!record) return Unexpected(CheckStatus::kCorrupt);
  std::optional<SessionUser> user = owner_.find(record->tree.root());
  if (!user) return Unexpected(CheckStatus::kAnonymous);
  return Visitor{.session = session->id,
                 .name = nameOf(user->value),
                 .login = std::string(record->login),
                 .user_id = std::move(user->id),
                 .authenticated = record->authenticated};
}

}  // namespace sessiond
