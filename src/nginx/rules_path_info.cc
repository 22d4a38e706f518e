// `/index.php/admin/`, where /admin/ is protected: the script /index.php with `/admin/` behind it, which most PHP
// applications take for /admin/.
//
//   location ^~ /admin/    { …; try_files $uri /index.php?$args; }
//   location ~ \.php(/|$)  { fastcgi_pass …; }                        /index.php/admin/ is open to all
//
// The same by `location / { try_files $uri /index.php?$args; }`: the application reads the address from REQUEST_URI.

#include <algorithm>

#include "nginx/destination.h"
#include "nginx/early_answer.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool leadsToScript(const Scope& location, const std::string& script) {
  const std::vector<Destination> destinations = destinationsOf(location);
  return std::ranges::find(destinations, script, &Destination::text) != destinations.end();
}

/// Is it for scripts that are there, and for nothing behind their names? `$fastcgi_script_name` may have lost that.
bool wantsFile(const Scope& location) {
  const auto tries = location.own("try_files");
  return !tries.empty() && tries.back()->arguments.size() == 2 && tries.back()->argument(0) == "$uri" &&
         tries.back()->argument(1).starts_with('=');
}

/// What answers by the script where an address stands behind its name; nullptr: nothing.
const Scope* answersBehind(const CheckedServer& here, const std::string& script, std::string_view address) {
  for (const Scope* location : locationsFor(here.server, {script + std::string(address)})) {
    // One like `/\.ht` may match anything, as far as can be read off it, but is not meant for scripts.
    if (isRegex(*location) && nameOf(*location).text.find("php") == std::string_view::npos) continue;
    const bool is_program = isRegex(*location) && handsOn(*location) && !wantsFile(*location);
    const bool answers = is_program || leadsToScript(*location, script);
    return answers ? location : nullptr;
  }
  return nullptr;
}

void lintScript(const CheckedServer& here, const Scope& closed, const std::string& script) {
  const std::string_view name = nameOf(closed).text;
  const Scope* other = answersBehind(here, script, name);
  if (other == nullptr || other == &closed) return;
  const std::string before = script + std::string(name) + " leads to what " + written(closed) + " protects, and is ";
  const std::string remedy = "say `location ^~ " + script + "/ { return 404; }` too";
  if (isOpenBeside(here.facts, *other, closed)) {
    here.danger("path-info", other->place(), before + "open to all", remedy);
  } else if (lacksPolicyOf(*other, closed)) {
    here.fault("policy-weaker", other->place(),
               before + "checked by `default`, not by `" + std::string(namedPolicy(closed)) + "`", remedy);
  }
}

}  // namespace

void lintPathInfo(const CheckedServer& here) {
  for (const Scope* closed : here.locations) {
    const bool has_address = (isPrefix(*closed) || isExact(*closed)) && nameOf(*closed).text != "/";
    if (!has_address || !isChecked(*closed)) continue;
    for (const Destination& to : answersOf(*closed)) {
      if (to.is_whole && to.text.ends_with(".php")) lintScript(here, *closed, to.text);
    }
  }
}

}  // namespace sessiond::nginx
