#include "session/session_patch.h"

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "json/json_text.h"
#include "session/reserved_names.h"

namespace sessiond {
namespace {

bool namesReserved(JsonValue patch) {
  for (const JsonChild& change : patch.children()) {
    if (isReservedName(change.name)) return true;
  }
  return false;
}

/// What stands there, as JSON; empty when nothing does.
std::string contentAt(JsonValue session, const JsonPointer& place) {
  const std::optional<JsonValue> value = follow(session, place);
  std::string text;
  if (value) appendCompactJson(text, *value);
  return text;
}

bool changesAny(const std::vector<JsonPointer>& places, JsonValue session, JsonValue next) {
  return std::ranges::any_of(
      places, [&](const JsonPointer& place) { return contentAt(session, place) != contentAt(next, place); });
}

}  // namespace

Expected<std::string, PatchError> patchSession(std::string_view session_json, const MergePatch& patch,
                                               const std::vector<JsonPointer>& read_only) {
  if (namesReserved(patch.root())) return Unexpected(PatchError::kReservedName);
  const Expected<JsonTree, JsonError> session = JsonTree::parse(session_json);
  if (!session || session->root().kind() != JsonKind::kObject) return Unexpected(PatchError::kCorruptSession);
  std::string next = patch.appliedTo(session->root());
  if (!read_only.empty()) {
    const Expected<JsonTree, JsonError> tree = JsonTree::parse(next);
    SESSIOND_CHECK(tree.hasValue());
    if (changesAny(read_only, session->root(), tree->root())) return Unexpected(PatchError::kReadOnly);
  }
  return next;
}

std::vector<JsonPointer> decidingPlaces(const ExtractionRules& rules) {
  std::vector<JsonPointer> places = {JsonPointer::of(rules.user_at), JsonPointer::of(rules.userIdAt()),
                                     JsonPointer::of(rules.roles_at)};
  for (const IdentityHeader& header : rules.identity) places.push_back(JsonPointer::of(header.from));
  for (const SessionPolicy& policy : rules.policies) {
    for (const auto& [place, value] : policy.match) places.push_back(JsonPointer::of(place));
  }
  return places;
}

}  // namespace sessiond
