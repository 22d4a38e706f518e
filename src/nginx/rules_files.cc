// Files that nginx serves itself behind a check: do they have another address, in this server or in another one?

#include <algorithm>
#include <utility>

#include "nginx/mapping.h"
#include "nginx/rules.h"

namespace sessiond::nginx {
namespace {

bool isServer(const Scope& scope) {
  return scope.kind() == Scope::Kind::kServer;
}

/// Files at addresses that begin with a text, or the one that it is: of a location, or of a server where no location
/// takes them.
struct ServedFiles {
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
/// its root, or what its alias captures. Without a folder: nothing.
ServedFiles filesOf(const Scope& scope) {
  const auto stands_here = [&scope](std::string_view name) { return !scope.own(name).empty(); };
  if (stands_here("return") || std::any_of(kPasses.begin(), kPasses.end(), stands_here)) return {};
  const bool is_anywhere = isServer(scope) || isRegex(scope);
  if (!is_anywhere && !isPrefix(scope) && !isExact(scope)) return {};
  ServedFiles files{.scope = &scope, .address = is_anywhere ? "/" : std::string(nameOf(scope).text), .folder = {}};
  const auto alias = scope.own("alias");
  const std::string_view root = scope.value("root");
  if (!alias.empty() && isRegex(scope)) {
    const auto mapping = mappingBy(nameOf(scope).text, alias.back()->argument(0));
    if (mapping) files = {.scope = &scope, .address = mapping->from, .folder = mapping->to};
  } else if (!alias.empty() && !is_anywhere) {
    files.folder = alias.back()->argument(0);
  } else if (alias.empty() && !root.empty()) {
    files.folder = std::string(root) + (files.address.starts_with('/') ? "" : "/") + files.address;
  }
  files.folder = withoutDoubleSlashes(std::move(files.folder));
  return files;
}

/// The address at which open files are those of the closed ones; "": they are not.
std::string openAddress(const Scope& server, const ServedFiles& open, const ServedFiles& closed) {
  if (open.folder.empty() || !open.folder.ends_with('/') || !closed.folder.starts_with(open.folder)) return "";
  const std::string address = open.address + closed.folder.substr(open.folder.size());
  const Scope* taken = locationFor(server, address);
  const bool yields = taken == nullptr || nameOf(*taken).match == LocationName::Match::kPrefix;
  const bool is_taken =
      taken == open.scope || (taken == nullptr && isServer(*open.scope)) || (yields && isRegex(*open.scope));
  return is_taken ? address : "";
}

/// Of a server: its own files, and those of its open locations.
std::vector<ServedFiles> openFiles(const Scope& server, bool (&is_open)(const Scope&)) {
  std::vector<ServedFiles> served;
  if (isClosed(server)) return served;
  if (is_open(server)) served.push_back(filesOf(server));
  for (const Scope* location : server.all(Scope::Kind::kLocation)) {
    const bool has_files = isPrefix(*location) || (isRegex(*location) && !location->own("alias").empty());
    if (!isOurs(location->place()) && has_files && is_open(*location)) served.push_back(filesOf(*location));
  }
  return served;
}

void lintHere(const CheckedServer& here, const ServedFiles& closed, const std::vector<ServedFiles>& ours) {
  for (const ServedFiles& open : ours) {
    const std::string address = openAddress(here.server, open, closed);
    if (address.empty()) continue;
    here.danger("files-also-public", open.scope->place(),
                "the files of " + written(*closed.scope) + " are open to all as " + address,
                "keep them outside the folder of " + written(*open.scope));
    return;
  }
}

/// Does a server have the same protected regex location, as one that includes the same lines, and does it take the
/// files?
bool isProtectedToo(const Scope& server, const ServedFiles& open, const ServedFiles& closed,
                    const std::string& address) {
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
void lintOtherServer(const CheckedServer& here, const std::vector<ServedFiles>& closed, const Scope& server) {
  if (&server == &here.server || !listensPublicly(server)) return;
  for (const ServedFiles& open : openFiles(server, isOpen)) {
    if (open.folder.find('$') != std::string::npos) continue;
    for (const ServedFiles& files : closed) {
      const std::string address = openAddress(server, open, files);
      if (address.empty() || isProtectedToo(server, open, files, address)) continue;
      const Place place = files.scope->place();
      here.danger("files-also-public", open.scope->place(),
                  "the files of " + written(*files.scope) + " (" + place.file + ":" + std::to_string(place.line) +
                      ") are open to all here, as " + address,
                  "protect that address in this server too, or keep them outside its folder");
      break;
    }
  }
}

}  // namespace

void lintFiles(const CheckedServer& here) {
  std::vector<ServedFiles> closed;
  if (isChecked(here.server) && locationFor(here.server, "/") == nullptr) closed.push_back(filesOf(here.server));
  for (const Scope* location : here.locations) {
    if (isChecked(*location)) closed.push_back(filesOf(*location));
  }
  closed.erase(
      std::remove_if(closed.begin(), closed.end(), [](const ServedFiles& files) { return files.folder.empty(); }),
      closed.end());
  if (closed.empty()) return;
  const std::vector<ServedFiles> ours = openFiles(here.server, isUnchecked);
  for (const ServedFiles& files : closed) {
    // Where in its root a regex location's files are is not known, and in the same server it takes them.
    if (isPrefix(*files.scope) || isExact(*files.scope)) lintHere(here, files, ours);
  }
  for (const Scope* server : here.main.all(Scope::Kind::kServer)) lintOtherServer(here, closed, *server);
}

}  // namespace sessiond::nginx
