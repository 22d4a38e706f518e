// SocketAddress: where a socket listens or is connected to, as the kernel takes it: of a unix socket's path, or of a
// host and a port.

#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace sessiond {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// REQUIRES: at most kLongestSocketPath bytes.
SocketAddress unixAddress(std::string_view path);

using ResolvedAddresses = Expected<std::vector<SocketAddress>, std::string>;

/// Without its port: "192.0.2.1". Empty: of a unix socket.
std::string numericHost(const SocketAddress& address);

/// getaddrinfo() for TCP, with these AI_ flags more; blocks. At least one address, or a message.
ResolvedAddresses lookUpHost(const std::string& host, std::uint16_t port, int flags);

}  // namespace sessiond
