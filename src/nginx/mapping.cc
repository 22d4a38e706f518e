#include "nginx/mapping.h"

namespace sessiond::nginx {

std::optional<Mapping> mappingBy(std::string_view regex, std::string_view target) {
  const std::size_t group = regex.find('(');
  const std::size_t capture = target.find("$1");
  if (group == std::string_view::npos || capture == std::string_view::npos) return {};
  std::string_view rest = regex.substr(group);
  if (rest.ends_with('$')) rest.remove_suffix(1);
  const std::string_view beginning = regex.substr(0, group);
  const bool captures_slash = rest == "(/.*)" || rest == "(/.+)";
  if (!captures_slash && rest != "(.*)" && rest != "(.+)") return {};
  Mapping mapping{std::string(beginning.substr(beginning.starts_with('^') ? 1 : 0)),
                  std::string(target.substr(0, capture))};
  if (mapping.from.ends_with("/?")) mapping.from.pop_back();
  if (captures_slash || (mapping.to.empty() && !mapping.from.ends_with('/'))) {
    mapping.from += '/';
    mapping.to += '/';
  }
  const bool is_text = mapping.from.find_first_of(".*+?[]{}|^$\\") == std::string::npos &&
                       mapping.to.find_first_of("$?") == std::string::npos;
  if (!is_text || !mapping.from.starts_with('/') || !mapping.to.starts_with('/')) return {};
  return mapping;
}

}  // namespace sessiond::nginx
