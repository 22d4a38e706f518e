#include "config/config_changes.h"

#include "config/options.h"

namespace sessiond {

std::vector<std::string> changesNeedingRestart(const Config& old_config, const Config& new_config) {
  std::vector<std::string> paths;
  for (const Option& option : allOptions()) {
    const bool at_start_only = option.path.starts_with("listen.") || option.path == "sessiond.control_socket";
    if (at_start_only && option.write(old_config) != option.write(new_config)) {
      paths.push_back(option.path);
    }
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
