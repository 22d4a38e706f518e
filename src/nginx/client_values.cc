#include "nginx/client_values.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

constexpr std::array<std::string_view, 3> kPrefixes = {"http_", "arg_", "cookie_"};
constexpr std::array<std::string_view, 11> kNames = {
    "args",         "content_type", "document_uri", "fastcgi_path_info", "fastcgi_script_name",
    "query_string", "remote_user",  "request",      "request_body",      "request_uri",
    "uri"};

/// `$1`, after which a text goes on: "$1st".
bool isCapture(std::string_view name) {
  return name[0] >= '0' && name[0] <= '9';
}

}  // namespace

ClientValues::ClientValues(const Scope& main, const Scope& server) {
  std::vector<const Directive*> maps;
  for (const Scope* block : main.all(Scope::Kind::kOther)) {
    if (block->opened()->name == "map") maps.push_back(block->opened());
  }
  // One may be made of another that stands further down.
  for (bool grows = true; grows;) {
    const std::size_t before = made_.size();
    for (const Directive* map : maps) addMap(*map);
    addFrom(server);
    grows = made_.size() > before;
  }
}

std::string ClientValues::in(std::string_view text) const {
  for (const std::string_view name : variablesIn(text)) {
    if (isClients(name)) return "$" + lowerCase(name);
  }
  return "";
}

bool ClientValues::isClients(std::string_view name) const {
  const std::string plain = lowerCase(name);
  if (plain.starts_with("sessiond_")) return false;
  if (isCapture(plain) || made_.contains(plain)) return true;
  return std::ranges::find(kNames, std::string_view(plain)) != kNames.end() ||
         std::ranges::any_of(kPrefixes, [&plain](std::string_view prefix) { return plain.starts_with(prefix); });
}

void ClientValues::addFrom(const Scope& scope) {
  for (const Directive& directive : scope.inside()) {
    for (const std::string& argument : directive.arguments) addCaptures(argument);
    const bool sets = directive.name == "set" || directive.name == "auth_request_set";
    if (sets && !in(directive.argument(1)).empty()) add(directive.argument(0));
  }
  for (const auto& child : scope.children()) addFrom(*child);
}

void ClientValues::addMap(const Directive& map) {
  const bool of_client = !in(map.argument(0)).empty();
  for (const Directive& entry : *map.block) {
    if (of_client) addCaptures(entry.name);
    for (const std::string_view name : variablesIn(entry.argument(0))) {
      // What it captures, it captures in its own source.
      if (isCapture(name) ? of_client : isClients(name)) add(map.argument(1));
    }
  }
}

/// The named ones: (?<name>…), (?P<name>…), (?'name'…); not (?<=…) and (?<!…).
void ClientValues::addCaptures(std::string_view regex) {
  for (std::size_t at = regex.find("(?"); at != std::string_view::npos; at = regex.find("(?", at + 1)) {
    std::string_view rest = regex.substr(at + 2);
    if (rest.starts_with('P')) rest.remove_prefix(1);
    if (rest.starts_with('<') || rest.starts_with('\'')) add(leadingName(rest.substr(1)));
  }
}

void ClientValues::add(std::string_view name) {
  if (name.starts_with('$')) name.remove_prefix(1);
  if (!name.empty()) made_.insert(lowerCase(name));
}

}  // namespace sessiond::nginx
