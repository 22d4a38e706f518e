// A question to another process, over by one moment: connecting, sending and receiving together, however slowly the
// other side takes and gives, and also when it takes nobody (a full backlog).

#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "base/clock.h"

namespace sessiond {

/// connect() on a blocking socket; 0 or an errno, ETIMEDOUT when it would be too late.
int connectBy(int fd, const sockaddr* address, socklen_t size, SteadyTime deadline);
/// False: not all of it was taken.
bool sendBy(int fd, std::string_view bytes, SteadyTime deadline);
/// As recv(); -1 and ETIMEDOUT when nothing came in time.
ssize_t receiveBy(int fd, std::span<char> buffer, SteadyTime deadline);

}  // namespace sessiond
