#include "nginx/rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "nginx/barriers.h"
#include "nginx/early_answer.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

constexpr std::array<std::string_view, 21> kShipped = {"api.conf",
                                                       "caches.conf",
                                                       "check-location.conf",
                                                       "check.conf",
                                                       "endpoints.conf",
                                                       "headers.conf",
                                                       "identity-grpc.conf",
                                                       "identity-proxy.conf",
                                                       "identity-fastcgi.conf",
                                                       "identity-scgi.conf",
                                                       "identity-uwsgi.conf",
                                                       "page-location.conf",
                                                       "params.conf",
                                                       "identity-variables.conf",
                                                       "request.conf",
                                                       "sessions-location.conf",
                                                       "policy-default.conf",
                                                       "protect-api.conf",
                                                       "protect-page.conf",
                                                       "status.conf",
                                                       "upstream.conf"};

bool isLoopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost") || address.starts_with("[::1]") ||
         address.starts_with("unix:");
}

bool isSessiondsCheck(std::string_view address) {
  return address == "sessiond:check" || address == "/sessiond/auth";
}

}  // namespace

void CheckedServer::danger(std::string_view rule, const Place& place, std::string message, std::string remedy) const {
  findings.push_back({{Severity::kDanger, std::string(rule), std::move(message), std::move(remedy)}, place});
}
void CheckedServer::fault(std::string_view rule, const Place& place, std::string message, std::string remedy) const {
  findings.push_back({{Severity::kFault, std::string(rule), std::move(message), std::move(remedy)}, place});
}
void CheckedServer::hint(std::string_view rule, const Place& place, std::string message, std::string remedy) const {
  findings.push_back({{Severity::kHint, std::string(rule), std::move(message), std::move(remedy)}, place});
}

bool isOurs(const Place& place) {
  const std::string_view path = place.file;
  return std::any_of(kShipped.begin(), kShipped.end(), [path](std::string_view name) {
    if (!path.ends_with(name)) return false;
    const std::string_view folder = path.substr(0, path.size() - name.size());
    return folder == "sessiond/" || folder.ends_with("/sessiond/") || folder.ends_with("/sessiond/nginx/");
  });
}

bool isChecked(const Scope& scope) {
  return isSessiondsCheck(scope.value("auth_request"));
}

bool hasOwnCheck(const Scope& scope) {
  const auto own = scope.own("auth_request");
  return !own.empty() && isSessiondsCheck(own.back()->argument(0));
}

bool isPrefix(const Scope& location) {
  if (location.kind() != Scope::Kind::kLocation) return false;
  const LocationName::Match match = nameOf(location).match;
  return match == LocationName::Match::kPrefix || match == LocationName::Match::kStrongPrefix;
}

bool isRegex(const Scope& scope) {
  return scope.kind() == Scope::Kind::kLocation && nameOf(scope).match == LocationName::Match::kRegex;
}

bool isExact(const Scope& scope) {
  return scope.kind() == Scope::Kind::kLocation && nameOf(scope).match == LocationName::Match::kExact;
}

bool isPublicCorner(const Scope& location) {
  const auto own = location.own("auth_request");
  return !own.empty() && own.back()->argument(0) == "off" && location.parent()->kind() == Scope::Kind::kServer &&
         isChecked(*location.parent());
}

bool isClosed(const Scope& scope) {
  if (!scope.own("internal").empty()) return true;
  for (const Directive* deny : scope.own("deny")) {
    if (deny->argument(0) == "all" && scope.own("allow").empty()) return true;
  }
  for (const Directive* statement : scope.own("return")) {
    if (!statement->argument(0).starts_with("2") && answersInstead(scope, *statement) == nullptr) return true;
  }
  return redirectsEveryRequest(scope);
}

bool isOpen(const Scope& scope) {
  return !hasBarrier(scope, Barriers::kAll) && !isClosed(scope);
}

bool isUnchecked(const Scope& scope) {
  return !hasBarrier(scope, Barriers::kOfLocations) && !isClosed(scope);
}

bool listensPublicly(const Scope& server) {
  const auto listens = server.own("listen");
  return listens.empty() || std::any_of(listens.begin(), listens.end(),
                                        [](const Directive* listen) { return !isLoopback(listen->argument(0)); });
}

bool catchesEveryRequest(std::string_view regex) {
  return regex == "^" || regex == ".*" || regex == "^.*" || regex == "^.*$" || regex == "^(.*)$" || regex == "(.*)" ||
         regex == "^(.*)" || regex == "^/(.*)$" || regex == "^/(.*)" || regex == "^/" || regex == "^/.*" ||
         regex == "^/.*$";
}

bool isRedirect(const Directive& rewrite) {
  const std::string_view flag = rewrite.argument(2);
  const std::string_view target = rewrite.argument(1);
  return flag == "redirect" || flag == "permanent" || target.starts_with("http") || target.starts_with("$scheme");
}

bool redirectsEveryRequest(const Scope& scope) {
  const auto rewrites = scope.own("rewrite");
  return std::any_of(rewrites.begin(), rewrites.end(), [](const Directive* rewrite) {
    return isRedirect(*rewrite) && catchesEveryRequest(rewrite->argument(0));
  });
}

std::string_view literalTarget(const Directive& rewrite) {
  const std::string_view target = rewrite.argument(1);
  return target.substr(0, target.find_first_of("$?"));
}

AddressPattern patternOf(const Scope& location) {
  const LocationName name = nameOf(location);
  const bool is_regex = name.match == LocationName::Match::kRegex;
  return is_regex ? AddressPattern::ofRegex(name.text, name.ignores_case) : AddressPattern::ofPrefix(name.text);
}

std::string written(const Scope& location) {
  std::string text = location.opened()->name;
  for (const std::string& argument : location.opened()->arguments) text += " " + argument;
  return text;
}

std::vector<const Directive*> linesIn(const Scope& scope, std::string_view name) {
  std::vector<const Directive*> lines = scope.own(name);
  for (const auto& child : scope.children()) {
    if (child->kind() != Scope::Kind::kIf) continue;
    const auto inside = child->own(name);
    lines.insert(lines.end(), inside.begin(), inside.end());
  }
  return lines;
}

bool mayBePolicy(const SessiondFacts& facts, std::string_view name) {
  return facts.policies.empty() || name == "default" || !variablesIn(name).empty() ||
         std::find(facts.policies.begin(), facts.policies.end(), name) != facts.policies.end();
}

const Directive* lastSet(const Scope& scope, std::string_view variable) {
  const Directive* last = nullptr;
  for (const Directive* set : scope.own("set")) {
    if (set->argument(0) == variable && !isOurs(set->place)) last = set;
  }
  return last;
}

std::string_view namedPolicy(const Scope& scope) {
  std::string_view policy;
  for (const Directive* set : scope.own("set")) {
    // check.conf hands on by the same name what was set before it.
    const bool is_handed_on = set->argument(1).starts_with("$sessiond_");
    if (set->argument(0) == "$sessiond_policy" && !is_handed_on) policy = set->argument(1);
  }
  return policy;
}

bool lacksPolicyOf(const Scope& one, const Scope& other) {
  const std::string_view policy = namedPolicy(other);
  const bool is_one = !policy.empty() && policy != "default" && policy.find('$') == std::string_view::npos;
  return is_one && isChecked(one) && isChecked(other) && namedPolicy(one).empty();
}

bool isForEverybody(const SessiondFacts& facts, const Scope& scope) {
  const std::string_view named = namedPolicy(scope);
  const std::string_view policy = named.empty() ? "default" : named;
  if (!isChecked(scope)) return false;
  if (facts.policies.empty()) return policy == "optional";
  return std::find(facts.optional.begin(), facts.optional.end(), policy) != facts.optional.end();
}

bool letsMoreIn(const SessiondFacts& facts, const Scope& one, const Scope& other) {
  return isForEverybody(facts, one) && !isClosed(one) && isChecked(other) && !isForEverybody(facts, other);
}

bool isOpenBeside(const SessiondFacts& facts, const Scope& one, const Scope& other) {
  return isUnchecked(one) || letsMoreIn(facts, one, other);
}

std::size_t endpointsAt(const Scope& server) {
  const auto& inside = server.inside();
  const auto sets = std::find_if(inside.begin(), inside.end(), [](const Directive& directive) {
    return directive.name == "set" && directive.argument(0) == "$sessiond_endpoints";
  });
  return static_cast<std::size_t>(sets - inside.begin());
}

}  // namespace sessiond::nginx
