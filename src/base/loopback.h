// Is it this machine itself that a host names?

#pragma once

#include <arpa/inet.h>

#include <string>
#include <string_view>

namespace sessiond {

/// 127.0.0.0/8, ::1, localhost; an address without its brackets.
inline bool isLoopback(std::string_view host) {
  in_addr address{};
  const bool is_ipv4 = ::inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
  return host == "localhost" || host == "::1" || (is_ipv4 && host.starts_with("127."));
}

}  // namespace sessiond
