#include "nginx/destination.h"

#include <algorithm>
#include <iterator>

#include "nginx/early_answer.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

std::vector<const Scope*> namedLocations(const Scope& server, std::string_view name) {
  std::vector<const Scope*> named;
  for (const auto& child : server.children()) {
    if (child->kind() == Scope::Kind::kLocation && nameOf(*child).text == name) named.push_back(child.get());
  }
  return named;
}

std::vector<Destination> destinationsBy(const std::vector<const Directive*>& lines) {
  std::vector<Destination> destinations;
  for (const Directive* line : lines) {
    if (!line->arguments.empty()) destinations.push_back(Destination::by(line->arguments.back()));
  }
  return destinations;
}

}  // namespace

Destination Destination::by(std::string_view written) {
  const std::size_t end = written.find_first_of("$?");
  if (end == std::string_view::npos) return {std::string(written)};
  const auto names = variablesIn(written.substr(end));
  const bool is_query = written[end] == '?' || (!names.empty() && names.front() == "is_args");
  return {std::string(written.substr(0, end)), is_query};
}

std::vector<const Scope*> locationsFor(const Scope& server, const Destination& to) {
  if (to.text.starts_with('@')) return namedLocations(server, to.text);
  if (!to.text.starts_with('/')) return {};
  // Something follows it: an exact location is for another one.
  const Scope* prefix = locationFor(server, to.text + (to.is_whole ? "" : "*"));
  if (prefix != nullptr && isExact(*prefix)) return {prefix};
  const AddressPattern pattern = to.is_whole ? AddressPattern::ofAddress(to.text) : AddressPattern::ofPrefix(to.text);
  std::vector<const Scope*> locations;
  bool keeps_regexes_away = false;
  for (const Scope* block = prefix == nullptr ? &server : prefix;; block = block->parent()) {
    for (const auto& child : block->children()) {
      if (keeps_regexes_away || !isRegex(*child) || !patternOf(*child).mayMeet(pattern)) continue;
      locations.push_back(child.get());
    }
    if (block == &server) break;
    keeps_regexes_away = nameOf(*block).match == LocationName::Match::kStrongPrefix;
  }
  if (prefix != nullptr) locations.push_back(prefix);
  return locations;
}

const Scope& takenFor(const Scope& server, const Destination& to) {
  const std::vector<const Scope*> locations = locationsFor(server, to);
  // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): the caller keeps it, as the locations within it
  if (locations.empty()) return server;
  return !to.is_whole && isPrefix(*locations.back()) ? *locations.back() : *locations.front();
}

std::vector<Destination> destinationsOf(const Scope& location) {
  std::vector<const Directive*> lines = location.own("try_files");
  const std::vector<const Directive*> pages = location.inForce("error_page");
  lines.insert(lines.end(), pages.begin(), pages.end());
  return destinationsBy(lines);
}

std::vector<Destination> answersOf(const Scope& location) {
  std::vector<const Directive*> lines = location.own("try_files");
  const std::vector<const Directive*> pages = location.inForce("error_page");
  std::ranges::copy_if(pages, std::back_inserter(lines), [](const Directive* page) { return isAnswer(*page); });
  return destinationsBy(lines);
}

std::vector<const Scope*> redirectsOf(const Scope& location) {
  std::vector<const Scope*> redirects;
  for (const Destination& to : destinationsOf(location)) {
    const std::vector<const Scope*> found = locationsFor(*location.server(), to);
    std::ranges::copy_if(found, std::back_inserter(redirects),
                         [](const Scope* redirect) { return !isOurs(redirect->place()); });
  }
  return redirects;
}

}  // namespace sessiond::nginx
