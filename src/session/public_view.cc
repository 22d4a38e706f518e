#include "session/public_view.h"

#include <cstddef>
#include <unordered_map>

#include "json/json_tree.h"
#include "session/reserved_names.h"

namespace sessiond {

std::optional<std::string> publicView(std::string_view session_json) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(session_json);
  if (!tree || tree->root().kind() != JsonKind::kObject) return std::nullopt;
  std::unordered_map<std::string_view, std::size_t> last;
  std::size_t place = 0;
  for (const JsonChild& child : tree->root().children()) last[child.name] = place++;
  std::string view = "{";
  place = 0;
  for (const JsonChild& child : tree->root().children()) {
    if (last[child.name] != place++ || isReservedName(child.name)) continue;
    if (view.size() > 1) view += ',';
    view.append(child.name_source).append(":").append(child.value.source());
  }
  return view + "}";
}

}  // namespace sessiond
