// Does nginx take an open regex location for addresses that a protected one is for?
//
// In a block nginx looks for the longest prefix, then inside that one, in the same way. If no exact and no regex
// location was found there, it asks the block's own regexes, in their order, unless the block's prefix says ^~: a ^~
// further inside keeps only the regexes beside itself away (ngx_http_core_find_location).

#include <algorithm>

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

using Match = LocationName::Match;

/// A prefix that does not say ^~.
bool isWeakPrefix(const Scope& scope) {
  return isPrefix(scope) && nameOf(scope).match == Match::kPrefix;
}

/// What of the block another location stands in, or is; nullptr: it stands elsewhere.
const Scope* placeIn(const Scope& block, const Scope& location) {
  const Scope* scope = &location;
  while (scope != nullptr && scope->parent() != &block) scope = scope->parent();
  return scope;
}

/// Are they all prefixes, from this one outwards to `last`?
bool arePrefixes(const Scope& first, const Scope& last) {
  const Scope* scope = &first;
  while (isPrefix(*scope) && scope != &last) scope = scope->parent();
  return isPrefix(*scope);
}

/// REQUIRES: they stand in the same block.
bool standsAbove(const Scope& one, const Scope& other) {
  const auto& children = one.parent()->children();
  const auto first = std::find_if(children.begin(), children.end(),
                                  [&](const auto& child) { return child.get() == &one || child.get() == &other; });
  return first->get() == &one;
}

/// How a regex location comes to be taken for addresses that are another location's as well.
struct Precedence {
  enum class Over { kNothing, kPrefix, kRegexBelow, kRegexOutside };
  Over over = Over::kNothing;
  const Scope* beside = nullptr;  ///< the other, or what it stands in, in the innermost block that both are in
};

/// REQUIRES: both stand in one server.
Precedence precedenceOf(const Scope& regex, const Scope& other) {
  using Over = Precedence::Over;
  const Scope* place = &regex;
  const Scope* beside = placeIn(*place->parent(), other);
  while (beside == nullptr) {
    place = place->parent();
    if (!isPrefix(*place)) return {};
    beside = placeIn(*place->parent(), other);
  }
  if (beside == place) return {};
  if (place != &regex) {
    // Found inside a prefix it comes before all regexes out here.
    return isWeakPrefix(*place) && isRegex(*beside) ? Precedence{Over::kRegexOutside, beside} : Precedence{};
  }
  if (isRegex(*beside)) return standsAbove(regex, *beside) ? Precedence{Over::kRegexBelow, beside} : Precedence{};
  return isWeakPrefix(*beside) && arePrefixes(other, *beside) ? Precedence{Over::kPrefix, beside} : Precedence{};
}

/// Are there addresses that both are for, and what they stand in?
bool mayMeet(const AddressPattern& regex, const Scope& around, const Scope& other, const Scope& beside) {
  const AddressPattern closed = patternOf(other);
  if (!regex.mayMeet(closed) || (&beside != &other && !regex.mayMeet(patternOf(beside)))) return false;
  return !isPrefix(around) || patternOf(around).mayMeet(closed);
}

/// Is whatever it takes rewritten, to an address that nginx checks or gives to nobody?
bool leadsBack(const CheckedServer& here, const Scope& regex) {
  const auto rewrites = regex.own("rewrite");
  return std::any_of(rewrites.begin(), rewrites.end(), [&](const Directive* rewrite) {
    const std::string_view flag = rewrite->argument(2);
    const std::string_view taken = nameOf(regex).text;
    const std::string_view rewritten = rewrite->argument(0);
    const bool is_all = catchesEveryRequest(rewritten) || taken == rewritten || taken == std::string(rewritten) + "$";
    const Scope* target = locationFor(here.server, literalTarget(*rewrite));
    return is_all && (flag.empty() || flag == "last") && target != nullptr && !isUnchecked(*target);
  });
}

void report(const CheckedServer& here, const Scope& regex, const Scope& closed, const Precedence& precedence) {
  const bool is_inside = precedence.beside != &closed;
  const std::string beside = written(*precedence.beside);
  switch (precedence.over) {
    case Precedence::Over::kNothing:
      return;
    case Precedence::Over::kPrefix:
      return here.danger("regex-beats-prefix", regex.place(),
                         written(regex) + " takes addresses below " + written(closed) + ", and is open to all" +
                             (is_inside ? ": nothing inside " + beside + " keeps it away" : ""),
                         "write `^~` before the prefix" + (is_inside ? " of " + beside : "") +
                             " and put the regex location inside, with its own include and its policy");
    case Precedence::Over::kRegexBelow:
      return here.danger(
          "regex-beats-regex", regex.place(),
          written(regex) + " takes addresses of " + written(closed) + ", which stands further down, and is open to all",
          "move it below that one, or include a protect snippet with its policy in it too");
    case Precedence::Over::kRegexOutside:
      return here.danger("regex-beats-regex", regex.place(),
                         written(regex) + " takes addresses of " + written(closed) +
                             ", since it stands inside a prefix, and is open to all",
                         "include a protect snippet with its policy in it too");
  }
}

bool takesAddressesOf(const Scope& regex, const Scope& other) {
  const Precedence precedence = precedenceOf(regex, other);
  return precedence.over != Precedence::Over::kNothing &&
         mayMeet(patternOf(regex), *regex.parent(), other, *precedence.beside);
}

/// An exception to a check of everything, or one that names what it is an exception to, is made where one sees it.
bool isSeen(const CheckedServer& here, const Scope& regex, const Scope& other) {
  const std::string_view name = nameOf(other).text;
  const bool is_servers_own = other.inForceAt("auth_request") == &here.server && namedPolicy(other).empty();
  return name == "/" || is_servers_own || nameOf(regex).text.find(name) != std::string_view::npos;
}

/// One that is checked too, but by a policy that lets everybody in, or leaves it to `default`.
void lintPolicyOf(const CheckedServer& here, const Scope& regex) {
  for (const Scope* other : here.locations) {
    const bool lets_more_in = letsMoreIn(here.facts, regex, *other) && !isSeen(here, regex, *other);
    if (!lets_more_in && !lacksPolicyOf(regex, *other)) continue;
    if (!takesAddressesOf(regex, *other)) continue;
    const std::string takes = written(regex) + " takes addresses of " + written(*other) + ", and ";
    const std::string inside =
        "write `^~` before the prefix and put the regex location inside, with its own include and its policy";
    if (lets_more_in) {
      here.danger("policy-weaker", regex.place(), takes + "lets in who has no session, by its policy", inside);
      return;
    }
    here.fault("policy-weaker", regex.place(),
               takes + "is checked by `default`, not by `" + std::string(namedPolicy(*other)) + "`",
               inside + "; or say `set $sessiond_policy default;` here, where that is meant");
    return;
  }
}

}  // namespace

void lintRegexes(const CheckedServer& here) {
  for (const Scope* regex : here.locations) {
    if (!isRegex(*regex) || !isUnchecked(*regex) || isPublicCorner(*regex) || leadsBack(here, *regex)) continue;
    const AddressPattern open = patternOf(*regex);
    for (const Scope* closed : here.locations) {
      if (!isChecked(*closed)) continue;
      const Precedence precedence = precedenceOf(*regex, *closed);
      if (precedence.over == Precedence::Over::kNothing) continue;
      if (!mayMeet(open, *regex->parent(), *closed, *precedence.beside)) continue;
      report(here, *regex, *closed, precedence);
      break;
    }
  }
  for (const Scope* location : here.locations) {
    if (isRegex(*location)) lintPolicyOf(here, *location);
  }
}

}  // namespace sessiond::nginx
