#include "config/config_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "config/config_validator.h"
#include "config/options.h"
#include "config/unknown_option.h"
#include "redis/redis_address.h"
#include "yaml/yaml_tree.h"

namespace sessiond {
namespace {

void readSection(const YamlNode& section, const std::string& section_path, ConfigDraft& draft);

void readEntry(const YamlEntry& entry, const std::string& section_path, ConfigDraft& draft) {
  const std::string path = section_path.empty() ? entry.key : section_path + "." + entry.key;
  const YamlNode& node = entry.value;
  if (entry.key.find('.') != std::string::npos) {
    // As a second name of an option it would be read beside the first one, and the later of the two would count.
    draft.report.noteNotUnderstood();
    reportDotted(draft.report, entry.place, section_path, entry.key);
  } else if (const Option* option = findOption(path)) {
    draft.report.remember(path, node.place);
    option->read(OptionValue{node, path, draft.report}, draft.config);
  } else if (!isSection(path)) {
    draft.report.noteNotUnderstood();
    reportUnknown(draft.report, entry.place, section_path, entry.key);
  } else if (node.kind == YamlKind::kMap) {
    draft.report.remember(path, entry.place);
    readSection(node, path, draft);
  } else if (node.kind == YamlKind::kNull) {
    draft.report.error(entry.place, path, "holds no option; leave the section out for its defaults");
  } else if (node.kind != YamlKind::kBroken) {
    draft.report.error(node.place, path, "is a section: its options stand below it, indented");
  }
}

void readSection(const YamlNode& section, const std::string& section_path, ConfigDraft& draft) {
  for (const YamlEntry& entry : section.entries) readEntry(entry, section_path, draft);
}

/// What follows from the options without being written.
void settle(Config& config, const ConfigReport& report) {
  const bool has_default = std::any_of(config.policies.begin(), config.policies.end(),
                                       [](const SessionPolicy& policy) { return policy.name == "default"; });
  if (!has_default) config.policies.insert(config.policies.begin(), SessionPolicy{.name = "default"});
  if ((config.redis.sentinel.used() || config.redis.cluster.used()) && !report.isGiven("redis.url"))
    config.redis.url.clear();
  const Expected<RedisAddress, std::string> address = parseRedisUrl(config.redis.url);
  if (address && config.redis.user.empty()) config.redis.user = address->user;
}

}  // namespace

ConfigDraft readConfig(std::string_view text, const std::string& file) {
  ConfigDraft draft{.config = {}, .report = ConfigReport(file)};
  const YamlDocument document = parseYaml(text);
  for (const YamlProblem& problem : document.problems) {
    draft.report.error(problem.place, problem.path, problem.message);
  }
  if (!document.problems.empty() || document.root.kind != YamlKind::kMap) draft.report.noteNotUnderstood();
  if (document.root.kind == YamlKind::kMap) {
    readSection(document.root, "", draft);
  } else if (document.root.kind != YamlKind::kBroken) {
    draft.report.error(document.root.place, "", "must be a map of sections, such as session: and cookie:");
  }
  settle(draft.config, draft.report);
  if (document.root.kind == YamlKind::kMap) validate(draft.config, draft.report);
  return draft;
}

}  // namespace sessiond
