#include "nginx/barriers.h"

#include <algorithm>
#include <string_view>

namespace sessiond::nginx {

bool hasBarrier(const Scope& scope, Barriers counted) {
  const auto counts = [&](std::string_view name) {
    const Scope* at = scope.inForceAt(name);
    return at != nullptr && (counted == Barriers::kAll || at->kind() == Scope::Kind::kLocation);
  };
  const std::string_view check = scope.value("auth_request");
  const std::string_view password = scope.value("auth_basic");
  const bool asks_password = counts("auth_basic") && password != "off";
  const auto denied = scope.inForce("deny");
  const bool denies_others = counts("deny") && std::any_of(denied.begin(), denied.end(), [](const Directive* deny) {
                               return deny->argument(0) == "all";
                             });
  return (!check.empty() && check != "off") || asks_password || denies_others;
}

}  // namespace sessiond::nginx
