// host:port, as listen.socket, redis.url and origins write it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sessiond {

struct HostPort {
  std::string host;  ///< a name or an address; IPv6 without its brackets
  std::optional<std::uint16_t> port;
};

/// `name`, `name:6379`, `192.0.2.1:80`, `[::1]:80`. Names are letters, digits, dots, dashes and underscores; the
/// port is `least` to 65535. Whoever listens may write 0, for any that is free.
std::optional<HostPort> parseHostPort(std::string_view text, std::uint16_t least = 1);

}  // namespace sessiond
