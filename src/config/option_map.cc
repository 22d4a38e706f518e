#include "config/option_map.h"

#include <optional>
#include <vector>

#include "config/name_suggestion.h"

namespace sessiond {

void forEachEntry(
    const OptionValue& value,
    const std::function<void(const std::string& name, YamlPlace name_place, const OptionValue& entry)>& entry) {
  const YamlNode& node = value.node;
  if (node.kind == YamlKind::kBroken) return;
  if (node.kind != YamlKind::kMap) {
    return value.refuse(node.kind == YamlKind::kNull ? "must be a map but is empty; write {} for an empty one"
                                                     : "must be a map but is " + describeNode(node));
  }
  for (const YamlEntry& member : node.entries) {
    const std::string path = value.path + "." + member.key;
    value.report.remember(path, member.value.place);
    entry(member.key, member.place, OptionValue{member.value, path, value.report});
  }
}

void reportUnknownMember(const OptionValue& entry, YamlPlace name_place, const std::string& name,
                         std::span<const std::string_view> known) {
  const std::optional<std::string> meant = nearestName(name, std::vector<std::string>(known.begin(), known.end()));
  entry.report.error(name_place, entry.path,
                     "unknown option; " + (meant ? "did you mean " + *meant + "?" : "must be " + oneOf(known)));
}

}  // namespace sessiond
