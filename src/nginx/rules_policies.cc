// Is each location checked by the policy that it means?

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "nginx/client_values.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

bool isPolicy(const Directive& set) {
  return set.argument(0) == "$sessiond_policy" || set.argument(0) == "$sessiond_touch";
}

/// A variable of sessiond's, and the two words that it may be set to.
struct Choice {
  std::string_view variable;
  std::string_view one;
  std::string_view other;
  std::string_view otherwise;  ///< what another word leads to
};
constexpr std::array<Choice, 3> kChoices = {
    {{"$sessiond_touch", "on", "off", "every request is refused"},
     {"$sessiond_audience", "page", "api", "every request is refused"},
     {"$sessiond_scheme", "http", "https", "sessiond takes the browser's https for http"}}};

/// The variable that a directive makes, as sessiond's files and the site's own maps do; "" when it makes none. A `set`
/// of the site's counts for nothing: it makes whatever it names.
std::string_view variableMadeBy(const Directive& directive) {
  const std::string_view name = directive.name;
  const bool last = name == "map" || name == "geo" || name == "split_clients";
  if (last && !directive.arguments.empty()) return directive.arguments.back();
  return name == "auth_request_set" || (name == "set" && isOurs(directive.place)) ? directive.argument(0) : "";
}

void collectVariables(const Scope& scope, std::set<std::string, std::less<>>& known) {
  for (const Directive& directive : scope.inside()) known.insert(lowerCase(variableMadeBy(directive)));
  for (const auto& child : scope.children()) collectVariables(*child, known);
}

void lintVariables(const CheckedServer& here, const Scope& scope, const std::set<std::string, std::less<>>& known) {
  for (const Directive& directive : scope.inside()) {
    for (const std::string& argument : directive.arguments) {
      for (const std::string_view name : variablesIn(argument)) {
        const std::string variable = "$" + lowerCase(name);
        if (!variable.starts_with("$sessiond_") || known.contains(variable)) continue;
        here.danger("unknown-variable", directive.place,
                    variable +
                        " is none of sessiond's variables: it is set, and "
                        "nothing happens",
                    "check the spelling: $sessiond_policy, $sessiond_touch, $sessiond_scheme");
      }
    }
  }
  for (const auto& child : scope.children()) lintVariables(here, *child, known);
}

/// Only texts: what a variable holds shows when sessiond reads it.
void lintChoices(const CheckedServer& here, const Scope& scope) {
  for (const Directive& directive : scope.inside()) {
    if (directive.name != "set" && directive.name != "auth_request_set") continue;
    const std::string_view value = directive.argument(1);
    for (const Choice& choice : kChoices) {
      if (directive.argument(0) != choice.variable || value == choice.one || value == choice.other) continue;
      if (!variablesIn(value).empty()) continue;
      here.fault("value-unknown", directive.place,
                 std::string(choice.variable) + " is \"" + std::string(value) +
                     "\", which is no word of sessiond's: " + std::string(choice.otherwise),
                 "say " + std::string(choice.one) + " or " + std::string(choice.other));
    }
  }
  for (const auto& child : scope.children()) lintChoices(here, *child);
}

void lintChooser(const CheckedServer& here, const ClientValues& client, const Scope& scope) {
  for (const Directive& directive : scope.inside()) {
    const bool sets = directive.name == "set" || directive.name == "auth_request_set";
    const std::string word = client.in(directive.argument(1));
    if (!sets || directive.argument(0) != "$sessiond_policy" || word.empty()) continue;
    here.danger("policy-from-client", directive.place, "the client chooses which policy applies, by " + word,
                "name the policy, or choose it by a map of $host or $request_method whose values are policies");
  }
  for (const auto& child : scope.children()) lintChooser(here, client, *child);
}

void lintServerLevel(const CheckedServer& here) {
  const Directives& inside = here.server.inside();
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const Directive& directive = inside[i];
    if (directive.name != "set" || !isPolicy(directive) || isOurs(directive.place)) continue;
    if (i < endpointsAt(here.server)) {
      here.fault("policy-at-server", directive.place,
                 "a policy at server level above endpoints.conf: every protected "
                 "location of this server is refused",
                 "set it in the locations");
    } else {
      here.danger("policy-at-server", directive.place,
                  "a policy at server level does not reach named locations: those are "
                  "checked by `default`",
                  "set it in the locations");
    }
  }
}

/// A location that a rewrite from another one leads to, or may lead to, and that inherits a check which asks for
/// nothing of its own; nullptr without one. Where the server's check is made everywhere it matters when the other one
/// names a policy.
const Scope* inheritingTarget(const CheckedServer& here, const Directive& rewrite, const Scope& from) {
  const std::string_view address = literalTarget(rewrite);
  const bool is_cut = address.size() < rewrite.argument(1).size() && rewrite.argument(1)[address.size()] == '$';
  const Scope* target = locationFor(here.server, address);
  for (const Scope* location : here.locations) {
    const bool may_follow = is_cut && !address.empty() && (isPrefix(*location) || isExact(*location)) &&
                            nameOf(*location).text.starts_with(address);
    if (location == &from || !(location == target || may_follow)) continue;
    if (!isChecked(*location) || hasOwnCheck(*location)) continue;
    if (!isChecked(here.server) || lacksPolicyOf(*location, from)) return location;
  }
  return nullptr;
}

void lintCarriedOver(const CheckedServer& here, const Scope& location) {
  const bool sets_policy =
      lastSet(location, "$sessiond_policy") != nullptr || lastSet(location, "$sessiond_touch") != nullptr;
  for (const Directive* rewrite : linesIn(location, "rewrite")) {
    if (rewrite->argument(2) == "break" || isRedirect(*rewrite)) continue;
    const bool carries = hasOwnCheck(location) || isChecked(here.server);
    const Scope* inheriting = carries ? inheritingTarget(here, *rewrite, location) : nullptr;
    const Scope* target = locationFor(here.server, literalTarget(*rewrite));
    if (inheriting != nullptr) {
      here.danger("policy-carried-over", rewrite->place,
                  "this leads to " + written(*inheriting) +
                      ", which inherits its check: "
                      "it is then made by the policy of " +
                      written(location),
                  "give " + written(*inheriting) +
                      " its own include "
                      "of a protect snippet");
    } else if (target != nullptr && target != &location && isChecked(*target) && sets_policy &&
               (hasOwnCheck(*target) || !isChecked(here.server)) && lastSet(*target, "$sessiond_policy") == nullptr) {
      here.fault("policy-carried-over", rewrite->place,
                 "this leads to " + written(*target) +
                     " with a policy that it did not "
                     "name: it is refused there",
                 "set the policy in " + written(*target) + ", behind its include");
    }
  }
}

void lintPoliciesAt(const CheckedServer& here, const Scope& location) {
  for (const auto& child : location.children()) {
    if (child->kind() != Scope::Kind::kIf) continue;
    for (const Directive* set : child->own("set")) {
      if (!isPolicy(*set) || isOurs(set->place)) continue;
      here.danger("policy-in-if", set->place, "the client chooses which policy applies, by what it sends",
                  "make two "
                  "locations");
    }
  }
  lintCarriedOver(here, location);
  const Directive* set = lastSet(location, "$sessiond_policy");
  if (set == nullptr) return;
  const Place& place = set->place;
  const std::string_view policy = set->argument(1);
  if (!mayBePolicy(here.facts, policy)) {
    here.fault("policy-unknown", place,
               "sessiond.yaml has no policy \"" + std::string(policy) + "\": everybody is refused",
               "add it there, or check the spelling");
  }
  if (!hasOwnCheck(location) && location.inForceAt("auth_request") != &here.server) {
    here.fault("policy-without-check", place, "a policy is set in " + written(location) + " where no check asks for it",
               "include a protect snippet in the very location");
  }
}

}  // namespace

void lintPolicies(const CheckedServer& here) {
  std::set<std::string, std::less<>> known;
  collectVariables(here.main, known);
  lintVariables(here, here.server, known);
  lintChoices(here, here.server);
  lintChooser(here, ClientValues(here.main, here.server), here.server);
  lintServerLevel(here);
  for (const Scope* location : here.locations) lintPoliciesAt(here, *location);
}

}  // namespace sessiond::nginx
