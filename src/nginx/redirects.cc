#include "nginx/redirects.h"

#include <algorithm>
#include <iterator>

#include "nginx/rules.h"

namespace sessiond::nginx {

std::vector<const Scope*> locationsFor(const Scope& server, std::string_view address) {
  std::vector<const Scope*> locations;
  const std::vector<const Scope*> all = server.all(Scope::Kind::kLocation);
  if (address.starts_with('@')) {
    std::ranges::copy_if(all, std::back_inserter(locations),
                         [address](const Scope* location) { return nameOf(*location).text == address; });
    return locations;
  }
  if (!address.starts_with('/')) return locations;
  const std::size_t end = address.find_first_of("$?");
  const std::string_view text = address.substr(0, end);
  const bool is_cut = end != std::string_view::npos && address[end] == '$';
  const AddressPattern pattern = is_cut ? AddressPattern::ofPrefix(text) : AddressPattern::ofAddress(text);
  const Scope* prefix = locationFor(server, text);
  if (prefix == nullptr || nameOf(*prefix).match == LocationName::Match::kPrefix) {
    std::ranges::copy_if(all, std::back_inserter(locations), [&pattern](const Scope* location) {
      return isRegex(*location) && patternOf(*location).mayMeet(pattern);
    });
  }
  if (prefix != nullptr) locations.push_back(prefix);
  return locations;
}

std::vector<const Scope*> redirectsOf(const Scope& location) {
  std::vector<const Directive*> lines = location.own("try_files");
  const std::vector<const Directive*> pages = location.inForce("error_page");
  lines.insert(lines.end(), pages.begin(), pages.end());
  std::vector<const Scope*> redirects;
  for (const Directive* line : lines) {
    const std::string_view target = line->arguments.empty() ? "" : std::string_view(line->arguments.back());
    const std::vector<const Scope*> found = locationsFor(*location.server(), target);
    std::ranges::copy_if(found, std::back_inserter(redirects),
                         [](const Scope* redirect) { return !isOurs(redirect->place()); });
  }
  return redirects;
}

}  // namespace sessiond::nginx
