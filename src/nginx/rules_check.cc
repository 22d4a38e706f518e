// Is the check there, is it sessiond that answers it, and does nginx come to it?

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "nginx/early_answer.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

/// Could its expression match the check's address, which does not begin with a slash?
bool mayCatchCheck(const Directive& rewrite) {
  return !isRedirect(rewrite) && !rewrite.argument(0).starts_with("^/");
}

/// A code of 2xx, or a text alone.
bool answersWithSuccess(const Directive& statement) {
  const std::string_view code = statement.argument(0);
  return code.size() == 3 && code[0] == '2';
}

/// With something in it, that somebody could see.
bool answersWithText(const Directive& statement) {
  return answersWithSuccess(statement) && statement.argument(0) != "204" && !statement.argument(1).empty();
}

/// Does an `if` decide about the check as about the request that is checked? Both have the same headers, but the check
/// has an address of its own, and no query.
bool decidesAlike(const Directive& condition) {
  constexpr std::array<std::string_view, 4> kSame = {"host", "remote_addr", "request_method", "scheme"};
  return std::all_of(condition.arguments.begin(), condition.arguments.end(), [&](std::string_view argument) {
    return std::ranges::all_of(variablesIn(argument), [&](std::string_view name) {
      return std::ranges::find(kSame, name) != kSame.end() || startsWithoutCase(name, "http_") ||
             startsWithoutCase(name, "cookie_");
    });
  });
}

void reportEarly(const CheckedServer& here, const Directive& directive) {
  here.danger("rewrite-before-endpoints", directive.place,
              "\"" + directive.name +
                  "\" stands above endpoints.conf and may catch the check: what it leads to then decides "
                  "who gets in",
              "move it below `include sessiond/endpoints.conf;`");
}

void lintBeforeEndpoints(const CheckedServer& here) {
  const Directives& inside = here.server.inside();
  for (std::size_t i = 0; i < endpointsAt(here.server); ++i) {
    const Directive& directive = inside[i];
    if (directive.name == "rewrite" && mayCatchCheck(directive)) {
      const bool stops = directive.argument(2) == "last" || directive.argument(2) == "break";
      if (stops && catchesEveryRequest(directive.argument(0))) {
        here.fault("endpoints-late", directive.place,
                   "no request comes past this rewrite to endpoints.conf: protected "
                   "locations answer 500",
                   "move it below `include sessiond/endpoints.conf;`");
      } else {
        reportEarly(here, directive);
      }
    }
    if (directive.name == "auth_request") {
      here.fault("endpoints-late", directive.place,
                 "the check for the whole server stands above endpoints.conf: every "
                 "request is answered with 500",
                 "include sessiond/endpoints.conf first");
    }
    if (directive.name != "if" || !directive.block || isOurs(directive.place) || decidesAlike(directive)) continue;
    for (const Directive& inner : *directive.block) {
      if (inner.name == "rewrite" && mayCatchCheck(inner)) reportEarly(here, inner);
      if (inner.name == "return" && answersWithSuccess(inner)) reportEarly(here, inner);
    }
  }
}

/// upstream.conf, which nginx reads once, before the servers.
void lintUpstream(const CheckedServer& here) {
  std::vector<const Scope*> found;
  for (const Scope* block : here.main.all(Scope::Kind::kOther)) {
    if (block->opened()->name == "upstream" && block->opened()->argument(0) == "sessiond") found.push_back(block);
  }
  if (found.empty()) {
    here.fault("upstream", here.server.place(), "nobody says where sessiond is: nginx does not start",
               "include sessiond/upstream.conf in the http block, above the servers");
  } else if (found.size() > 1) {
    here.fault("upstream", found.back()->place(), "upstream.conf is included twice: nginx does not start",
               "include it once, in the http block");
  }
}

void lintEndpoints(const CheckedServer& here) {
  if (!here.has_endpoints) {
    here.fault("endpoints-missing", here.server.place(),
               "this server protects locations without the addresses that the "
               "check leads to: they answer 500",
               "include sessiond/endpoints.conf at the beginning of the server");
    return;
  }
  lintBeforeEndpoints(here);
  for (const Scope* location : here.server.all(Scope::Kind::kLocation)) {
    if (!nameOf(*location).text.starts_with("sessiond:check")) continue;
    if (location->own("internal").empty()) {
      here.danger("check-location", location->place(), "the check's location is not internal",
                  "use the shipped "
                  "endpoints.conf as it is");
    }
    const std::string_view limit = location->value("client_max_body_size");
    if (limit != "0") {
      here.fault("upload-limit", location->place(),
                 "the check takes no request with a body of more than " + std::string(limit.empty() ? "1m" : limit) +
                     ", whatever the location allows",
                 "say `client_max_body_size 0;` in it, as the shipped endpoints.conf does");
    }
    const auto pass = location->own("fastcgi_pass");
    if (pass.empty() || pass.back()->argument(0) != "sessiond") {
      here.danger("check-location", location->place(), "something else than the upstream `sessiond` answers the check",
                  "use the shipped endpoints.conf as it is");
    }
  }
}

/// A `return` that another location answers, of a block or of an `if` in it.
void lintLedOn(const CheckedServer& here, const Scope& scope) {
  std::vector<const Scope*> blocks = {&scope};
  for (const auto& child : scope.children()) {
    if (child->kind() == Scope::Kind::kIf) blocks.push_back(child.get());
  }
  for (const Scope* block : blocks) {
    for (const Directive* statement : block->own("return")) {
      const Scope* other = isOurs(statement->place) ? nullptr : answersInstead(*block, *statement);
      if (other == nullptr) continue;
      here.danger("return-before-check", statement->place,
                  "by error_page this leads to " + written(*other) +
                      ", which is open to all, before the check is made: everybody gets its answer",
                  "include a protect snippet with its policy in " + written(*other) + " too");
    }
  }
}

/// What the server says for every request comes before any check.
void lintServerReturns(const CheckedServer& here) {
  lintLedOn(here, here.server);
  const Directives& inside = here.server.inside();
  for (std::size_t i = endpointsAt(here.server); i < inside.size(); ++i) {
    const Directive& directive = inside[i];
    if (isOurs(directive.place)) continue;
    const bool answers = directive.name == "return" && answersWithSuccess(directive);
    bool answers_some = false;
    if (directive.name == "if" && directive.block) {
      for (const Directive& inner : *directive.block) {
        answers_some = answers_some || (inner.name == "return" && answersWithText(inner));
      }
    }
    const bool preflight =
        std::any_of(directive.arguments.begin(), directive.arguments.end(),
                    [](const std::string& word) { return word.find("OPTIONS") != std::string::npos; });
    if (!answers && (!answers_some || preflight)) continue;
    here.danger("return-before-check", directive.place,
                "the server answers this before any check is made: everybody gets it", "put it into a location");
  }
}

void lintReturns(const CheckedServer& here, const Scope& location) {
  lintLedOn(here, location);
  for (const Directive* statement : location.own("return")) {
    // Whoever protects an address that answers with nothing asks for nothing but the check.
    if (answersWithText(*statement) || (answersWithSuccess(*statement) && hasOwnCheck(location))) {
      here.danger("return-before-check", statement->place,
                  written(location) +
                      " answers before the check is made: "
                      "everybody gets this",
                  "serve it as a file, or pass it on");
    }
  }
  for (const auto& child : location.children()) {
    if (child->kind() != Scope::Kind::kIf) continue;
    const std::vector<std::string>& condition = child->opened()->arguments;
    const bool preflight = std::any_of(condition.begin(), condition.end(), [](const std::string& word) {
      return word.find("OPTIONS") != std::string::npos;
    });
    for (const Directive* statement : child->own("return")) {
      if (!answersWithText(*statement) || preflight || isOurs(statement->place)) continue;
      here.danger("return-before-check", statement->place,
                  "this answers before the check is made: whoever fulfils the "
                  "condition gets it",
                  "serve it as a file, or pass it on");
    }
  }
}

/// Does nginx end there what a location sets, always or for some requests?
bool endsSets(const Directive& directive) {
  if (directive.name == "if" && directive.block) {
    return std::any_of(directive.block->begin(), directive.block->end(), endsSets);
  }
  return directive.name == "break" || (directive.name == "rewrite" && directive.argument(2) == "break");
}

/// What stands behind a `break` is not set; of the check itself, and of which policy it is made by.
void lintBreaks(const CheckedServer& here, const Scope& location) {
  const Directive* end = nullptr;
  bool after_check = !hasOwnCheck(location) || isChecked(here.server);
  for (const Directive& directive : location.inside()) {
    after_check = after_check || directive.name == "auth_request";
    if (endsSets(directive) && !after_check) {
      here.fault("rewrite-break", directive.place,
                 "`break` ends what the location sets: its policy is not asked for, and "
                 "everybody is refused",
                 "put it last, behind the include of the protect snippet and what is set there");
    } else if (endsSets(directive) && end == nullptr) {
      end = &directive;
    }
    if (end == nullptr || directive.name != "set" || isOurs(directive.place)) continue;
    const std::string_view variable = directive.argument(0);
    if (variable != "$sessiond_policy" && variable != "$sessiond_touch" && variable != "$sessiond_audience") continue;
    here.danger("rewrite-break", end->place,
                "`break` ends what the location sets: `set " + std::string(variable) + " " +
                    std::string(directive.argument(1)) + "`, further down, is not in force",
                "put it last, behind the include of the protect snippet and what is set there");
  }
}

/// nginx hands the check down to inner locations, but not what says which policy it is made by. (In a server that is
/// protected as a whole that is `default`.)
void lintNested(const CheckedServer& here, const Scope& location) {
  const Scope* at = location.inForceAt("auth_request");
  if (!isChecked(location) || at == &here.server || at->kind() != Scope::Kind::kLocation ||
      !location.own("internal").empty() || isChecked(here.server))
    return;
  here.fault("nested-check", location.place(),
             written(location) +
                 " inherits its check without a policy: everybody is "
                 "refused",
             "include the protect snippet in it too, and set its policy");
}

}  // namespace

void lintCheck(const CheckedServer& here) {
  lintEndpoints(here);
  lintUpstream(here);
  lintServerReturns(here);
  for (const Scope* location : here.locations) {
    if (isChecked(*location)) {
      lintReturns(here, *location);
      lintBreaks(here, *location);
      if (location->value("satisfy") == "any") {
        here.danger("satisfy-any", location->inForce("satisfy").back()->place,
                    "whoever an `allow` or auth_basic lets in "
                    "is not checked in " +
                        written(*location),
                    "say `satisfy all`, or give those addresses a server of "
                    "their own");
      }
    }
    const auto own = location->own("auth_request");
    if (own.empty()) {
      lintNested(here, *location);
      continue;
    }
    if (isPublicCorner(*location)) {
      here.hint("public-corner", own.back()->place,
                written(*location) + " is open to all, in a server that is protected", "fine, if it is meant so");
    }
    if (own.back()->argument(0) == "off" && location->parent()->kind() == Scope::Kind::kLocation &&
        isChecked(*location->parent())) {
      here.danger(
          "check-switched-off", own.back()->place,
          written(*location) + " is open to all, inside " + written(*location->parent()) + ", which is protected",
          "remove it, or move the location out, where one "
          "sees that it is public");
    }
    if (own.back()->argument(0) == "/sessiond/auth") {
      here.fault("check-by-hand", own.back()->place,
                 "an auth_request written by hand names no policy and is always "
                 "refused",
                 "include sessiond/protect-page.conf or protect-api.conf");
    } else if (own.back()->argument(0) != "off" && !hasOwnCheck(*location)) {
      here.hint("check-of-others", own.back()->place, "sessiond is not asked here",
                "fine, if something else is meant to "
                "decide");
    }
  }
}

}  // namespace sessiond::nginx
