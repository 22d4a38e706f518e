// Headers of a site's own that tell an application who it is: can the client send them somewhere else?
//
//   location /        { …; proxy_set_header X-WEBAUTH-USER $sessiond_user_name; proxy_pass http://grafana; }
//   location /public/ { include sessiond/identity-proxy.conf; proxy_pass http://grafana; }    takes the client's word

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

constexpr std::array<std::string_view, 2> kSets = {"proxy_set_header", "grpc_set_header"};

bool isIdentityOfSessiond(const Directive& set) {
  const auto names = variablesIn(set.argument(1));
  return std::ranges::any_of(names, [](std::string_view name) { return isIdentityVariable("$" + std::string(name)); });
}

/// By the snippets; those are another rule's.
bool isKnown(const CheckedServer& here, std::string_view header) {
  return std::ranges::any_of(here.identity, [header](const std::string& one) { return sameWithoutCase(one, header); });
}

bool isSet(const Scope& location, std::string_view directive, std::string_view header) {
  return std::ranges::any_of(location.inForce(directive),
                             [header](const Directive* set) { return sameWithoutCase(set->argument(0), header); });
}

/// What a location hands to a program by a directive's headers; nullptr: nothing.
const Directive* passTo(const CheckedServer& here, const Scope& location, const Handover& program,
                        std::string_view set) {
  const std::string_view kind = set.substr(0, set.find('_'));
  for (const Handover& handover : handoversOf(location, here.upstreams)) {
    if (handover.line->name.starts_with(kind) && leadToOne(handover, program)) return handover.line;
  }
  return nullptr;
}

void lintHeader(const CheckedServer& here, const Scope& from, const Handover& program, const Directive& set) {
  const std::string header(set.argument(0));
  for (const Scope* location : here.locations) {
    const Directive* pass = passTo(here, *location, program, set.name);
    if (pass == nullptr || isSet(*location, set.name, header)) continue;
    here.danger("identity-missing", pass->place,
                "the application in " + written(*location) + " takes the client's own word for " + header + ", which " +
                    written(from) + " tells it by sessiond's",
                "say `" + set.name + " " + header + " \"\";` in it, or set it as there");
  }
}

}  // namespace

void lintForwarded(const CheckedServer& here) {
  if (!here.has_endpoints) return;
  for (const Scope* location : here.locations) {
    for (const std::string_view name : kSets) {
      for (const Directive* set : location->inForce(name)) {
        if (isKnown(here, set->argument(0)) || !isIdentityOfSessiond(*set)) continue;
        for (const Handover& program : handoversOf(*location, here.upstreams)) {
          lintHeader(here, *location, program, *set);
        }
      }
    }
  }
}

}  // namespace sessiond::nginx
