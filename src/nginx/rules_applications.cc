// The programs behind what is protected: does somebody else reach them, or everybody?

#include <map>
#include <utility>

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool knowsSessiond(const Scope& server) {
  return endpointsAt(server) < server.inside().size();
}

/// Protected locations, each by the addresses of its programs; of several that lead to one, the first.
using ByProgram = std::map<std::string, const Scope*, std::less<>>;

void lintLine(const Site& site, const ByProgram& closed, const Handover& open) {
  for (const std::string& address : open.addresses) {
    const auto found = closed.find(address);
    if (found == closed.end()) continue;
    site.danger("application-also-public", open.line->place,
                "the application of " + written(*found->second) +
                    " is open to all here, and takes the client's own word "
                    "for who it is",
                "include sessiond/endpoints.conf and a protect snippet in this server too, or let it listen on "
                "127.0.0.1 only");
    return;
  }
}

/// A server that others reach, and that has nothing to do with sessiond, in front of a protected application.
void lintOtherWaysIn(const Site& site, const ByProgram& closed) {
  if (closed.empty()) return;
  for (const Scope* server : site.main.all(Scope::Kind::kServer)) {
    if (knowsSessiond(*server) || !listensPublicly(*server) || isClosedServer(*server)) continue;
    for (const Scope* location : server->all(Scope::Kind::kLocation)) {
      if (isChecked(*location) || isClosed(*location)) continue;
      for (const Handover& open : handoversOf(*location, site.upstreams)) lintLine(site, closed, open);
    }
  }
}

/// An application on another machine believes whoever reaches it.
void lintElsewhere(const Site& site, const Handover& handover) {
  if (!leadsElsewhere(handover)) return;
  site.hint("application-elsewhere", handover.line->place,
            "the application at " + handover.name +
                " is on another machine: whoever reaches it there, and not by nginx, is whoever it says",
            "let it take connections from this machine only");
}

}  // namespace

void lintApplications(const Site& site) {
  ByProgram closed;
  for (const Scope* location : site.locations) {
    if (!isChecked(*location)) continue;
    for (const Handover& handover : handoversOf(*location, site.upstreams)) {
      lintElsewhere(site, handover);
      for (const std::string& address : handover.addresses) closed.emplace(address, location);
    }
  }
  lintOtherWaysIn(site, closed);
}

}  // namespace sessiond::nginx
