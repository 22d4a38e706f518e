#include "config/config_schema.h"

#include <vector>

#include "config/options.h"
#include "json/json_text.h"

namespace sessiond {
namespace {

std::string ofType(std::string_view type, std::string_view more = {}) {
  std::string schema = R"({"type":)";
  appendJsonString(schema, type);
  return schema.append(more).append("}");
}

std::string jsonText(std::string_view text) {
  std::string json;
  appendJsonString(json, text);
  return json;
}

/// Sections and options by name, in the order of the table.
struct Section {
  std::string name;
  std::vector<Section> sections;
  std::string option;  ///< the schema, if it is one

  Section& at(std::string_view wanted) {
    for (Section& below : sections) {
      if (below.name == wanted) return below;
    }
    return sections.emplace_back(Section{.name = std::string(wanted), .sections = {}, .option = {}});
  }
};

std::string render(const Section& section) {
  if (!section.option.empty()) return section.option;
  std::string members;
  for (const Section& below : section.sections) {
    if (!members.empty()) members += ',';
    members.append(jsonText(below.name)).append(":").append(render(below));
  }
  return R"({"type":"object","additionalProperties":false,"properties":{)" + members + "}}";
}

}  // namespace

std::string schemaOfFlag() {
  return ofType("boolean");
}

std::string schemaOfNumber(std::uint64_t least, std::uint64_t most) {
  return ofType("integer", R"(,"minimum":)" + std::to_string(least) + R"(,"maximum":)" + std::to_string(most));
}

std::string schemaOfSize() {
  return R"({"type":["integer","string"],"minimum":0,"pattern":"^[0-9]+[km]?$"})";
}

std::string schemaOfDuration() {
  return ofType("string", R"(,"pattern":"^[0-9]+(ms|s|m|h|d)$")");
}

std::string schemaOfFileMode() {
  return ofType("string", R"(,"pattern":"^0?[0-7]{3}$")");
}

std::string schemaOfText() {
  return R"({"type":["string","number","boolean"]})";
}

std::string schemaOfText(std::size_t shortest, std::size_t longest) {
  return R"({"type":["string","number","boolean"],"minLength":)" + std::to_string(shortest) + R"(,"maxLength":)" +
         std::to_string(longest) + "}";
}

std::string schemaOfPath() {
  return ofType("string", R"-(,"pattern":"^(/|$)")-");
}

std::string schemaOfTexts() {
  return ofType("array", R"(,"uniqueItems":true,"items":)" + schemaOfText());
}

std::string schemaOfTexts(std::size_t fewest, std::size_t most) {
  return ofType("array", R"(,"uniqueItems":true,"items":)" + schemaOfText() + R"(,"minItems":)" +
                             std::to_string(fewest) + R"(,"maxItems":)" + std::to_string(most));
}

std::string schemaOfChoice(std::span<const std::string_view> words) {
  std::string list;
  for (const std::string_view word : words) list.append(list.empty() ? "" : ",").append(jsonText(word));
  return R"({"enum":[)" + list + "]}";
}

std::string schemaOfEither(std::initializer_list<std::string> schemas) {
  std::string list;
  for (const std::string& schema : schemas) list.append(list.empty() ? "" : ",").append(schema);
  return R"({"anyOf":[)" + list + "]}";
}

std::string schemaOfMembers(std::initializer_list<std::pair<std::string_view, std::string>> members,
                            std::string_view required) {
  std::string list;
  for (const auto& [name, schema] : members)
    list.append(list.empty() ? "" : ",").append(jsonText(name)).append(":").append(schema);
  std::string schema = R"({"type":"object","additionalProperties":false,"properties":{)" + list + "}";
  if (!required.empty()) schema += R"(,"required":[)" + jsonText(required) + "]";
  return schema + "}";
}

std::string schemaOfMap(const std::string& entry, const std::string& name) {
  const std::string names = name.empty() ? "" : R"(,"propertyNames":)" + name;
  return ofType("object", R"(,"additionalProperties":)" + entry + names);
}

std::string configSchema() {
  Section top;
  for (const Option& option : allOptions()) {
    Section* place = &top;
    std::string_view path = option.path;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
      place = &place->at(path.substr(0, dot));
      path.remove_prefix(dot + 1);
    }
    place->at(path).option = option.schema;
  }
  std::string schema = render(top);
  schema.insert(1, R"("$schema":"https://json-schema.org/draft/2020-12/schema","title":"sessiond.yaml",)");
  return schema;
}

}  // namespace sessiond
