#include "json/merge_patch.h"

#include <optional>
#include <unordered_map>
#include <utility>

#include "base/encoding.h"
#include "json/json_duplicates.h"

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

}  // namespace

Expected<MergePatch, MergePatchError> MergePatch::parse(std::string_view json) {
  if (!isValidUtf8(json)) return Unexpected(MergePatchError::kMalformed);
  Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (!tree) {
    return Unexpected(tree.error() == JsonError::kTooDeep ? MergePatchError::kTooDeep : MergePatchError::kMalformed);
  }
  if (tree->root().kind() != JsonKind::kObject) return Unexpected(MergePatchError::kNotAnObject);
  if (hasDuplicateNames(tree->root())) return Unexpected(MergePatchError::kDuplicateName);
  return MergePatch(*std::move(tree));
}

std::string MergePatch::appliedTo(JsonValue target) const {
  std::string next;
  next.reserve(target.source().size() + root().source().size());
  merge(target, root(), next);
  return next;
}

}  // namespace sessiond
