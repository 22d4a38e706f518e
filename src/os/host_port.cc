#include "os/host_port.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/parse.h"

namespace sessiond {
namespace {

bool isName(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '.' || byte == '-' || byte == '_';
  });
}

bool isIpv6(const std::string& text) {
  in6_addr address{};
  const bool is_whole = text.find('\0') == std::string::npos;  // inet_pton sees no further
  return is_whole && inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

}  // namespace

std::optional<HostPort> parseHostPort(std::string_view text, std::uint16_t least) {
  HostPort parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parsed.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!isIpv6(parsed.host)) return std::nullopt;
  } else {
    const std::size_t end = std::min(text.find(':'), text.size());
    parsed.host = text.substr(0, end);
    rest = text.substr(end);
    if (!isName(parsed.host)) return std::nullopt;
  }
  if (rest.empty()) return parsed;
  if (rest.front() != ':') return std::nullopt;
  parsed.port = parseInteger<std::uint16_t>(rest.substr(1));
  if (!parsed.port || *parsed.port < least) return std::nullopt;
  return parsed;
}

}  // namespace sessiond
