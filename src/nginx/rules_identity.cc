// Whom do the applications hear: sessiond, or the client?

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "nginx/client_values.h"
#include "nginx/header_name.h"
#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

/// How a kind of application is told.
struct Channel {
  std::string_view pass;
  std::string_view set;
  bool parameters;  ///< named HTTP_X_USER_ID
  std::string_view snippet;
};
constexpr std::array<Channel, 5> kChannels = {{{"proxy_pass", "proxy_set_header", false, "identity-proxy.conf"},
                                               {"grpc_pass", "grpc_set_header", false, "identity-grpc.conf"},
                                               {"fastcgi_pass", "fastcgi_param", true, "identity-fastcgi.conf"},
                                               {"uwsgi_pass", "uwsgi_param", true, "identity-uwsgi.conf"},
                                               {"scgi_pass", "scgi_param", true, "identity-scgi.conf"}}};

/// The identity headers that a location does not set, as a list.
std::string notSet(const CheckedServer& here, const Scope& scope, const Channel& channel) {
  std::string missing;
  const std::vector<const Directive*> set = scope.inForce(channel.set);
  for (const std::string& header : here.identity) {
    const std::string name = channel.parameters ? parameterName(header) : header;
    const bool found = std::any_of(set.begin(), set.end(), [&name](const Directive* directive) {
      return sameWithoutCase(directive->argument(0), name);
    });
    if (!found) missing += (missing.empty() ? "" : ", ") + header;
  }
  return missing;
}

/// The identity header that a line sets, however it is spelt; "" when it sets another one.
std::string headerSetBy(const CheckedServer& here, const Directive& set, const Channel& channel) {
  const std::string name = plainName(set.argument(0));
  for (const std::string& header : here.identity) {
    if (name == plainName(channel.parameters ? parameterName(header) : header)) return header;
  }
  return "";
}

/// The variable in a text that the client chooses; "" without one. A name is the client's unless nginx asks for its
/// password.
std::string clientsWordIn(std::string_view text, const ClientValues& client, const Scope& scope) {
  const std::string variable = client.in(text);
  const std::string_view realm = scope.value("auth_basic");
  return variable == "$remote_user" && !realm.empty() && realm != "off" ? "" : variable;
}

void sayClients(const CheckedServer& here, const Place& place, const std::string& what, const std::string& remedy) {
  here.danger("identity-from-client", place, what, "remove it: sessiond/" + remedy);
}

void sayHeader(const CheckedServer& here, const Place& place, const std::string& word, const std::string& header,
               std::string_view snippet) {
  sayClients(here, place, "the application takes " + word + ", which the client chooses, for " + header,
             std::string(snippet) + " sets " + header);
}

void sayVariable(const CheckedServer& here, const Place& place, const std::string& word, const std::string& variable) {
  sayClients(here, place,
             variable + " is set to " + word + ", which the client chooses: the application takes it for who it is",
             "check.conf sets " + variable);
}

/// What the client says, in the place of sessiond's word.
void lintValues(const CheckedServer& here, const ClientValues& client, const Scope& at, const Channel& channel) {
  for (const Directive* set : at.inForce(channel.set)) {
    const std::string header = headerSetBy(here, *set, channel);
    const std::string word = clientsWordIn(set->argument(1), client, at);
    if (header.empty() || word.empty()) continue;
    sayHeader(here, set->place, word, header, channel.snippet);
  }
}

/// The same one step earlier, where the variables are set that the snippets hand on.
void lintVariables(const CheckedServer& here, const ClientValues& client, const Scope& scope) {
  for (const Directive& directive : scope.inside()) {
    if (directive.name != "set" && directive.name != "auth_request_set") continue;
    const std::string variable = lowerCase(directive.argument(0));
    if (!isIdentityVariable(variable)) continue;
    const std::string word = clientsWordIn(directive.argument(1), client, scope);
    if (!word.empty()) sayVariable(here, directive.place, word, variable);
  }
  for (const auto& child : scope.children()) lintVariables(here, client, *child);
}

bool saysItHasIdentity(const CheckedServer& here, const Scope& location) {
  const auto sets = [](const Scope& scope) {
    const auto own = scope.own("set");
    return std::any_of(own.begin(), own.end(), [](const Directive* set) {
      return set->argument(0) == "$sessiond_identity" && !set->argument(1).empty() && set->argument(1)[0] != '$';
    });
  };
  return sets(location) || sets(here.server);
}

void lintPass(const CheckedServer& here, const ClientValues& client, const Scope& location, const Scope& at,
              const Channel& channel) {
  const auto pass = at.own(channel.pass);
  if (pass.empty()) return;
  lintValues(here, client, at, channel);
  const std::string missing = notSet(here, at, channel);
  if (missing.empty()) return;
  const std::string snippet(channel.snippet);
  const std::string remedy =
      "include sessiond/" + snippet + " in the very block, beside its other " + std::string(channel.set);
  if (isChecked(location) && !saysItHasIdentity(here, location)) {
    here.fault("identity-not-included", pass.back()->place,
               written(location) +
                   " does not tell the application who it is, "
                   "and who sends " +
                   missing + " is refused",
               remedy);
  } else {
    here.danger("identity-missing", pass.back()->place,
                "the application in " + written(location) +
                    " takes the client's own "
                    "word for " +
                    missing,
                remedy);
  }
}

}  // namespace

void lintIdentity(const CheckedServer& here) {
  if (!here.has_endpoints) return;
  const ClientValues client(here.main, here.server);
  lintVariables(here, client, here.server);
  for (const Scope* location : here.locations) {
    for (const Channel& channel : kChannels) {
      lintPass(here, client, *location, *location, channel);
      for (const auto& child : location->children()) {
        if (child->kind() == Scope::Kind::kIf) lintPass(here, client, *location, *child, channel);
      }
    }
  }
  if (here.server.value("ignore_invalid_headers") == "off") {
    here.danger("invalid-headers", here.server.inForce("ignore_invalid_headers").back()->place,
                "X.User.Id gets through, which CGI and others cannot tell from X-User-Id",
                "remove `ignore_invalid_headers off`");
  }
  if (here.server.value("underscores_in_headers") == "on") {
    here.hint(
        "underscores", here.server.inForce("underscores_in_headers").back()->place,
        "X_User_Id gets through, which many applications cannot tell from X-User-Id: only what the identity includes "
        "set keeps it out",
        "remove `underscores_in_headers on`, if nothing needs it");
  }
  if (here.facts.identity.empty()) return;
  for (const std::string& header : here.identity) {
    const bool is_mapped = std::any_of(here.facts.identity.begin(), here.facts.identity.end(),
                                       [&header](const std::string& name) { return sameWithoutCase(name, header); });
    if (!is_mapped) {
      here.fault("identity-drift", here.server.place(),
                 "the snippets hand on " + header + ", which sessiond.yaml maps no more: it is always empty",
                 "use the output of `sessionctl nginx print`");
    }
  }
  for (const std::string& header : here.facts.identity) {
    const bool known = std::any_of(here.identity.begin(), here.identity.end(),
                                   [&header](const std::string& name) { return sameWithoutCase(name, header); });
    if (!known) {
      here.fault("identity-drift", here.server.place(),
                 "sessiond.yaml maps " + header + ", which the snippets do not hand on",
                 "use the output of `sessionctl nginx print`");
    }
  }
}

}  // namespace sessiond::nginx
