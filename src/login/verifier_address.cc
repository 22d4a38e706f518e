#include "login/verifier_address.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/loopback.h"
#include "base/parse.h"
#include "base/socket_path.h"

namespace sessiond {
namespace {

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kUnix = "http://unix:";

Unexpected<std::string> complaint(std::string_view text) {
  return Unexpected(std::string(text));
}

bool isPort(std::string_view text) {
  const auto port = parseInteger<std::uint16_t>(text);
  return port && *port != 0;
}

/// Without its port; nullopt: it is no host, or the port is none.
std::optional<std::string_view> hostIn(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (host.empty() || (colon != std::string_view::npos && !isPort(authority.substr(colon + 1)))) return std::nullopt;
  return host;
}

Expected<VerifierAddress, std::string> parseUnix(std::string_view rest) {
  const std::size_t colon = rest.find(':');
  const std::string_view socket = rest.substr(0, colon);
  if (!socket.starts_with('/') || socket.size() > kLongestSocketPath)
    return complaint("must name a unix socket by an absolute path of at most " + std::to_string(kLongestSocketPath) +
                     " bytes");
  const std::string_view path = colon == std::string_view::npos ? "/" : rest.substr(colon + 1);
  if (!path.starts_with('/')) return complaint("must have a path that begins with / behind the unix socket's colon");
  return VerifierAddress{.url = "http://localhost" + std::string(path), .socket = std::string(socket)};
}

}  // namespace

Expected<VerifierAddress, std::string> parseVerifierAddress(std::string_view text) {
  const auto unfit = [](char c) { return c <= ' ' || c > '~' || c == '#' || c == '\\' || c == '"'; };
  if (std::ranges::any_of(text, unfit)) return complaint("must be printable ASCII without spaces and #");
  if (text.starts_with(kUnix)) return parseUnix(text.substr(kUnix.size()));
  const bool https = text.starts_with(kHttps);
  if (!https && !text.starts_with(kHttp)) return complaint("must begin with https:// or http://");
  const std::string_view rest = text.substr(https ? kHttps.size() : kHttp.size());
  const auto host = hostIn(rest.substr(0, rest.find_first_of("/?")));
  if (!host) return complaint("must name a host, without a user, and with a port from 1 to 65535 if any");
  if (!https && *host != "[::1]" && !isLoopback(*host)) {
    return complaint(
        "must be https://, since passwords go there; http:// is for this machine (127.0.0.1, [::1], "
        "localhost) and for unix sockets (http://unix:/path:/)");
  }
  return VerifierAddress{.url = std::string(text), .socket = {}};
}

}  // namespace sessiond
