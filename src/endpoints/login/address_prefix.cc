#include "endpoints/login/address_prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

namespace sessiond {
namespace {

std::string ipv4Prefix(const unsigned char* bytes) {
  return std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) + "." + std::to_string(bytes[2]) + ".0/24";
}

}  // namespace

std::string addressPrefix(std::string_view address) {
  const std::string terminated(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, terminated.c_str(), &v4) == 1)
    return ipv4Prefix(reinterpret_cast<const unsigned char*>(&v4.s_addr));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return "";
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return ipv4Prefix(v6.s6_addr + 12);
  std::fill(v6.s6_addr + 8, v6.s6_addr + 16, static_cast<unsigned char>(0));
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
  return std::string(text.data()) + "/64";
}

}  // namespace sessiond
