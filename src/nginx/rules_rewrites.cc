// Does a `rewrite` lead out of what is protected, before the check is made? One of the server's comes before nginx
// looks for a location at all; one of a location, without `break`, has it look for another one.

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "nginx/destination.h"
#include "nginx/early_answer.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

/// The text that all begin with which a regular expression matches.
struct Beginning {
  std::string text;
  bool is_whole = false;        ///< there is but that one
  bool before_capture = false;  ///< and $1 is what follows it
};

/// Is there a `|` outside of all groups and classes?
bool hasAlternatives(std::string_view regex) {
  int depth = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == '|' && depth == 0) {
      return true;
    }
  }
  return false;
}

Beginning beginningOf(std::string_view regex) {
  if (hasAlternatives(regex)) return {};
  const bool is_begun = regex.starts_with('^');
  Beginning beginning;
  std::size_t i = is_begun ? 1 : 0;
  for (; is_begun && i < regex.size(); ++i) {
    char c = regex[i];
    if (c == '$' || std::string_view(".+[({").find(c) != std::string_view::npos) break;
    if (c == '?' || c == '*') {
      // What it stands behind may be missing.
      if (!beginning.text.empty()) beginning.text.pop_back();
      ++i;
      break;
    }
    if (c == '\\') {
      if (i + 1 == regex.size() || isNameByte(regex[i + 1])) break;
      c = regex[++i];
    }
    beginning.text += c;
  }
  const std::string_view rest = regex.substr(std::min(i, regex.size()));
  if (rest.starts_with('{') && !beginning.text.empty()) beginning.text.pop_back();
  beginning.is_whole = is_begun && rest == "$";
  beginning.before_capture = rest.starts_with('(') && !rest.starts_with("(?");
  return beginning;
}

/// Where a rewrite leads what begins with `from`; nothing: that cannot be told.
std::optional<Destination> ledTo(const Directive& rewrite, std::string_view from) {
  const std::string_view target = rewrite.argument(1);
  const std::string_view literal = target.substr(0, target.find_first_of("$?"));
  if (!literal.empty() && !literal.starts_with('/')) return {};
  const std::string_view variable = target.substr(literal.size());
  if (!variable.starts_with('$')) return Destination{std::string(literal), true};
  const auto names = variablesIn(variable);
  const std::string_view name = names.empty() ? std::string_view() : names.front();
  const Beginning beginning = beginningOf(rewrite.argument(0));
  std::string_view rest;
  if (name == "uri" || name == "request_uri" || name == "document_uri") {
    rest = from;
  } else if (name == "1" && beginning.before_capture) {
    rest = from.substr(std::min(from.size(), beginning.text.size()));
  } else if (literal.size() < 2) {
    return {};
  }
  if (literal.ends_with('/') && rest.starts_with('/')) rest.remove_prefix(1);
  Destination to{std::string(literal) + std::string(rest), false};
  return to.text.starts_with('/') ? std::optional(std::move(to)) : std::nullopt;
}

/// Does it only take some of the addresses of a location, which it names?
bool takesAPart(const Directive& rewrite, const Scope& location) {
  if (!isPrefix(location)) return false;
  const std::string_view name = nameOf(location).text;
  const Beginning beginning = beginningOf(rewrite.argument(0));
  return beginning.text.starts_with(name) && (beginning.text.size() > name.size() || beginning.is_whole);
}

AddressPattern addressesOf(const Scope& location) {
  return isExact(location) ? AddressPattern::ofAddress(nameOf(location).text) : patternOf(location);
}

/// Are there addresses of a location, and of what it stands in, that a rewrite is for?
bool mayTake(const Directive& rewrite, const Scope& location) {
  const AddressPattern taken = AddressPattern::ofRegex(rewrite.argument(0), false);
  for (const Scope* at = &location; at->kind() == Scope::Kind::kLocation; at = at->parent()) {
    const bool is_named = nameOf(*at).match == LocationName::Match::kNamed;
    if (!is_named && !taken.mayMeet(addressesOf(*at))) return false;
  }
  return true;
}

/// A page that is the same for everybody, and that everybody may ask for, is none of these.
bool givesAway(const Directive& rewrite, bool is_conditional, const Scope& closed, const Scope& target) {
  const bool takes_all = !takesAPart(rewrite, closed);
  if (rewrite.argument(1).find('$') == std::string_view::npos) {
    return takes_all && (tellsAddress(target) || !is_conditional);
  }
  return takes_all || handsOn(target) || !target.own("internal").empty();
}

/// The open place to which a rewrite leads what is protected; nullptr without one.
const Scope* wayOut(const CheckedServer& here, const Directive& rewrite, bool is_conditional, const Scope& closed) {
  if (isRedirect(rewrite) || !mayTake(rewrite, closed)) return nullptr;
  const bool has_text = isPrefix(closed) || isExact(closed);
  const auto led = ledTo(rewrite, has_text ? nameOf(closed).text : std::string_view());
  if (!led) return nullptr;
  // It may be taken by the same expression there.
  const bool is_known = led->is_whole || !isRegex(closed);
  if (!is_known && patternOf(closed).mayMeet(AddressPattern::ofPrefix(led->text))) return nullptr;
  const Scope& target = takenFor(here.server, *led);
  if (&target == &closed || isOurs(target.place()) || !isOpenInside(target)) return nullptr;
  return givesAway(rewrite, is_conditional, closed, target) ? &target : nullptr;
}

void report(const CheckedServer& here, const Directive& rewrite, const Scope& closed, const Scope& target) {
  const std::string place = &target == &here.server ? "the server's own files" : written(target);
  here.danger(
      "rewrite-before-check", rewrite.place,
      "this leads from " + written(closed) + " to " + place + ", where no check is made, before the one of " +
          written(closed) + " is: everybody gets in",
      "include a protect snippet with its policy there too, or rewrite with `break`, behind the include and what is "
      "set in " +
          written(closed));
}

void lintLocation(const CheckedServer& here, const Scope& closed) {
  const auto always = closed.own("rewrite");
  for (const Directive* rewrite : linesIn(closed, "rewrite")) {
    if (rewrite->argument(2) == "break") continue;
    const bool is_conditional = std::find(always.begin(), always.end(), rewrite) == always.end();
    const Scope* target = wayOut(here, *rewrite, is_conditional, closed);
    if (target != nullptr) report(here, *rewrite, closed, *target);
  }
}

/// `if ($uri !~ ^/account/)`: is what is protected left out by the condition? In doubt, yes.
bool leavesOut(const Scope& condition, const Scope& closed) {
  const auto& words = condition.opened()->arguments;
  constexpr std::array<std::string_view, 3> kAddresses = {"($uri", "($request_uri", "($document_uri"};
  if (words.size() < 3 || std::find(kAddresses.begin(), kAddresses.end(), words[0]) == kAddresses.end()) return false;
  const std::string_view how = words[1];
  std::string regex = words[2];
  if (regex.ends_with(')')) regex.pop_back();
  const AddressPattern pattern = AddressPattern::ofRegex(regex, how.ends_with('*'));
  for (const Scope* at = &closed; at->kind() == Scope::Kind::kLocation; at = at->parent()) {
    const bool is_text = isPrefix(*at) || isExact(*at);
    const AddressPattern name = is_text ? AddressPattern::ofAddress(nameOf(*at).text) : patternOf(*at);
    if (how.starts_with("!~") ? pattern.mayMeet(name) : how.starts_with('~') && !pattern.mayMeet(patternOf(*at))) {
      return true;
    }
  }
  return how == "=";
}

/// Of the server, or of an `if` in it: also one with `break` has nginx look for another location.
void lintServersOwn(const CheckedServer& here, const Scope& block) {
  const bool is_conditional = &block != &here.server;
  for (const Directive* rewrite : block.own("rewrite")) {
    for (const Scope* closed : here.locations) {
      if (!isChecked(*closed) || nameOf(*closed).match == LocationName::Match::kNamed) continue;
      if (is_conditional && leavesOut(block, *closed)) continue;
      // An exception to a check of everything is made where one sees it.
      if (nameOf(*closed).text == "/" && takesAPart(*rewrite, *closed)) continue;
      // And a page for everybody in the place of the whole site shows nothing.
      const Scope* target = wayOut(here, *rewrite, true, *closed);
      if (target == nullptr) continue;
      report(here, *rewrite, *closed, *target);
      break;
    }
  }
}

}  // namespace

void lintRewrites(const CheckedServer& here) {
  lintServersOwn(here, here.server);
  for (const auto& child : here.server.children()) {
    if (child->kind() == Scope::Kind::kIf) lintServersOwn(here, *child);
  }
  for (const Scope* location : here.locations) {
    if (isChecked(*location)) lintLocation(here, *location);
  }
}

}  // namespace sessiond::nginx
