// Do the answers get through as they should: the renewed cookie, the site's headers, the way to the login; and do they
// stay with whom they are for?

#include <algorithm>
#include <array>

#include "nginx/destination.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool anyNames(const std::vector<const Directive*>& directives, std::string_view text) {
  return std::any_of(directives.begin(), directives.end(), [text](const Directive* directive) {
    const auto& arguments = directive->arguments;
    return std::any_of(arguments.begin(), arguments.end(),
                       [text](const std::string& argument) { return argument.find(text) != std::string::npos; });
  });
}

void lintHeaders(const CheckedServer& here, const Scope& location) {
  const auto own = location.own("add_header");
  if (own.empty() || anyNames(own, "$sessiond_cookie_to_send")) return;
  here.fault("headers-lost", own.front()->place,
             "the add_header lines of " + written(location) +
                 " replace the server's: a "
                 "renewed cookie and `Cache-Control: private` get lost, and so do the site's own headers",
             "include sessiond/headers.conf in the location, and repeat the server's headers");
}

void lintErrorPages(const CheckedServer& here, const Scope& location) {
  const auto pages = location.inForce("error_page");
  for (const std::string_view code : {"401", "500"}) {
    const Directive* first = nullptr;
    for (const Directive* page : pages) {
      const auto& arguments = page->arguments;
      if (first == nullptr && std::find(arguments.begin(), arguments.end(), code) != arguments.end()) first = page;
    }
    if (first != nullptr && first->arguments.back().starts_with("@sessiond_")) continue;
    here.fault(
        "error-page-lost", first == nullptr ? location.place() : first->place,
        "in " + written(location) + " a " + std::string(code) + " of the check does not lead to sessiond's answer",
        "include the protect snippet in the location, above an error_page of its own");
    return;
  }
}

void lintRecursion(const CheckedServer& here, const Scope& location) {
  if (location.value("recursive_error_pages") != "off") return;
  here.fault("recursive-error-pages", location.inForce("recursive_error_pages").back()->place,
             "where an error_page leads to " + written(location) + ", who is not logged in gets a bare 401",
             "remove `recursive_error_pages off`");
}

struct Cache {
  std::string_view on;
  std::string_view except;
};
constexpr std::array<Cache, 4> kCaches = {{{"proxy_cache", "proxy_no_cache"},
                                           {"fastcgi_cache", "fastcgi_no_cache"},
                                           {"uwsgi_cache", "uwsgi_no_cache"},
                                           {"scgi_cache", "scgi_no_cache"}}};

void lintCaches(const CheckedServer& here, const Scope& location) {
  for (const Cache& cache : kCaches) {
    const std::string_view zone = location.value(cache.on);
    if (zone.empty() || zone == "off" || anyNames(location.inForce(cache.except), "$sessiond_check")) continue;
    here.danger("cache", location.inForce(cache.on).back()->place,
                "one user's page of " + written(location) +
                    " is kept and "
                    "shown to all",
                "say `" + std::string(cache.except) + " $sessiond_check;` too");
  }
  for (const std::string_view store : {"proxy_store", "fastcgi_store", "uwsgi_store", "scgi_store"}) {
    const std::string_view value = location.value(store);
    if (value.empty() || value == "off") continue;
    here.danger("cache", location.inForce(store).back()->place,
                "the answers of " + written(location) +
                    " are stored as files "
                    "for everybody",
                "switch it off there");
  }
}

/// nginx inherits auth_request_set all or nothing, too.
void lintCheckVariables(const CheckedServer& here, const Scope& location) {
  if (location.value("auth_request") != "sessiond:check") return;
  const auto sets = location.inForce("auth_request_set");
  const bool has_ours =
      std::any_of(sets.begin(), sets.end(), [](const Directive* set) { return set->argument(0) == "$sessiond_check"; });
  if (has_ours) return;
  const Directive* line = sets.empty() ? location.inForce("auth_request").back() : sets.front();
  here.danger(
      "check-variables-lost", line->place,
      written(location) +
          " lacks the auth_request_set of the check: caches keep one user's page for all, the application hears "
          "of nobody, and who is not logged in gets a bare 401",
      "include the protect snippet in the location, above an auth_request_set of its own");
}

/// An error page that is answered with an error, which leads to it again.
void lintCircle(const CheckedServer& here, const Scope& location) {
  const bool intercepts = std::any_of(kPasses.begin(), kPasses.end(), [&location](std::string_view pass) {
    const std::string kind(pass.substr(0, pass.find('_')));
    return !location.own(pass).empty() && location.value(kind + "_intercept_errors") == "on";
  });
  if (!intercepts || location.value("recursive_error_pages") != "on") return;
  for (const Directive* page : location.inForce("error_page")) {
    if (isOurs(page->place) || page->arguments.empty()) continue;
    const auto pages = locationsFor(here.server, Destination::by(page->arguments.back()));
    if (std::find(pages.begin(), pages.end(), &location) == pages.end()) continue;
    here.fault("error-page-circle", page->place,
               "when the application in " + written(location) +
                   " says of its error page that there is an error, nginx asks for that again and again, and answers "
                   "with 500",
               "say `recursive_error_pages off;` in " + written(location));
  }
}

/// Does what was checked end here as well?
bool isReachedBehindCheck(const CheckedServer& here, const Scope& location) {
  return std::any_of(here.locations.begin(), here.locations.end(), [&location](const Scope* from) {
    if (!isChecked(*from)) return false;
    const auto redirects = redirectsOf(*from);
    return std::find(redirects.begin(), redirects.end(), &location) != redirects.end();
  });
}

void lintCachesAtHttp(const CheckedServer& here) {
  for (const Cache& cache : kCaches) {
    const auto own = here.server.own(cache.except);
    const bool is_used = std::any_of(here.locations.begin(), here.locations.end(), [&cache](const Scope* location) {
      const std::string_view zone = location->value(cache.on);
      return !zone.empty() && zone != "off";
    });
    if (own.empty() || !is_used) continue;
    for (const Directive* line : here.server.parent()->own(cache.except)) {
      const bool is_repeated = std::any_of(own.begin(), own.end(),
                                           [line](const Directive* one) { return one->arguments == line->arguments; });
      if (is_repeated) continue;
      here.danger(
          "cache", line->place,
          std::string(cache.except) +
              " at http level does not reach servers with endpoints.conf: what it keeps out of the caches gets in",
          "move it into the servers");
    }
  }
}

}  // namespace

void lintAnswers(const CheckedServer& here) {
  if (!here.has_endpoints) return;
  lintCachesAtHttp(here);
  for (const Scope* location : here.locations) {
    lintCircle(here, *location);
    if (!isChecked(*location)) {
      if (isReachedBehindCheck(here, *location)) lintCaches(here, *location);
      continue;
    }
    lintCheckVariables(here, *location);
    lintHeaders(here, *location);
    lintErrorPages(here, *location);
    lintRecursion(here, *location);
    lintCaches(here, *location);
  }
  for (const Directive* header : here.server.parent()->own("add_header")) {
    const auto own = here.server.own("add_header");
    const bool repeated = std::any_of(
        own.begin(), own.end(), [header](const Directive* line) { return line->argument(0) == header->argument(0); });
    if (repeated) continue;
    here.fault("headers-lost", header->place,
               std::string(header->argument(0)) +
                   " at http level does not reach servers with "
                   "endpoints.conf",
               "move it into the servers");
  }
}

}  // namespace sessiond::nginx
