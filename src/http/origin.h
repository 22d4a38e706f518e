// Origins (RFC 6454): scheme, host and port as one comparable text.
//
// "https://example.org:443" and "https://EXAMPLE.org" are the same origin, and are both written "https://example.org".

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

/// The canonical form of `scheme://host[:port]`: lower case, without the scheme's own port. nullopt when it is
/// anything else: other schemes than http and https, userinfo, a path (even "/"), a host that is neither a DNS name
/// in ASCII, an IPv4 address nor an IPv6 address in brackets, a port outside 1 to 65535.
std::optional<std::string> canonicalOrigin(std::string_view text);

}  // namespace sessiond
