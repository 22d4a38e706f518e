#include "redis/plain_link.h"

#include <sys/socket.h>

#include <cerrno>

#include "base/errno_text.h"

namespace sessiond {

Link::Progress PlainLink::read(std::span<char> into, Patience patience) {
  const ssize_t got = recv(fd(), into.data(), into.size(), patience == Patience::kNone ? MSG_DONTWAIT : 0);
  if (got > 0) return {State::kDone, static_cast<std::size_t>(got)};
  if (got == 0) return fail(State::kClosed, "the server closed the connection");
  if (errno == EINTR) return {State::kWantsRead};
  if (errno == EAGAIN) return {patience == Patience::kNone ? State::kWantsRead : State::kTimeout};
  return fail(State::kClosed, errnoText(errno));
}

Link::Progress PlainLink::write(std::string_view bytes) {
  for (;;) {
    const ssize_t sent = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {State::kDone, static_cast<std::size_t>(sent)};
    if (errno == EAGAIN) return {State::kWantsWrite};
    if (errno != EINTR) return fail(State::kClosed, errnoText(errno));
  }
}

}  // namespace sessiond
