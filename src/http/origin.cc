#include "http/origin.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/parse.h"

namespace sessiond {
namespace {

constexpr std::size_t kMaxHostBytes = 255;  // RFC 1035 §2.3.4

/// The length of the host at the beginning of `rest`; 0 when there is none.
std::size_t hostLength(std::string_view rest) {
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    const bool good =
        close != std::string_view::npos && close > 2 && isMadeOf(rest.substr(1, close - 1), "0123456789abcdef:.");
    return good ? close + 1 : 0;
  }
  const std::size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view host = rest.substr(0, end);
  const bool good = isMadeOf(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") &&
                    host.find("..") == std::string_view::npos && !host.starts_with('.');
  return good ? end : 0;
}

/// Port digits: no sign, no leading zero.
std::optional<unsigned> parsePort(std::string_view text) {
  if (text.starts_with('0') || !isMadeOf(text, "0123456789")) return std::nullopt;
  const auto port = parseInteger<unsigned>(text);
  return port && *port <= 65535 ? port : std::nullopt;
}

}  // namespace

std::optional<std::string> canonicalOrigin(std::string_view text) {
  std::string lower = lowerCase(text);
  const bool secure = lower.starts_with("https://");
  if (!secure && !lower.starts_with("http://")) return std::nullopt;
  const std::size_t scheme = secure ? 8 : 7;
  const std::string_view authority = std::string_view(lower).substr(scheme);
  const std::size_t host = hostLength(authority);
  if (host == 0 || host > kMaxHostBytes) return std::nullopt;
  const std::string_view behind = authority.substr(host);
  if (behind.empty()) return lower;
  if (!behind.starts_with(':')) return std::nullopt;
  const std::optional<unsigned> port = parsePort(behind.substr(1));
  if (!port) return std::nullopt;
  const unsigned own = secure ? 443 : 80;
  return *port == own ? lower.substr(0, scheme + host) : lower;
}

}  // namespace sessiond
