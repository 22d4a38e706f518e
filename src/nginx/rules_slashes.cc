// `/admin`, where /admin/ is protected: nginx leads to the slash by itself, but only where the location has a
// proxy_pass or the like of its own.
//
//   location ^~ /admin/ { …; try_files $uri @application; }
//   location /          { try_files $uri @application; }       /admin is the application's, and open to all
//
// The same where `/` is checked, but by a policy that is not the one of /admin/.

#include <algorithm>

#include "nginx/destination.h"
#include "nginx/early_answer.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

/// Whatever may answer there: those of a location, and of the others that a request of it may end in, but for one.
std::vector<Handover> programsOf(const CheckedServer& here, const Scope& location, const Scope& but_for) {
  std::vector<Handover> programs = handoversOf(location, here.upstreams);
  for (const Scope* redirect : redirectsOf(location)) {
    if (redirect == &but_for) continue;
    const std::vector<Handover> others = handoversOf(*redirect, here.upstreams);
    programs.insert(programs.end(), others.begin(), others.end());
  }
  return programs;
}

bool shareOne(const std::vector<Handover>& some, const std::vector<Handover>& others) {
  return std::ranges::any_of(some, [&others](const Handover& one) {
    return std::ranges::any_of(others, [&one](const Handover& other) { return leadToOne(one, other); });
  });
}

}  // namespace

void lintSlashes(const CheckedServer& here) {
  for (const Scope* closed : here.locations) {
    if (!isPrefix(*closed) || !isChecked(*closed) || handsOn(*closed)) continue;
    const std::string_view name = nameOf(*closed).text;
    if (!name.ends_with('/') || name.size() < 2) continue;
    const std::string address(name.substr(0, name.size() - 1));
    const Scope* taken = locationFor(here.server, address);
    if (taken == nullptr) continue;
    const bool is_open = isOpenBeside(here.facts, *taken, *closed);
    if (!is_open && !lacksPolicyOf(*taken, *closed)) continue;
    // Where a regex location may take an address, the prefix counts as well (locationsFor): but not the other one.
    if (!shareOne(programsOf(here, *closed, *taken), programsOf(here, *taken, *closed))) continue;
    std::string what = address + ", without the slash, ";
    if (is_open) {
      what += "is open to all";
    } else {
      what += "is checked by `default`, not by `";
      what += namedPolicy(*closed);
      what += "`,";
    }
    what += " by " + written(*taken) + ", and leads to the same application";
    const std::string remedy = "say `location = " + address + " { return 301 " + std::string(name) + "; }` too";
    if (is_open) {
      here.danger("slash-missing", closed->place(), what, remedy);
    } else {
      here.fault("policy-weaker", closed->place(), what, remedy);
    }
  }
}

}  // namespace sessiond::nginx
