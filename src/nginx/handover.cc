#include "nginx/handover.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace sessiond::nginx {
namespace {

/// What is connected to by them listens here, and mostly under all of them.
constexpr std::array<std::string_view, 5> kThisMachine = {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]"};
/// Variables that hold the address of the request, with its slash.
constexpr std::array<std::string_view, 3> kAddresses = {"$request_uri", "$uri", "$document_uri"};

/// `host:port` or `unix:/path`, in one spelling.
std::string addressOf(std::string_view name, std::string_view usual_port) {
  if (name.starts_with("unix:")) return std::string(name);
  std::string host = lowerCase(name);
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  const std::size_t colon = bracket == std::string::npos ? bracket : host.find(':', bracket);
  const std::string port = colon == std::string::npos ? std::string(usual_port) : host.substr(colon + 1);
  host.resize(std::min(colon, host.size()));
  if (std::find(kThisMachine.begin(), kThisMachine.end(), host) != kThisMachine.end()) host = "localhost";
  return host + ":" + port;
}

std::optional<Handover> handoverBy(const Directive& line, const Upstreams& upstreams) {
  std::string_view target = line.argument(0);
  std::string_view usual_port = "80";
  const std::size_t scheme = target.find("://");
  if (scheme != std::string_view::npos) {
    const std::string_view name = target.substr(0, scheme);
    if (sameWithoutCase(name, "https") || sameWithoutCase(name, "grpcs")) usual_port = "443";
    target.remove_prefix(scheme + 3);
  }
  const bool is_socket = target.starts_with("unix:");
  const std::size_t end = std::min(is_socket ? target.find(':', 5) : target.find_first_of("/?$"), target.size());
  const std::string_view name = target.substr(0, end);
  target.remove_prefix(std::min(end + (is_socket ? 1 : 0), target.size()));
  if (name.empty() || name.find('$') != std::string_view::npos) return std::nullopt;
  const bool is_unchanged = std::any_of(kAddresses.begin(), kAddresses.end(),
                                        [&](std::string_view variable) { return target.starts_with(variable); });
  // What a regex location captures is a part of the address, with its slash, since nobody puts together a name of it.
  const bool is_captured = target.starts_with("$1");
  if (target.starts_with('$') && !is_unchanged && !is_captured) return std::nullopt;
  Handover handover{.line = &line, .name = std::string(name), .addresses = {}, .path = {}};
  if (target.starts_with('/') || is_captured) handover.path = std::string(target);
  const auto upstream = upstreams.find(lowerCase(name));
  if (upstream == upstreams.end()) {
    handover.addresses = {addressOf(name, usual_port)};
  } else {
    handover.addresses = upstream->second;
  }
  return handover;
}

}  // namespace

Upstreams upstreamsIn(const Scope& main) {
  Upstreams upstreams;
  for (const Scope* block : main.all(Scope::Kind::kOther)) {
    if (block->opened()->name != "upstream") continue;
    std::vector<std::string>& addresses = upstreams[lowerCase(block->opened()->argument(0))];
    for (const Directive* server : block->own("server")) addresses.push_back(addressOf(server->argument(0), "80"));
  }
  return upstreams;
}

std::vector<Handover> handoversOf(const Scope& location, const Upstreams& upstreams) {
  std::vector<Handover> handovers;
  const auto collect = [&](const Scope& scope) {
    for (const Directive& line : scope.inside()) {
      if (std::find(kPasses.begin(), kPasses.end(), line.name) == kPasses.end()) continue;
      if (auto handover = handoverBy(line, upstreams)) handovers.push_back(*std::move(handover));
    }
  };
  collect(location);
  for (const auto& child : location.children()) {
    if (child->kind() == Scope::Kind::kIf || child->kind() == Scope::Kind::kLimitExcept) collect(*child);
  }
  return handovers;
}

bool leadToOne(const Handover& one, const Handover& other) {
  return std::any_of(one.addresses.begin(), one.addresses.end(), [&](const std::string& address) {
    return std::find(other.addresses.begin(), other.addresses.end(), address) != other.addresses.end();
  });
}

bool leadsElsewhere(const Handover& handover) {
  return std::any_of(handover.addresses.begin(), handover.addresses.end(), [](const std::string& address) {
    return !address.starts_with("unix:") && !address.starts_with("localhost:") && !address.starts_with("127.");
  });
}

}  // namespace sessiond::nginx
