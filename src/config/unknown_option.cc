#include "config/unknown_option.h"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "config/foreign_names.h"
#include "config/name_suggestion.h"
#include "config/option_value.h"
#include "config/options.h"

namespace sessiond {
namespace {

std::string below(const std::string& section) {
  return section.empty() ? "" : section + ".";
}

/// The options and sections directly in a section.
std::vector<std::string> namesIn(const std::string& section) {
  const std::string prefix = below(section);
  std::vector<std::string> names;
  for (const Option& option : allOptions()) {
    if (!option.path.starts_with(prefix)) continue;
    std::string name = option.path.substr(prefix.size(), option.path.find('.', prefix.size()) - prefix.size());
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

/// An option of exactly this name in another section.
std::optional<std::string> elsewhere(const std::string& name) {
  for (const Option& option : allOptions()) {
    if (option.path.ends_with("." + name)) return option.path;
  }
  return std::nullopt;
}

}  // namespace

void reportUnknown(ConfigReport& report, YamlPlace place, const std::string& section, const std::string& name) {
  std::string message = section.empty() ? "unknown section" : "unknown option";
  std::optional<std::string> meant = nearestName(name, namesIn(section));
  if (!meant) meant = elsewhere(name);
  if (const std::optional<std::string> advice = adviceAboutForeignName(section, name)) {
    message += "; " + *advice;
  } else if (meant) {
    message += "; did you mean " + *meant + "?";
  } else if (section.empty()) {
    const std::vector<std::string> names = namesIn("");
    message += "; must be " + oneOf(std::vector<std::string_view>(names.begin(), names.end()));
  }
  report.error(place, below(section) + name, message);
}

void reportDotted(ConfigReport& report, YamlPlace place, const std::string& section, const std::string& name) {
  std::vector<std::string> around;  // the sections that stand in the name, the innermost first
  for (std::size_t begin = 0, dot; (dot = name.find('.', begin)) != std::string::npos; begin = dot + 1)
    around.insert(around.begin(), name.substr(begin, dot - begin));
  const std::string outermost = below(section) + around.back();
  if (!isSection(outermost) && findOption(outermost) == nullptr) return reportUnknown(report, place, section, name);
  std::string message = "unknown option; write it indented below `" + around.front() + ":`";
  for (std::size_t at = 1; at < around.size(); ++at) message += ", and that below `" + around[at] + ":`";
  report.error(place, below(section) + name, message);
}

}  // namespace sessiond
