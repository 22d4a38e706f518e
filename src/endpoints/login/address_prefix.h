// The network a client comes from, coarse enough to be kept: "192.0.2.17" → "192.0.2.0/24", "2001:db8::1" →
// "2001:db8::/64".

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// IPv4 (also mapped into IPv6) to 24 bits, IPv6 to 64; "" for what is no address ("unix:").
std::string addressPrefix(std::string_view address);

}  // namespace sessiond
