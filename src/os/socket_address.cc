#include "os/socket_address.h"

#include <netdb.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "base/socket_path.h"

namespace sessiond {

SocketAddress unixAddress(std::string_view path) {
  SESSIOND_CHECK(path.size() <= kLongestSocketPath);
  sockaddr_un unix_address{};
  unix_address.sun_family = AF_UNIX;
  path.copy(unix_address.sun_path, path.size());
  SocketAddress address;
  std::memcpy(&address.storage, &unix_address, sizeof unix_address);
  address.length = sizeof unix_address;
  return address;
}

std::string numericHost(const SocketAddress& address) {
  if (address.get()->sa_family == AF_UNIX) return "";
  std::array<char, NI_MAXHOST> text{};
  const int error =
      getnameinfo(address.get(), address.length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST | NI_NUMERICSERV);
  return error == 0 ? text.data() : "";
}

ResolvedAddresses lookUpHost(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Unexpected("cannot resolve the host: " + std::string(gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace sessiond
