// Are there other ways to what a location protects?

#include <algorithm>

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

void lintExact(const Site& site, const Scope& exact) {
  for (const Scope* prefix : site.locations) {
    if (!isPrefix(*prefix) || !isChecked(*prefix) || nameOf(*prefix).text == "/") continue;
    if (!nameOf(exact).text.starts_with(nameOf(*prefix).text) || isClosed(exact)) continue;
    site.hint("exact-beats-prefix", exact.place(), written(exact) + " is open to all, below " + written(*prefix),
              "fine, if it is meant so");
    return;
  }
}

void lintAlias(const Site& site, const Scope& location) {
  const auto alias = location.own("alias");
  if (alias.empty() || !isPrefix(location) || nameOf(location).text.ends_with('/')) return;
  if (alias.back()->argument(0).ends_with('/')) {
    site.danger("alias-traversal", alias.back()->place,
                written(location) + " has no slash at its end: `" + std::string(nameOf(location).text) +
                    "../` leads out of the folder",
                "end both with a slash");
  }
}

/// Whatever begins another request inside nginx, which is never checked.
void lintSubrequests(const Site& site, const Scope& open) {
  for (const std::string_view name : {"mirror", "add_before_body", "add_after_body"}) {
    for (const Directive* line : open.inForce(name)) {
      const Scope* target = locationFor(site.server, line->argument(0));
      if (target == nullptr || !isChecked(*target)) continue;
      site.danger("subrequest", line->place,
                  "every request to " + written(open) + ", which is open to all, makes one to " + written(*target) +
                      ", and that one nginx does not check",
                  "let it lead to an internal location of its own, or protect " + written(open) + " too");
    }
  }
}

/// What an application may send instead of its own answer (X-Accel-Redirect), by what it is told of it.
void lintAccelTargets(const Site& site, const Scope& location) {
  for (const Directive* line : location.inForce("proxy_set_header")) {
    if (line->argument(0) != "X-Accel-Mapping") continue;
    const std::string_view mapping = line->argument(1);
    const std::string_view address = mapping.substr(std::min(mapping.rfind('=') + 1, mapping.size()));
    const Scope* target = locationFor(site.server, address);
    if (target == nullptr || isChecked(*target) || isClosed(*target)) continue;
    site.danger("x-accel-open", target->place(),
                written(*target) + " is where the application sends who may have a file, and everybody gets there",
                "say `internal;` in it");
  }
}

/// The same where a check is made by `default`, and what is asked for without one names a policy.
void lintWeaker(const Site& site, const Scope& location) {
  const auto report = [&](const Directive& line, const Scope& other) {
    site.fault("policy-weaker", line.place,
               "whoever gets into " + written(location) + ", which is checked by `default`, sees what `" +
                   std::string(namedPolicy(other)) + "` protects in " + written(other) + ": nginx does not check that",
               "set that policy in " + written(location) + " too, or keep it from asking for the other");
  };
  for (const std::string_view name : {"mirror", "add_before_body", "add_after_body"}) {
    for (const Directive* line : location.inForce(name)) {
      const Scope* target = locationFor(site.server, line->argument(0));
      if (target != nullptr && lacksPolicyOf(location, *target)) report(*line, *target);
    }
  }
  if (location.value("ssi") != "on") return;
  for (const Scope* other : site.locations) {
    if (!lacksPolicyOf(location, *other)) continue;
    report(*location.inForce("ssi").back(), *other);
    return;
  }
}

/// Who passes the check of `/` also gets what a policy protects below it, by another number of slashes.
void lintDoubledSlashes(const Site& site) {
  const Scope* root = locationFor(site.server, "/*");
  for (const Scope* other : site.locations) {
    if (!isPrefix(*other) || !lacksPolicyOf(root == nullptr ? site.server : *root, *other)) continue;
    const std::string name(nameOf(*other).text);
    site.fault("policy-weaker", site.server.inForce("merge_slashes").back()->place,
               "/" + name + " is not below " + written(*other) + ", and is checked by `default`, not by `" +
                   std::string(namedPolicy(*other)) + "`",
               "remove `merge_slashes off`");
    return;
  }
}

bool protectsPart(const Site& site) {
  const Scope* root = locationFor(site.server, "/");
  const bool root_open = root == nullptr || !isChecked(*root);
  return root_open && std::any_of(site.locations.begin(), site.locations.end(),
                                  [](const Scope* location) { return isPrefix(*location) && isChecked(*location); });
}

}  // namespace

void lintWays(const Site& site) {
  bool protects = false;
  for (const Scope* location : site.locations) protects = protects || isChecked(*location);
  for (const Scope* location : site.locations) {
    lintAlias(site, *location);
    lintAccelTargets(site, *location);
    if (!isChecked(*location)) lintSubrequests(site, *location);
    if (isChecked(*location)) {
      lintWeaker(site, *location);
      continue;
    }
    if (isExact(*location)) lintExact(site, *location);
    if (protects && location->value("ssi") == "on") {
      site.danger("ssi", location->inForce("ssi").back()->place,
                  "a page of " + written(*location) +
                      " can include protected "
                      "addresses: nginx does not check those",
                  "switch `ssi` on only where a check is made");
    }
  }
  if (site.server.value("merge_slashes") != "off") return;
  lintDoubledSlashes(site);
  if (protectsPart(site)) {
    site.danger("merge-slashes", site.server.inForce("merge_slashes").back()->place,
                "//account/ is not below the location "
                "/account/, and reaches the application unchecked",
                "remove `merge_slashes off`, or protect `/`");
  }
}

}  // namespace sessiond::nginx
