// Files that nginx serves itself behind a check: do they have another address, in this server or in another one?

#include <algorithm>
#include <utility>

#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool isServer(const Scope& scope) {
  return scope.kind() == Scope::Kind::kServer;
}

/// Files at addresses that begin with a text, or the one that it is: of a location, or of a server where no location
/// takes them.
struct Shelf {
  const Scope* scope = nullptr;
  std::string address;
  std::string folder;  ///< what follows the address follows it, too
};

/// `/srv//a` is /srv/a.
std::string withoutDoubleSlashes(std::string path) {
  const auto both_slashes = [](char a, char b) { return a == '/' && b == '/'; };
  path.erase(std::unique(path.begin(), path.end(), both_slashes), path.end());
  return path;
}

/// What a location that has addresses or a server serves, as far as its own lines say; of a regex anything below
/// its root. Without a folder: nothing.
Shelf shelfOf(const Scope& scope) {
  const auto stands_here = [&scope](std::string_view name) { return !scope.own(name).empty(); };
  if (stands_here("return") || std::any_of(kPasses.begin(), kPasses.end(), stands_here)) return {};
  const bool is_anywhere = isServer(scope) || isRegex(scope);
  if (!is_anywhere && !isPrefix(scope) && !isExact(scope)) return {};
  Shelf shelf{.scope = &scope, .address = is_anywhere ? "/" : std::string(nameOf(scope).text), .folder = {}};
  const auto alias = scope.own("alias");
  const std::string_view root = scope.value("root");
  if (!alias.empty() && !is_anywhere) {
    shelf.folder = alias.back()->argument(0);
  } else if (alias.empty() && !root.empty()) {
    shelf.folder = std::string(root) + (shelf.address.starts_with('/') ? "" : "/") + shelf.address;
  }
  shelf.folder = withoutDoubleSlashes(std::move(shelf.folder));
  return shelf;
}

/// Nothing stands between everybody and it: no check, also not of others, no password and no list of addresses.
bool isOpen(const Scope& scope) {
  const std::string_view check = scope.value("auth_request");
  const std::string_view password = scope.value("auth_basic");
  const auto denied = scope.inForce("deny");
  const bool is_for_some =
      std::any_of(denied.begin(), denied.end(), [](const Directive* deny) { return deny->argument(0) == "all"; });
  return (check.empty() || check == "off") && (password.empty() || password == "off") && !is_for_some &&
         !isClosed(scope);
}

/// In the server of the check, whose own lists and passwords are in force before what is protected as well: who gets
/// past them is still to be checked.
bool isUnchecked(const Scope& scope) {
  return !isChecked(scope) && !isClosed(scope);
}

/// The address at which an open shelf has the files of a closed one; "": it does not have them.
std::string openAddress(const Scope& server, const Shelf& open, const Shelf& closed) {
  if (open.folder.empty() || !open.folder.ends_with('/') || !closed.folder.starts_with(open.folder)) return "";
  const std::string address = open.address + closed.folder.substr(open.folder.size());
  const Scope* taken = locationFor(server, address);
  return taken == open.scope || (taken == nullptr && isServer(*open.scope)) ? address : "";
}

/// Of a server: its own files, and those of its open locations.
std::vector<Shelf> openShelves(const Scope& server, bool (&is_open)(const Scope&)) {
  std::vector<Shelf> shelves;
  if (isClosed(server)) return shelves;
  if (is_open(server)) shelves.push_back(shelfOf(server));
  for (const Scope* location : server.all(Scope::Kind::kLocation)) {
    if (!isOurs(location->place()) && isPrefix(*location) && is_open(*location)) shelves.push_back(shelfOf(*location));
  }
  return shelves;
}

void lintHere(const Site& site, const Shelf& closed, const std::vector<Shelf>& here) {
  for (const Shelf& open : here) {
    const std::string address = openAddress(site.server, open, closed);
    if (address.empty()) continue;
    site.danger("files-also-public", open.scope->place(),
                "the files of " + written(*closed.scope) + " are open to all as " + address,
                "keep them outside the folder of " + written(*open.scope));
    return;
  }
}

/// Does a server have the same protected regex location, as one that includes the same lines, and does it take the
/// files?
bool isProtectedToo(const Scope& server, const Shelf& open, const Shelf& closed, const std::string& address) {
  if (!isRegex(*closed.scope)) return false;
  const LocationName name = nameOf(*closed.scope);
  const bool is_of_all_folders = address == closed.address || !name.text.starts_with('^');
  const bool yields = isServer(*open.scope) || nameOf(*open.scope).match == LocationName::Match::kPrefix;
  const auto locations = server.all(Scope::Kind::kLocation);
  return is_of_all_folders && yields && std::any_of(locations.begin(), locations.end(), [&name](const Scope* location) {
           if (!isRegex(*location) || !isChecked(*location)) return false;
           const LocationName same = nameOf(*location);
           return same.text == name.text && (same.ignores_case || !name.ignores_case);
         });
}

/// The part of the file system that another server shows to all; a variable in its name may be anything there.
void lintOtherServer(const Site& site, const std::vector<Shelf>& closed, const Scope& server) {
  if (&server == &site.server || !listensPublicly(server)) return;
  for (const Shelf& open : openShelves(server, isOpen)) {
    if (open.folder.find('$') != std::string::npos) continue;
    for (const Shelf& shelf : closed) {
      const std::string address = openAddress(server, open, shelf);
      if (address.empty() || isProtectedToo(server, open, shelf, address)) continue;
      const Place place = shelf.scope->place();
      site.danger("files-also-public", open.scope->place(),
                  "the files of " + written(*shelf.scope) + " (" + place.file + ":" + std::to_string(place.line) +
                      ") are open to all here, as " + address,
                  "protect that address in this server too, or keep them outside its folder");
      break;
    }
  }
}

}  // namespace

void lintFiles(const Site& site) {
  std::vector<Shelf> closed;
  if (isChecked(site.server) && locationFor(site.server, "/") == nullptr) closed.push_back(shelfOf(site.server));
  for (const Scope* location : site.locations) {
    if (isChecked(*location)) closed.push_back(shelfOf(*location));
  }
  closed.erase(std::remove_if(closed.begin(), closed.end(), [](const Shelf& shelf) { return shelf.folder.empty(); }),
               closed.end());
  if (closed.empty()) return;
  const std::vector<Shelf> here = openShelves(site.server, isUnchecked);
  for (const Shelf& shelf : closed) {
    // Where in its root a regex location's files are is not known, and in the same server it takes them.
    if (isPrefix(*shelf.scope) || isExact(*shelf.scope)) lintHere(site, shelf, here);
  }
  for (const Scope* server : site.main.all(Scope::Kind::kServer)) lintOtherServer(site, closed, *server);
}

}  // namespace sessiond::nginx
