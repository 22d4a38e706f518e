#include "config/config_changes.h"

#include <algorithm>

#include "config/options.h"

namespace sessiond {
namespace {

/// The time to drain is the one that is in force when sessiond is told to stop.
bool standsFromTheStart(const std::string& path) {
  return (path.starts_with("listen.") && path != "listen.drain_timeout") || path == "sessiond.control_socket";
}

}  // namespace

StartedWith startedWith(const Config& config) {
  StartedWith values;
  for (const Option& option : allOptions()) {
    if (standsFromTheStart(option.path)) values.emplace_back(option.path, option.write(config));
  }
  return values;
}

std::vector<std::string> changesNeedingRestart(const StartedWith& started, const Config& config) {
  const StartedWith wanted = startedWith(config);
  std::vector<std::string> paths;
  for (const auto& value : wanted) {
    if (std::ranges::find(started, value) == started.end()) paths.push_back(value.first);
  }
  return paths;
}

std::string optionsWithCredentials(const Config& config) {
  std::string paths;
  for (const Option& option : allOptions()) {
    const bool is_file = option.path.ends_with("_file") || option.path.ends_with("_files");
    if (!is_file || option.write(config).find("credential:") == std::string::npos) continue;
    paths.append(paths.empty() ? "" : ", ").append(option.path);
  }
  return paths;
}

}  // namespace sessiond
