// Finding several members of one object in one walk over it.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "json/json_tree.h"

namespace sessiond {

/// What findMembers found, in the order of the names.
template <std::size_t kCount>
struct JsonMembers {
  std::array<std::optional<JsonValue>, kCount> values;
  bool repeated = false;  ///< one of them comes twice; its value is one of the two
};

/// Nothing, when the value is no object.
template <std::size_t kCount>
JsonMembers<kCount> findMembers(JsonValue object, const std::array<std::string_view, kCount>& names) {
  JsonMembers<kCount> found;
  if (object.kind() != JsonKind::kObject) return found;
  for (const JsonChild& child : object.children()) {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (child.name != names[i]) continue;
      found.repeated = found.repeated || found.values[i].has_value();
      found.values[i] = child.value;
    }
  }
  return found;
}

}  // namespace sessiond
