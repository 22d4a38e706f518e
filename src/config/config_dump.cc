#include "config/config_dump.h"

#include "config/options.h"

namespace sessiond {

std::string dumpConfig(const Config& config) {
  std::string text = "# the effective configuration; secrets are hidden: only the names of their files appear\n";
  std::vector<std::string> open;  // the sections around the last option, from the outermost
  for (const Option& option : allOptions()) {
    std::vector<std::string> sections;
    std::string_view name = option.path;
    for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
      sections.emplace_back(name.substr(0, dot));
      name.remove_prefix(dot + 1);
    }
    for (std::size_t depth = 0; depth < sections.size(); ++depth) {
      if (depth < open.size() && open[depth] == sections[depth]) continue;
      open.resize(depth);
      text += std::string(2 * depth, ' ') + sections[depth] + ":\n";
      open.push_back(sections[depth]);
    }
    open.resize(sections.size());
    text += std::string(2 * sections.size(), ' ') + std::string(name) + ":" + option.write(config) + "\n";
  }
  return text;
}

}  // namespace sessiond
