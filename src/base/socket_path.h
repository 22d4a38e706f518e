// How long a unix socket's path may be.

#pragma once

#include <sys/un.h>

#include <cstddef>

namespace sessiond {

/// 107: the kernel's structure has 108 bytes, the last for the NUL.
inline constexpr std::size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;

}  // namespace sessiond
