#include "os/timed_socket.h"

#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace sessiond {
namespace {

/// Rounded up, so that nobody looks again before it is time.
milliseconds leftUntil(SteadyTime deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - SteadyClock::now());
  return std::max(left, milliseconds(0));
}

bool becomesReady(int fd, short what, SteadyTime deadline) {
  pollfd watched{.fd = fd, .events = what, .revents = 0};
  for (;;) {
    const int ready = ::poll(&watched, 1, static_cast<int>(leftUntil(deadline).count()));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) errno = ETIMEDOUT;
    return false;
  }
}

}  // namespace

int connectBy(int fd, const sockaddr* address, socklen_t size, SteadyTime deadline) {
  // A unix socket cannot be waited for with poll(): a full backlog is EAGAIN at once. The kernel's own limit does for
  // all.
  const auto left = leftUntil(deadline);
  if (left.count() == 0) return ETIMEDOUT;
  const timeval limit{.tv_sec = static_cast<time_t>(left.count() / 1000),
                      .tv_usec = static_cast<suseconds_t>(left.count() % 1000 * 1000)};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd, address, size) == 0) return 0;
  const int error = errno;
  return error == EAGAIN || error == EINPROGRESS ? ETIMEDOUT : error;
}

bool sendBy(int fd, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    if (!becomesReady(fd, POLLOUT, deadline)) return false;
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

ssize_t receiveBy(int fd, std::span<char> buffer, SteadyTime deadline) {
  for (;;) {
    if (!becomesReady(fd, POLLIN, deadline)) return -1;
    const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return count;
  }
}

}  // namespace sessiond
