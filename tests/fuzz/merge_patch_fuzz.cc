// A session and a merge patch for it, with a NUL between them: the patch comes from an application, the session from
// whoever may write to Redis. What comes out is held against RFC 7396's own algorithm, on trees instead of text.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "json/json_text.h"
#include "json/json_tree.h"
#include "session/public_view.h"
#include "session/reserved_names.h"
#include "session/session_patch.h"

namespace {

using namespace sessiond;

/// Members by name, the last of a name counts; a value is compact JSON without names that come twice.
std::map<std::string, JsonValue, std::less<>> membersOf(JsonValue object) {
  std::map<std::string, JsonValue, std::less<>> members;
  for (const JsonChild& child : object.children()) members.insert_or_assign(std::string(child.name), child.value);
  return members;
}

/// The value with sorted names, each once; numbers as written.
std::string canonical(JsonValue value) {
  std::string text;
  if (value.isScalar()) {
    appendCompactJson(text, value);
    return text;
  }
  if (value.kind() == JsonKind::kArray) {
    for (const JsonChild& child : value.children()) text += (text.empty() ? "" : ",") + canonical(child.value);
    return "[" + text + "]";
  }
  for (const auto& [name, member] : membersOf(value)) {
    if (!text.empty()) text += ',';
    appendJsonString(text, name);
    text += ":" + canonical(member);
  }
  return "{" + text + "}";
}

/// MergePatch(Target, Patch) of RFC 7396 §2, in the form of canonical().
std::string merged(std::optional<JsonValue> target, JsonValue patch) {
  if (patch.kind() != JsonKind::kObject) return canonical(patch);
  std::map<std::string, std::string, std::less<>> result;
  std::map<std::string, JsonValue, std::less<>> members;
  if (target && target->kind() == JsonKind::kObject) members = membersOf(*target);
  for (const auto& [name, value] : members) result[name] = canonical(value);
  for (const JsonChild& change : patch.children()) {
    const std::string name(change.name);
    if (change.value.kind() == JsonKind::kNull) {
      result.erase(name);
      continue;
    }
    const auto member = members.find(name);
    result[name] = merged(member == members.end() ? std::nullopt : std::optional(member->second), change.value);
  }
  std::string text;
  for (const auto& [name, value] : result) {
    if (!text.empty()) text += ',';
    appendJsonString(text, name);
    text += ":" + value;
  }
  return "{" + text + "}";
}

std::string sourceOf(JsonValue root, std::string_view name) {
  const std::optional<JsonValue> member = root.member(name);
  return member ? std::string(member->source()) : "(none)";
}

void checkResult(std::string_view session, std::string_view patch, const std::string& next) {
  const auto before = JsonTree::parse(session);
  const auto change = JsonTree::parse(patch);
  const auto after = JsonTree::parse(next);
  SESSIOND_CHECK(before.hasValue() && change.hasValue() && after.hasValue());
  SESSIOND_CHECK(canonical(after->root()) == merged(before->root(), change->root()));
  for (const std::string_view own : {"cookie", "_sd"}) {
    SESSIOND_CHECK(sourceOf(after->root(), own) == sourceOf(before->root(), own));
  }
  for (const JsonChild& named : change->root().children()) SESSIOND_CHECK(!isReservedName(named.name));
  const auto again = patchSession(next, *MergePatch::parse(patch));
  SESSIOND_CHECK(again.hasValue() && *again == next);
  SESSIOND_CHECK(publicView(next).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  if (end == std::string_view::npos) return 0;
  const std::string_view session = input.substr(0, end);
  const std::string_view patch = input.substr(end + 1);
  const auto parsed = MergePatch::parse(patch);
  if (!parsed) return 0;
  const Expected<std::string, PatchError> next = patchSession(session, *parsed);
  if (next) {
    SESSIOND_CHECK(isValidUtf8(patch));
    checkResult(session, patch, *next);
  }
  return 0;
}
