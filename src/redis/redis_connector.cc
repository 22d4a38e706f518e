#include "redis/redis_connector.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/errno_text.h"
#include "redis/plain_link.h"
#include "redis/tls_peer.h"

namespace sessiond {
namespace {

using Connected = Expected<std::unique_ptr<Link>, ConnectionError>;

/// A peer that is gone without a word is noticed after 15 + 3 x 5 s also on an idle connection.
void setTcpOptions(int fd) {
  const auto set = [fd](int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

ConnectionError unreachableError(std::string text) {
  return {ConnectionError::Kind::kUnreachable, std::move(text)};
}

bool pollUntil(int fd, short events, SteadyTime deadline, const Clock& clock) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock.steadyNow());
    if (left <= milliseconds::zero()) return false;
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::min(left, milliseconds(60'000)).count()));
    if (ready > 0) return true;
    SESSIOND_CHECK(ready == 0 || errno == EINTR);
  }
}

RedisConnector::RedisConnector(const RedisAddress& address, const TlsSettings& tls, const Clock& clock)
    : clock_(clock), tls_asked_by_(tls.asked_by) {
  if (address.tls) {
    const std::string& name = tls.server_name.empty() ? address.host : tls.server_name;
    tls_ = std::make_unique<TlsPeer>(tls.context, name, tls.asked_by);
  }
  if (address.socket_path.empty())
    resolver_.emplace(address.host, address.port);
  else
    socket_ = unixAddress(address.socket_path);
}

RedisConnector::~RedisConnector() = default;

Connected RedisConnector::connect(SteadyTime deadline) {
  if (socket_) return connectTo(*socket_, deadline);
  const auto addresses = resolver_->resolve(deadline);
  if (!addresses) return Unexpected(unreachableError(addresses.error()));
  const std::size_t count = addresses->size();
  for (std::size_t i = 0;; ++i) {
    // Each address gets its share of what is left, so that a dead first one leaves time for the second.
    const SteadyTime now = clock_.steadyNow();
    const auto share = (deadline - now) / static_cast<SteadyTime::rep>(count - i);
    Connected connected = connectTo(addresses.value()[i], now + share);
    if (connected || i + 1 == count) return connected;
  }
}

Connected RedisConnector::connectTo(const SocketAddress& address, SteadyTime deadline) {
  auto begun = begin(address);
  if (!begun) return Unexpected(unreachableError(begun.error()));
  if (!pollUntil(begun->get(), POLLOUT, deadline, clock_))
    return Unexpected(unreachableError("cannot connect in time"));
  auto link = finish(*std::move(begun));
  if (!link) return Unexpected(unreachableError(link.error()));
  for (;;) {
    const Link::State state = shakeHands(**link);
    if (state == Link::State::kDone) return *std::move(link);
    if (state == Link::State::kClosed || state == Link::State::kRefused) {
      return Unexpected(unreachableError((*link)->problem()));
    }
    const short events = state == Link::State::kWantsWrite ? POLLOUT : POLLIN;
    if (!pollUntil((*link)->fd(), events, deadline, clock_)) return Unexpected(handshakeTimeout());
  }
}

Link::State RedisConnector::shakeHands(Link& link) {
  const Link::State state = link.handshake();
  if (state == Link::State::kDone) shaken_.store(true, std::memory_order_relaxed);
  return state;
}

ConnectionError RedisConnector::handshakeTimeout() const {
  std::string text = "no answer to the TLS handshake in time";
  // A server without TLS waits for the end of what it takes for a command.
  if (!shaken_.load(std::memory_order_relaxed)) {
    const bool by_url = tls_asked_by_ == TlsSettings::kByUrl;
    const std::string without = by_url ? "redis://" : std::string(tls_asked_by_) + ": false";
    text += "; is the port one for TLS? (" + without + " is without)";
  }
  return {ConnectionError::Kind::kTimeout, std::move(text)};
}

std::optional<ResolvedAddresses> RedisConnector::lookUp(std::uint64_t& ticket) {
  if (socket_) return ResolvedAddresses(std::vector<SocketAddress>{*socket_});
  return resolver_->lookUp(ticket);
}

Expected<UniqueFd, std::string> RedisConnector::begin(const SocketAddress& address) {
  UniqueFd fd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Unexpected("cannot make a socket: " + errnoText(errno));
  // EAGAIN on a unix socket: the server does not accept, its queue is full.
  const bool refused = ::connect(fd.get(), address.get(), address.length) != 0 && errno != EINPROGRESS;
  if (refused) return Unexpected("cannot connect: " + errnoText(errno));
  return fd;
}

Expected<std::unique_ptr<Link>, std::string> RedisConnector::finish(UniqueFd socket) {
  const int fd = socket.get();
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return Unexpected("cannot connect: " + errnoText(error));
  if (isNamed()) notePeer(fd);
  int family = AF_UNIX;
  size = sizeof family;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  if (family != AF_UNIX) setTcpOptions(fd);
  const int flags = fcntl(fd, F_GETFL);
  SESSIOND_CHECK(flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0);
  if (tls_) return tls_->link(std::move(socket));
  return std::unique_ptr<Link>(std::make_unique<PlainLink>(std::move(socket)));
}

void RedisConnector::notePeer(int fd) {
  SocketAddress peer;
  peer.length = sizeof peer.storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.length) != 0) return;  // it is gone again
  peers_.lock()->insert(numericHost(peer));
}

}  // namespace sessiond
