// nginx hands a check on, but not what a location sets: where is a check made by `default` that ought to be made by the
// policy of what is around it?

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

/// The innermost location around another one that names a policy; nullptr without one.
const Scope* namingAround(const Scope& location) {
  const Scope* around = location.parent();
  while (around->kind() == Scope::Kind::kLocation && namedPolicy(*around).empty()) around = around->parent();
  return around->kind() == Scope::Kind::kLocation ? around : nullptr;
}

std::string byDefault(const Scope& other) {
  return "checked by `default`, not by `" + std::string(namedPolicy(other)) + "` as " + written(other);
}

/// In a server that is protected as a whole the check stays without an include, by `default`; with one it is the
/// location's own, which names none.
void lintInner(const CheckedServer& here, const Scope& location) {
  const Scope* around = namingAround(location);
  if (around == nullptr || !lacksPolicyOf(location, *around) || !location.own("internal").empty()) return;
  const std::string set = "`set $sessiond_policy " + std::string(namedPolicy(*around)) + ";`";
  if (hasOwnCheck(location)) {
    here.fault("policy-weaker", location.place(), written(location) + " is " + byDefault(*around),
               "repeat " + set + " behind its include, or say `set $sessiond_policy default;` where that is meant");
  } else if (isChecked(here.server)) {
    here.danger("nested-check", location.place(), written(location) + " is " + byDefault(*around),
                "repeat the include of the protect snippet in it, and " + set);
  }
}

/// nginx allows no `set` there. Without a check for the whole server that is refused.
void lintMethods(const CheckedServer& here, const Scope& location) {
  if (!isChecked(here.server) || !lacksPolicyOf(here.server, location)) return;
  for (const auto& child : location.children()) {
    if (child->kind() != Scope::Kind::kLimitExcept || isClosed(*child)) continue;
    here.danger("limit-except", child->place(),
                "the methods that this limits are checked by `default`, not by `" + std::string(namedPolicy(location)) +
                    "` as " + written(location),
                "use `if ($request_method !~ ^(GET|HEAD|POST)$) { return 405; }`");
  }
}

}  // namespace

void lintLostPolicies(const CheckedServer& here) {
  for (const Scope* location : here.locations) {
    lintInner(here, *location);
    lintMethods(here, *location);
  }
}

}  // namespace sessiond::nginx
