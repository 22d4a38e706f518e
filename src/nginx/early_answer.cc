#include "nginx/early_answer.h"

#include <algorithm>
#include <array>
#include <string>

#include "nginx/barriers.h"
#include "nginx/destination.h"
#include "nginx/handover.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool hasVariable(std::string_view text) {
  return text.find('$') != std::string_view::npos;
}

/// Does one page answer, whatever the client asked for?
bool isOnePage(const Scope& location) {
  if (tellsAddress(location)) return false;
  const auto rewrites = location.own("rewrite");
  const bool leads_to_one = std::any_of(rewrites.begin(), rewrites.end(), [](const Directive* rewrite) {
    return rewrite->argument(2) == "break" && catchesEveryRequest(rewrite->argument(0)) &&
           !hasVariable(rewrite->argument(1));
  });
  const auto tries = location.own("try_files");
  return leads_to_one ||
         (!handsOn(location) && !tries.empty() &&
          std::none_of(tries.back()->arguments.begin(), tries.back()->arguments.end(),
                       [](const std::string& file) { return hasVariable(file) || file.starts_with('@'); }));
}

/// Of a named location, which is asked for what the client asked for.
bool givesTheSame(const Scope& named, const Scope& scope) {
  if (isOnePage(named)) return false;
  return handsOn(named) || named.value("root") == scope.value("root");
}

/// The open program that answers an address of the configuration's; nullptr without one.
const Scope* programAt(const Scope& server, std::string_view to) {
  const Scope& taken = takenFor(server, Destination::by(to));
  return handsOn(taken) && isOpenInside(taken) && !isOurs(taken.place()) ? &taken : nullptr;
}

const Scope* namedAnswer(const Scope& server, std::string_view name, const Scope& scope) {
  const Scope& named = takenFor(server, Destination::by(name));
  if (&named == &server || isOurs(named.place()) || !isOpenInside(named)) return nullptr;
  for (const Directive* rewrite : named.own("rewrite")) {
    const bool leads_on = rewrite->argument(2) != "break" && catchesEveryRequest(rewrite->argument(0));
    if (leads_on) return programAt(server, rewrite->argument(1));
  }
  return givesTheSame(named, scope) ? &named : nullptr;
}

}  // namespace

bool isOpenInside(const Scope& scope) {
  const bool answers_itself = !scope.own("return").empty() || redirectsEveryRequest(scope);
  return !hasBarrier(scope, Barriers::kOfLocations) && !answers_itself;
}

bool handsOn(const Scope& scope) {
  return std::any_of(kPasses.begin(), kPasses.end(),
                     [&scope](std::string_view pass) { return !linesIn(scope, pass).empty(); });
}

bool tellsAddress(const Scope& scope) {
  constexpr std::array<std::string_view, 3> kByParameters = {"fastcgi_pass", "uwsgi_pass", "scgi_pass"};
  const auto proxies = linesIn(scope, "proxy_pass");
  return std::any_of(kByParameters.begin(), kByParameters.end(),
                     [&scope](std::string_view pass) { return !linesIn(scope, pass).empty(); }) ||
         std::any_of(proxies.begin(), proxies.end(), [](const Directive* proxy) {
           return proxy->argument(0).find("$request_uri") != std::string_view::npos;
         });
}

bool isAnswer(const Directive& page) {
  return std::any_of(page.arguments.begin(), page.arguments.end(),
                     [](const std::string& argument) { return argument.starts_with('='); });
}

const Scope* answersInstead(const Scope& scope, const Directive& statement) {
  const std::string_view code = statement.argument(0);
  // With a text nginx answers itself; 503 says that there is no answer, and 444 says nothing.
  const bool can_be_another = statement.arguments.size() == 1 && code != "503" && code != "444";
  const Scope* server = scope.server();
  if (!can_be_another || server == nullptr) return nullptr;
  for (const Directive* page : scope.inForce("error_page")) {
    const auto& words = page->arguments;
    if (std::find(words.begin(), words.end(), code) == words.end()) continue;
    if (words.back().starts_with('@')) return namedAnswer(*server, words.back(), scope);
    return words.back().starts_with('/') && isAnswer(*page) ? programAt(*server, words.back()) : nullptr;
  }
  return nullptr;
}

}  // namespace sessiond::nginx
