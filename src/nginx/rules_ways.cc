// Are there other ways to what a location protects?

#include <algorithm>

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

void lintExact(const CheckedServer& here, const Scope& exact) {
  for (const Scope* prefix : here.locations) {
    if (!isPrefix(*prefix) || !isChecked(*prefix) || nameOf(*prefix).text == "/") continue;
    if (!nameOf(exact).text.starts_with(nameOf(*prefix).text) || isClosed(exact)) continue;
    here.hint("exact-beats-prefix", exact.place(), written(exact) + " is open to all, below " + written(*prefix),
              "fine, if it is meant so");
    return;
  }
}

void lintAlias(const CheckedServer& here, const Scope& location) {
  const auto alias = location.own("alias");
  if (alias.empty() || !isPrefix(location) || nameOf(location).text.ends_with('/')) return;
  if (alias.back()->argument(0).ends_with('/')) {
    here.danger("alias-traversal", alias.back()->place,
                written(location) + " has no slash at its end: `" + std::string(nameOf(location).text) +
                    "../` leads out of the folder",
                "end both with a slash");
  }
}

/// Whatever begins another request inside nginx, which is never checked.
void lintSubrequests(const CheckedServer& here, const Scope& open) {
  for (const std::string_view name : {"mirror", "add_before_body", "add_after_body"}) {
    for (const Directive* line : open.inForce(name)) {
      const Scope* target = locationFor(here.server, line->argument(0));
      if (target == nullptr || !isChecked(*target)) continue;
      here.danger("subrequest", line->place,
                  "every request to " + written(open) + ", which is open to all, makes one to " + written(*target) +
                      ", and that one nginx does not check",
                  "let it lead to an internal location of its own, or protect " + written(open) + " too");
    }
  }
}

/// What an application may send instead of its own answer (X-Accel-Redirect), by what it is told of it.
void lintAccelTargets(const CheckedServer& here, const Scope& location) {
  for (const Directive* line : location.inForce("proxy_set_header")) {
    if (line->argument(0) != "X-Accel-Mapping") continue;
    const std::string_view mapping = line->argument(1);
    const std::string_view address = mapping.substr(std::min(mapping.rfind('=') + 1, mapping.size()));
    const Scope* target = locationFor(here.server, address);
    if (target == nullptr || isChecked(*target) || isClosed(*target)) continue;
    here.danger("x-accel-open", target->place(),
                written(*target) + " is where the application sends who may have a file, and everybody gets there",
                "say `internal;` in it");
  }
}

/// The same where a check is made by `default`, and what is asked for without one names a policy.
void lintWeaker(const CheckedServer& here, const Scope& location) {
  const auto report = [&](const Directive& line, const Scope& other) {
    here.fault("policy-weaker", line.place,
               "whoever gets into " + written(location) + ", which is checked by `default`, sees what `" +
                   std::string(namedPolicy(other)) + "` protects in " + written(other) + ": nginx does not check that",
               "set that policy in " + written(location) + " too, or keep it from asking for the other");
  };
  for (const std::string_view name : {"mirror", "add_before_body", "add_after_body"}) {
    for (const Directive* line : location.inForce(name)) {
      const Scope* target = locationFor(here.server, line->argument(0));
      if (target != nullptr && lacksPolicyOf(location, *target)) report(*line, *target);
    }
  }
  if (location.value("ssi") != "on") return;
  for (const Scope* other : here.locations) {
    if (!lacksPolicyOf(location, *other)) continue;
    report(*location.inForce("ssi").back(), *other);
    return;
  }
}

/// Who passes the check of `/` also gets what a policy protects below it, by another number of slashes.
void lintDoubledSlashes(const CheckedServer& here) {
  const Scope* root = locationFor(here.server, "/*");
  for (const Scope* other : here.locations) {
    if (!isPrefix(*other) || !lacksPolicyOf(root == nullptr ? here.server : *root, *other)) continue;
    const std::string name(nameOf(*other).text);
    here.fault("policy-weaker", here.server.inForce("merge_slashes").back()->place,
               "/" + name + " is not below " + written(*other) + ", and is checked by `default`, not by `" +
                   std::string(namedPolicy(*other)) + "`",
               "remove `merge_slashes off`");
    return;
  }
}

bool protectsPart(const CheckedServer& here) {
  const Scope* root = locationFor(here.server, "/");
  const bool root_open = root == nullptr || !isChecked(*root);
  return root_open && std::any_of(here.locations.begin(), here.locations.end(),
                                  [](const Scope* location) { return isPrefix(*location) && isChecked(*location); });
}

}  // namespace

void lintWays(const CheckedServer& here) {
  bool protects = false;
  for (const Scope* location : here.locations) protects = protects || isChecked(*location);
  for (const Scope* location : here.locations) {
    lintAlias(here, *location);
    lintAccelTargets(here, *location);
    if (!isChecked(*location)) lintSubrequests(here, *location);
    if (isChecked(*location)) {
      lintWeaker(here, *location);
      continue;
    }
    if (isExact(*location)) lintExact(here, *location);
    if (protects && location->value("ssi") == "on") {
      here.danger("ssi", location->inForce("ssi").back()->place,
                  "a page of " + written(*location) +
                      " can include protected "
                      "addresses: nginx does not check those",
                  "switch `ssi` on only where a check is made");
    }
  }
  if (here.server.value("merge_slashes") != "off") return;
  lintDoubledSlashes(here);
  if (protectsPart(here)) {
    here.danger("merge-slashes", here.server.inForce("merge_slashes").back()->place,
                "//account/ is not below the location "
                "/account/, and reaches the application unchecked",
                "remove `merge_slashes off`, or protect `/`");
  }
}

}  // namespace sessiond::nginx
