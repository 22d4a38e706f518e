#include "session/public_view.h"

#include "json/json_tree.h"

namespace sessiond {

std::optional<std::string> publicView(std::string_view session_json) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(session_json);
  if (!tree || tree->root().kind() != JsonKind::kObject) return std::nullopt;
  std::string view = "{";
  for (const JsonChild& child : tree->root().children()) {
    if (child.name == "cookie" || child.name == "_sd") continue;
    if (view.size() > 1) view += ',';
    view.append(child.name_source).append(":").append(child.value.source());
  }
  return view + "}";
}

}  // namespace sessiond
