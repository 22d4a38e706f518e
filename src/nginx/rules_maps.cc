// Policies that a map chooses: by what does it choose, and are there those policies?
//
//   map $request_method $policy_here { default admin; GET default; }    by what the application sees as well
//   map $http_x_zone    $policy_here { default admin; a optional; }     by a header, which the client writes as it
//   likes

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

constexpr std::array<std::string_view, 3> kSentPrefixes = {"arg_", "cookie_", "http_"};
constexpr std::array<std::string_view, 4> kSentNames = {"args", "query_string", "request", "request_uri"};

/// A variable that holds what was sent, as it was sent: one address can be written in many ways. Not the host, by which
/// nginx chooses the server too.
bool isSent(std::string_view name) {
  if (name == "http_host") return false;
  return std::ranges::find(kSentNames, name) != kSentNames.end() ||
         std::ranges::any_of(kSentPrefixes, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

/// The maps that make a variable.
std::vector<const Directive*> mapsOf(const Scope& main, const std::string& name) {
  std::vector<const Directive*> maps;
  for (const Scope* block : main.all(Scope::Kind::kOther)) {
    const Directive* map = block->opened();
    if (map->name == "map" && sameWithoutCase(map->argument(1), "$" + name)) maps.push_back(map);
  }
  return maps;
}

/// What the client sends, by which a map makes the variable, or another one that it looks at; "" without one.
std::string keyOf(const Scope& main, const std::string& name, std::set<std::string>& seen) {
  if (!seen.insert(name).second) return "";
  for (const Directive* map : mapsOf(main, name)) {
    for (const std::string_view each : variablesIn(map->argument(0))) {
      const std::string key = lowerCase(each);
      std::string word = isSent(key) ? "$" + key : keyOf(main, key, seen);
      if (!word.empty()) return word;
    }
  }
  return "";
}

void lintPoliciesIn(const CheckedServer& here, const Directive& map) {
  for (const Directive& entry : *map.block) {
    // `volatile` and `hostnames` have no value.
    if (entry.arguments.empty() || mayBePolicy(here.facts, entry.argument(0))) continue;
    here.fault("policy-unknown", entry.place,
               "sessiond.yaml has no policy \"" + std::string(entry.argument(0)) + "\": everybody is refused",
               "add it there, or check the spelling");
  }
}

void lintSet(const CheckedServer& here, const Directive& set) {
  for (const std::string_view each : variablesIn(set.argument(1))) {
    const std::string name = lowerCase(each);
    std::set<std::string> seen;
    const std::string word = keyOf(here.main, name, seen);
    if (!word.empty()) {
      std::string message = "the client chooses which policy applies: a map makes $";
      message.append(name).append(" of ").append(word);
      here.danger("policy-from-client", set.place, std::move(message),
                  "make two locations, or choose it by $host or $request_method");
    }
    if (set.argument(1) != "$" + std::string(each)) continue;
    for (const Directive* map : mapsOf(here.main, name)) lintPoliciesIn(here, *map);
  }
}

void lintSets(const CheckedServer& here, const Scope& scope) {
  for (const Directive& directive : scope.inside()) {
    const bool sets = directive.name == "set" && directive.argument(0) == "$sessiond_policy";
    if (sets && !isOurs(directive.place)) lintSet(here, directive);
  }
  for (const auto& child : scope.children()) lintSets(here, *child);
}

}  // namespace

void lintPolicyMaps(const CheckedServer& here) {
  lintSets(here, here.server);
}

}  // namespace sessiond::nginx
