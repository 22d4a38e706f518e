#include "session/merge_patch.h"

#include <optional>
#include <unordered_map>

#include "base/encoding.h"
#include "json/json_duplicates.h"
#include "json/json_tree.h"
#include "session/reserved_names.h"

namespace sessiond {
namespace {

class MemberWriter {
 public:
  explicit MemberWriter(std::string& out) : out_(out) { out_ += '{'; }
  void name(std::string_view name_source) {
    if (!first_) out_ += ',';
    first_ = false;
    out_.append(name_source).append(":");
  }
  void member(const JsonChild& child) {
    name(child.name_source);
    out_ += child.value.source();
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

// MergePatch of RFC 7396 §2 for a patch that is an object; `target` is absent or no object: it counts as {}. Recurses
// once for each level of the patch, of which JsonTree allows 64.
void merge(std::optional<JsonValue> target, JsonValue patch, std::string& out);

void writePatched(MemberWriter& writer, std::string_view name_source, std::optional<JsonValue> target, JsonValue patch,
                  std::string& out) {
  if (patch.kind() == JsonKind::kNull) return;
  writer.name(name_source);
  if (patch.kind() == JsonKind::kObject) {
    merge(target, patch, out);
  } else {
    out += patch.source();
  }
}

void merge(std::optional<JsonValue> target, JsonValue patch, std::string& out) {
  std::unordered_map<std::string_view, JsonValue> changes;
  for (const JsonChild& change : patch.children()) changes.emplace(change.name, change.value);
  // Of a name that comes twice the last value counts, at the first one's place, as in JavaScript.
  std::unordered_map<std::string_view, JsonValue> changed;
  const bool has_members = target && target->kind() == JsonKind::kObject;
  if (has_members) {
    for (const JsonChild& child : target->children()) {
      if (changes.contains(child.name)) changed.insert_or_assign(child.name, child.value);
    }
  }
  MemberWriter writer(out);
  std::unordered_map<std::string_view, JsonValue> pending = changed;
  if (has_members) {
    for (const JsonChild& child : target->children()) {
      const auto change = changes.find(child.name);
      if (change == changes.end()) {
        writer.member(child);
      } else if (pending.erase(child.name) == 1) {
        writePatched(writer, child.name_source, changed.at(child.name), change->second, out);
      }
    }
  }
  for (const JsonChild& change : patch.children()) {
    if (!changed.contains(change.name)) writePatched(writer, change.name_source, std::nullopt, change.value, out);
  }
  writer.close();
}

std::optional<PatchError> check(const Expected<JsonTree, JsonError>& patch) {
  if (!patch) return patch.error() == JsonError::kTooDeep ? PatchError::kTooDeep : PatchError::kMalformed;
  if (patch->root().kind() != JsonKind::kObject) return PatchError::kNotAnObject;
  for (const JsonChild& change : patch->root().children()) {
    if (isReservedName(change.name)) return PatchError::kReservedName;
  }
  if (hasDuplicateNames(patch->root())) return PatchError::kDuplicateName;
  return std::nullopt;
}

}  // namespace

Expected<std::string, PatchError> applyMergePatch(std::string_view session_json, std::string_view patch_json) {
  if (!isValidUtf8(patch_json)) return Unexpected(PatchError::kMalformed);
  const Expected<JsonTree, JsonError> patch = JsonTree::parse(patch_json);
  if (const std::optional<PatchError> error = check(patch)) return Unexpected(*error);
  const Expected<JsonTree, JsonError> session = JsonTree::parse(session_json);
  if (!session || session->root().kind() != JsonKind::kObject) return Unexpected(PatchError::kCorruptSession);
  std::string next;
  next.reserve(session_json.size() + patch_json.size());
  merge(session->root(), patch->root(), next);
  return next;
}

}  // namespace sessiond
