// AuthenticatorKind: which authenticators there are to be listed in login.authenticators.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sessiond {

enum class AuthenticatorKind : std::uint8_t {
  kHtpasswd,  ///< the file login.htpasswd_file (htpasswd_directory.h)
  kRedis,     ///< users in Redis (redis_user_directory.h)
  kHttp,      ///< an application of the site's (http_verifier.h)
};

/// As they are listed, in the enumeration's order.
inline constexpr std::array<std::string_view, 3> kAuthenticatorWords = {"htpasswd", "redis", "http"};

inline std::string_view wordOf(AuthenticatorKind kind) {
  return kAuthenticatorWords[static_cast<std::size_t>(kind)];
}

}  // namespace sessiond
