// The programs behind what is protected: does somebody else reach them, or everybody?

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "nginx/destination.h"
#include "nginx/mapping.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool knowsSessiond(const Scope& server) {
  return endpointsAt(server) < server.inside().size();
}

/// Protected locations by the addresses of their programs.
using ByProgram = std::map<std::string, std::vector<const Scope*>, std::less<>>;

/// `/srv/a` and `/srv/a/`: the same with a slash at its end.
std::string asFolder(std::string_view path) {
  return std::string(path) + (path.ends_with('/') ? "" : "/");
}

/// The folder whose scripts a location runs; "" when that cannot be told.
std::string scriptFolderOf(const Scope& location) {
  for (const Directive* parameter : location.inForce("fastcgi_param")) {
    const std::string_view script = parameter->argument(1);
    const bool is_below = script.find("$document_root") != std::string_view::npos ||
                          script.find("$realpath_root") != std::string_view::npos;
    if (parameter->argument(0) == "SCRIPT_FILENAME" && !is_below) return "";
  }
  const auto alias = location.own("alias");
  const std::string_view folder = alias.empty() ? location.value("root") : alias.back()->argument(0);
  return folder.empty() || folder.find('$') != std::string_view::npos ? "" : asFolder(folder);
}

/// PHP-FPM runs the scripts of many sites: is it another one's that is open?
bool runsOtherScripts(const Handover& handover, const Scope& open, const Scope& closed) {
  if (handover.line->name != "fastcgi_pass") return false;
  const std::string one = scriptFolderOf(open);
  const std::string other = scriptFolderOf(closed);
  return !one.empty() && !other.empty() && !one.starts_with(other) && !other.starts_with(one);
}

void lintLine(const CheckedServer& here, const ByProgram& closed, const Scope& location, const Handover& open) {
  for (const std::string& address : open.addresses) {
    const auto found = closed.find(address);
    if (found == closed.end()) continue;
    const auto behind = std::find_if(found->second.begin(), found->second.end(),
                                     [&](const Scope* one) { return !runsOtherScripts(open, location, *one); });
    if (behind == found->second.end()) continue;
    here.danger("application-also-public", open.line->place,
                "the application of " + written(**behind) +
                    " is open to all here, and takes the client's own word "
                    "for who it is",
                "include sessiond/endpoints.conf and a protect snippet in this server too, or let it listen on "
                "127.0.0.1 only");
    return;
  }
}

/// A server that others reach, and that has nothing to do with sessiond, in front of a protected application.
void lintOtherWaysIn(const CheckedServer& here, const ByProgram& closed) {
  if (closed.empty()) return;
  for (const Scope* server : here.main.all(Scope::Kind::kServer)) {
    if (knowsSessiond(*server) || !listensPublicly(*server) || isClosed(*server)) continue;
    for (const Scope* location : server->all(Scope::Kind::kLocation)) {
      if (!isOpen(*location)) continue;
      for (const Handover& open : handoversOf(*location, here.upstreams)) lintLine(here, closed, *location, open);
    }
  }
}

/// An application on another machine believes whoever reaches it.
void lintElsewhere(const CheckedServer& here, const Handover& handover) {
  if (!leadsElsewhere(handover)) return;
  here.hint("application-elsewhere", handover.line->place,
            "the application at " + handover.name +
                " is on another machine: whoever reaches it there, and not by nginx, is whoever it says",
            "let it take connections from this machine only");
}

/// Nothing: it cannot be told.
std::optional<Mapping> mappingOf(const Scope& location, const Handover& handover) {
  bool is_rewritten = false;
  for (const Directive* rewrite : location.own("rewrite")) {
    if (rewrite->argument(2) != "break") continue;
    is_rewritten = true;
    if (auto mapping = mappingBy(rewrite->argument(0), rewrite->argument(1))) return mapping;
  }
  if (is_rewritten) return {};
  const LocationName name = nameOf(location);
  switch (name.match) {
    case LocationName::Match::kNamed:
      // It has no addresses of its own; whatever leads to it comes with its own, of which any may be.
      return Mapping{"/", "/"};
    case LocationName::Match::kRegex:
      return handover.path ? mappingBy(name.text, *handover.path) : std::nullopt;
    case LocationName::Match::kPrefix:
    case LocationName::Match::kStrongPrefix:
    case LocationName::Match::kExact:
      break;
  }
  if (handover.path && handover.path->find_first_of("$?") != std::string::npos) return {};
  return Mapping{std::string(name.text), handover.path.value_or(std::string(name.text))};
}

struct Handed {
  const Scope* location;
  Handover handover;
};

/// Does nginx take the open location for the address, as far as prefixes decide?
bool isTaken(const CheckedServer& here, const Scope& open, const std::string& address) {
  const Scope* prefix = locationFor(here.server, address);
  const bool yields = prefix == nullptr || nameOf(*prefix).match == LocationName::Match::kPrefix;
  return prefix == &open || (yields && nameOf(open).match == LocationName::Match::kRegex);
}

/// Does the open location hand on nothing but what the closed one would be taken for? Not where the closed one has the
/// whole application, or has the open one's address too: such an exception is made where one sees it.
bool leadsInto(const CheckedServer& here, const Mapping& open, const Scope& closed, const Mapping& inside) {
  if (inside.to == "/" || !open.to.starts_with(inside.to) || open.from.starts_with(inside.from)) return false;
  if (isExact(closed) && open.to != inside.to) return false;
  return isTaken(here, closed, inside.from + open.to.substr(inside.to.size()));
}

/// Open to all, or checked by another policy than the closed one.
void report(const CheckedServer& here, const Handed& open, const Handed& closed, const std::string& before,
            const std::string& after, const std::string& remedy) {
  const Place& place = open.handover.line->place;
  if (!isChecked(*open.location)) {
    here.danger("address-also-public", place, before + "is open to all" + after, remedy);
    return;
  }
  here.fault(
      "policy-weaker", place,
      before + "is checked by `default`" + after + ", not by `" + std::string(namedPolicy(*closed.location)) + "`",
      "set that policy in " + written(*open.location) + " too, or hand on below a path of its own");
}

/// True: it has been said that the open location leads to what the closed one protects.
bool leadsTo(const CheckedServer& here, const Handed& open, const Mapping& mapping, const Handed& closed) {
  const auto inside = mappingOf(*closed.location, closed.handover);
  if (!inside || !leadToOne(open.handover, closed.handover)) return false;
  const std::string protects = ", which " + written(*closed.location) + " protects, ";
  if (leadsInto(here, mapping, *closed.location, *inside)) {
    report(here, open, closed, "the application's " + mapping.to + protects, " as " + mapping.from,
           "include a protect snippet in " + written(*open.location) + " too");
    return true;
  }
  if (isExact(*open.location)) return false;
  if (inside->to.starts_with(mapping.to)) {
    const std::string address = mapping.from + inside->to.substr(mapping.to.size());
    if (!isTaken(here, *open.location, address)) return false;
    report(here, open, closed, "the application's " + inside->to + protects, " as " + address,
           "hand on below a path of its own, or include a protect snippet in " + written(*open.location) + " too");
    return true;
  }
  // `/a..` is a name to nginx.
  if (mapping.from.ends_with('/') || !mapping.to.ends_with('/')) return false;
  report(here, open, closed,
         "`" + mapping.from + "../` leads out of the application's " + mapping.to + ": " + inside->to + protects, "",
         "let both end with a slash");
  return true;
}

/// An open location that hands on another address than it was asked for, or one that is checked by `default`.
void lintMapping(const CheckedServer& here, const Handed& open, const std::vector<Handed>& all) {
  const bool is_checked = isChecked(*open.location);
  if (!is_checked && !isUnchecked(*open.location)) return;
  const auto mapping = mappingOf(*open.location, open.handover);
  if (!mapping || mapping->from == mapping->to) return;
  for (const Handed& closed : all) {
    const bool is_weaker = is_checked ? lacksPolicyOf(*open.location, *closed.location) : isChecked(*closed.location);
    if (is_weaker && leadsTo(here, open, *mapping, closed)) return;
  }
}

/// What the locations of a server that have addresses hand on, themselves or by another one that a request may end in.
std::vector<Handed> handedOn(const CheckedServer& here, const Scope& server, bool (&is_of_interest)(const Scope&)) {
  std::vector<Handed> all;
  for (const Scope* location : server.all(Scope::Kind::kLocation)) {
    const bool has_address = nameOf(*location).match != LocationName::Match::kNamed;
    if (!has_address || isOurs(location->place()) || !is_of_interest(*location)) continue;
    std::vector<const Scope*> ends = redirectsOf(*location);
    ends.insert(ends.begin(), location);
    for (const Scope* end : ends) {
      // Whoever is led on is checked there.
      if (!isChecked(*location) && isChecked(*end)) continue;
      for (Handover& handover : handoversOf(*end, here.upstreams)) all.push_back({location, std::move(handover)});
    }
  }
  return all;
}

/// Is an address open to all by that location of its server? In doubt, as where a checked regex may take it, no.
bool isOpenBy(const Scope& server, const Scope& open, const std::string& address) {
  const std::vector<const Scope*> locations = locationsFor(server, {address});
  const auto may_protect = [](const Scope* location) {
    return isChecked(*location) ||
           (isRegex(*location) && isClosed(*location) && nameOf(*location).text.starts_with('^'));
  };
  return std::find(locations.begin(), locations.end(), &open) != locations.end() &&
         std::none_of(locations.begin(), locations.end(), may_protect);
}

/// The same for what a regular expression protects: are there addresses of it that the open location is for, and none
/// that its server protects?
bool isOpenToRegex(const Scope& server, const Scope& open, const Scope& closed) {
  const AddressPattern pattern = patternOf(open);
  for (const Scope* at = &closed; at->kind() == Scope::Kind::kLocation; at = at->parent()) {
    if (!pattern.mayMeet(patternOf(*at))) return false;
  }
  const auto locations = server.all(Scope::Kind::kLocation);
  return std::none_of(locations.begin(), locations.end(), [&closed](const Scope* location) {
    return isChecked(*location) && patternOf(*location).mayMeet(patternOf(closed));
  });
}

/// Does an open location of another server lead to what the closed one protects?
bool leadsThere(const Scope& server, const Handed& open, const Handed& closed) {
  if (!leadToOne(open.handover, closed.handover)) return false;
  if (runsOtherScripts(open.handover, *open.location, *closed.location)) return false;
  if (isRegex(*closed.location)) {
    const bool is_unchanged = !open.handover.path && !closed.handover.path;
    return is_unchanged && isOpenToRegex(server, *open.location, *closed.location);
  }
  const auto mapping = mappingOf(*open.location, open.handover);
  const auto inside = mappingOf(*closed.location, closed.handover);
  if (!mapping || !inside || !inside->to.starts_with(mapping->to)) return false;
  return isOpenBy(server, *open.location, mapping->from + inside->to.substr(mapping->to.size()));
}

/// A server of sessiond's, as others are, that leaves open what this one protects of an application.
void lintOtherSites(const CheckedServer& here) {
  const std::vector<Handed> closed = handedOn(here, here.server, isChecked);
  if (closed.empty()) return;
  for (const Scope* server : here.main.all(Scope::Kind::kServer)) {
    const bool is_another = server != &here.server && knowsSessiond(*server);
    if (!is_another || !listensPublicly(*server) || isClosed(*server)) continue;
    for (const Handed& open : handedOn(here, *server, isOpen)) {
      const auto behind = std::find_if(closed.begin(), closed.end(), [&](const Handed& one) {
        return !isForEverybody(here.facts, *one.location) && leadsThere(*server, open, one);
      });
      if (behind == closed.end()) continue;
      const Place place = behind->location->place();
      here.danger("application-also-public", open.location->place(),
                  "what " + written(*behind->location) + " (" + place.file + ":" + std::to_string(place.line) +
                      ") protects of its application is open to all here, by " + written(*open.location),
                  "include a protect snippet in it too, or give those addresses a location of their own with one");
    }
  }
}

}  // namespace

void lintApplications(const CheckedServer& here) {
  std::vector<Handed> all;
  for (const Scope* location : here.locations) {
    for (Handover& handover : handoversOf(*location, here.upstreams)) all.push_back({location, std::move(handover)});
  }
  ByProgram closed;
  for (const Handed& one : all) {
    lintMapping(here, one, all);
    if (!isChecked(*one.location)) continue;
    lintElsewhere(here, one.handover);
    for (const std::string& address : one.handover.addresses) closed[address].push_back(one.location);
  }
  lintOtherWaysIn(here, closed);
  lintOtherSites(here);
}

}  // namespace sessiond::nginx
