#include "json/json_duplicates.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace sessiond {
namespace {

bool namesRepeat(JsonValue object, std::vector<std::string_view>& names) {
  names.clear();
  for (const JsonChild& child : object.children()) names.push_back(child.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

bool hasDuplicateNames(JsonValue value) {
  std::vector<std::string_view> names;
  std::vector<JsonValue> waiting = {value};
  while (!waiting.empty()) {
    const JsonValue next = waiting.back();
    waiting.pop_back();
    if (next.isScalar()) continue;
    if (next.kind() == JsonKind::kObject && namesRepeat(next, names)) return true;
    for (const JsonChild& child : next.children()) {
      if (!child.value.isScalar()) waiting.push_back(child.value);
    }
  }
  return false;
}

std::optional<JsonValue> followWhole(JsonValue root, const JsonPointer& pointer, bool& ambiguous) {
  const std::optional<JsonValue> value = follow(root, pointer, ambiguous);
  if (value && !value->isScalar() && hasDuplicateNames(*value)) ambiguous = true;
  return value;
}

}  // namespace sessiond
