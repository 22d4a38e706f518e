// What is around: status addresses, the login, what stands before nginx.

#include <algorithm>
#include <charconv>

#include "nginx/client_values.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool usesTls(const Scope& server) {
  const auto listens = server.own("listen");
  return std::any_of(listens.begin(), listens.end(), [](const Directive* listen) {
    const auto& words = listen->arguments;
    return std::find(words.begin(), words.end(), "ssl") != words.end() ||
           std::find(words.begin(), words.end(), "quic") != words.end();
  });
}

/// `16k` in bytes; 0 when it is no size.
std::size_t bytes(std::string_view size) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), number);
  if (error != std::errc()) return 0;
  const std::string_view unit = size.substr(static_cast<std::size_t>(end - size.data()));
  if (unit == "k" || unit == "K") return number * 1024;
  return unit == "m" || unit == "M" ? number * 1024 * 1024 : number;
}

/// Of what a check answers, beside the identity.
constexpr std::size_t kOtherHeaders = 4096;

/// Rounded down.
std::string inKibibytes(std::size_t size) {
  return std::to_string(size / 1024) + "k";
}

void lintOurLocations(const CheckedServer& here) {
  for (const Scope* location : here.server.all(Scope::Kind::kLocation)) {
    const LocationName name = nameOf(*location);
    if (name.text == "/sessiond/metrics" && listensPublicly(here.server)) {
      here.hint("status-public", location->place(),
                "status.conf stands in a server that others can reach; behind a proxy on "
                "this machine its `allow 127.0.0.1` lets everybody in",
                "give it a server of its own on 127.0.0.1");
    }
    if (name.text == "/login" && isOurs(location->place()) && location->inForce("limit_req").empty()) {
      here.hint("login-unlimited", location->place(), "nginx lets a client try passwords as fast as it can",
                "limit_req_zone and limit_req: the lines are in sessiond/endpoints.conf, at `location = /login`");
    }
    if (name.text == "sessiond:check" && here.facts.identity_max_bytes > 0) {
      const std::size_t buffer = bytes(location->value("fastcgi_buffer_size"));
      if (buffer > 0 && buffer < here.facts.identity_max_bytes + kOtherHeaders) {
        here.fault("buffers", location->place(),
                   "session.identity_max_bytes (" + inKibibytes(here.facts.identity_max_bytes) +
                       ") and 4k for the other headers do not fit into fastcgi_buffer_size (" + inKibibytes(buffer) +
                       "): a user with many roles gets 503",
                   buffer > kOtherHeaders + 1024
                       ? "in sessiond.yaml: session: {identity_max_bytes: " + inKibibytes(buffer - kOtherHeaders) + "}"
                       : "say fastcgi_buffer_size 16k");
      }
    }
  }
}

/// Who says by which scheme the browser came?
void lintScheme(const CheckedServer& here) {
  if (!here.has_endpoints) return;
  const bool proxied =
      !here.server.inForce("real_ip_header").empty() || !here.server.inForce("set_real_ip_from").empty();
  const Directive* set = lastSet(here.server, "$sessiond_scheme");
  if (set == nullptr) {
    if (!proxied || usesTls(here.server)) return;
    here.hint("scheme", here.server.place(),
              "something stands before this server; if it ends TLS, sessiond takes the "
              "browser's https for http: no Secure cookie, and logins are refused as foreign",
              "say `set $sessiond_scheme https;` in the server");
    return;
  }
  const std::string word = ClientValues(here.main, here.server).in(set->argument(1));
  if (proxied || word.empty()) return;
  here.hint("scheme", set->place,
            "without a proxy that sets " + word + " the client chooses what sessiond takes for its scheme",
            "say `set $sessiond_scheme https;`; or `set_real_ip_from` with the proxies, and let nobody else come here");
}

/// The applications' endpoints, wherever they ended up.
void lintApi(const Scope& server, Findings& findings) {
  if (!listensPublicly(server)) return;
  for (const Scope* location : server.all(Scope::Kind::kLocation)) {
    for (const Directive* parameter : location->own("fastcgi_param")) {
      const std::string_view endpoint = parameter->argument(1);
      if (parameter->argument(0) != "SESSIOND_ENDPOINT" || (endpoint != "session" && endpoint != "cache")) continue;
      findings.push_back(
          {{Severity::kDanger, "api-public", "others can reach the applications' own way to sessions and cache",
            "let this server listen on 127.0.0.1 or a unix socket only"},
           location->place()});
    }
  }
}

/// A browser that asks for leave sends no cookie, and would be refused.
void lintPreflight(const CheckedServer& here, const Scope& location) {
  const auto headers = location.inForce("add_header");
  const bool shares = std::any_of(headers.begin(), headers.end(), [](const Directive* header) {
    return header->argument(0) == "Access-Control-Allow-Origin";
  });
  const auto& children = location.children();
  const bool answers = std::any_of(children.begin(), children.end(), [](const auto& child) {
    return child->kind() == Scope::Kind::kIf && !child->own("return").empty() &&
           child->opened()->arguments.back().find("OPTIONS") != std::string::npos;
  });
  if (shares && !answers) {
    here.hint("preflight", headers.front()->place,
              "other origins may ask for " + written(location) +
                  ", but their preflight requests carry no cookie and are refused",
              "answer OPTIONS with `return 204` in an `if`, see protect-api.conf");
  }
}

void lintCompany(const CheckedServer& here) {
  for (const Scope* location : here.locations) {
    if (!isChecked(*location)) continue;
    lintPreflight(here, *location);
    const std::string_view basic = location->value("auth_basic");
    if (!basic.empty() && basic != "off" && location->value("satisfy") != "any") {
      here.hint("auth-basic", location->inForce("auth_basic").back()->place,
                "two logins one after the other in " + written(*location), "fine, if it is meant so");
    }
    const auto methods = location->all(Scope::Kind::kLimitExcept);
    if (!methods.empty() && hasOwnCheck(*location) && !isChecked(here.server) && !isClosed(*methods.front())) {
      here.fault("limit-except", methods.front()->place(),
                 "limit_except asks for no policy: every method but those that it names is refused",
                 "use `if ($request_method !~ ^(GET|HEAD|POST)$) { return 405; }`");
    }
  }
  const Scope* challenge = locationFor(here.server, "/.well-known/acme-challenge/x");
  const bool checked = challenge == nullptr ? isChecked(here.server) : isChecked(*challenge);
  if (checked && listensPublicly(here.server) && !usesTls(here.server)) {
    here.hint("acme", here.server.place(),
              "certificates cannot be renewed over http: /.well-known/acme-challenge/ is behind "
              "the check",
              "give it a location ^~ with `auth_request off;`");
  }
}

}  // namespace

void lintAnyServer(const Scope& server, Findings& findings) {
  lintApi(server, findings);
}

void lintAround(const CheckedServer& here) {
  lintOurLocations(here);
  lintScheme(here);
  lintCompany(here);
}

}  // namespace sessiond::nginx
