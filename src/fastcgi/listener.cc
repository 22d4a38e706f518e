#include "fastcgi/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "base/errno_text.h"
#include "base/log.h"
#include "os/host_port.h"
#include "os/socket_address.h"

namespace sessiond {

namespace {

Unexpected<std::string> failure(const std::string& where, const std::string& what) {
  return Unexpected<std::string>("listen: " + where + ": " + what);
}
std::string systemError(const std::string& call) {
  return call + ": " + errnoText(errno);
}
Unexpected<std::string> systemFailure(const std::string& where, const std::string& call) {
  return failure(where, systemError(call));
}

bool setOption(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// Accepted connections inherit it.
bool answerWithoutDelay(int fd, int family) {
  return family == AF_UNIX || setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

UniqueFd streamSocket(int family) {
  return UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool isLoopback(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24 == 127;
}

UnixSocketSettings unixSettings(const SocketSettings& settings) {
  return {.path = settings.socket, .mode = settings.mode, .group = settings.group, .backlog = settings.backlog};
}

struct BoundTcp {
  UniqueFd fd;
  bool is_loopback = false;
};

struct BindError {
  int number = 0;  ///< errno, or 0
  std::string text;
};

Expected<BoundTcp, BindError> bindTcp(const std::string& where) {
  const std::optional<HostPort> place = parseHostPort(where, 0);
  if (!place || !place->port) return Unexpected(BindError{0, "neither a path that begins with / nor host:port"});
  const ResolvedAddresses found = lookUpHost(place->host, *place->port, AI_PASSIVE);
  if (!found) return Unexpected(BindError{0, found.error()});
  const SocketAddress& address = found->front();

  const int family = address.get()->sa_family;
  BoundTcp bound{.fd = streamSocket(family), .is_loopback = isLoopback(*address.get())};
  const auto failed = [](const char* call) { return Unexpected(BindError{errno, systemError(call)}); };
  if (!bound.fd) return failed("socket");
  if (!setOption(bound.fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) || !answerWithoutDelay(bound.fd.get(), family)) {
    return failed("setsockopt");
  }
  if (::bind(bound.fd.get(), address.get(), address.length) != 0) return failed("bind");
  return bound;
}

}  // namespace

Expected<Listener, std::string> Listener::open(const SocketSettings& settings) {
  return settings.socket.starts_with('/') ? openUnix(settings) : openTcp(settings);
}

std::optional<std::string> Listener::whyImpossible(const SocketSettings& settings) {
  std::optional<std::string> reason;
  if (settings.socket.starts_with('/')) {
    reason = UnixSocket::whyImpossible(unixSettings(settings));
  } else if (const auto bound = bindTcp(settings.socket); !bound && bound.error().number != EADDRINUSE) {
    reason = bound.error().text;
  }
  if (reason) reason->insert(0, settings.socket + ": ");
  return reason;
}

Expected<Listener, std::string> Listener::openUnix(const SocketSettings& settings) {
  Expected<UnixSocket, std::string> socket = UnixSocket::open(unixSettings(settings));
  if (!socket) return failure(settings.socket, socket.error());
  return Listener(*std::move(socket));
}

Expected<Listener, std::string> Listener::openTcp(const SocketSettings& settings) {
  Expected<BoundTcp, BindError> bound = bindTcp(settings.socket);
  if (!bound) return failure(settings.socket, bound.error().text);
  if (::listen(bound->fd.get(), static_cast<int>(settings.backlog)) != 0)
    return systemFailure(settings.socket, "listen");
  if (!bound->is_loopback) {
    logWarn("listen: the address is not a loopback one; whoever reaches it can speak in nginx's name",
            {{"address", settings.socket}});
  }
  return Listener(std::move(bound->fd), false);
}

Expected<Listener, std::string> Listener::adopt(UniqueFd inherited) {
  const std::string where = "descriptor " + std::to_string(inherited.get()) + " from systemd";
  int accepting = 0;
  int type = 0;
  int family = 0;
  const auto read = [&inherited](int option, int& value) {
    socklen_t size = sizeof value;
    return ::getsockopt(inherited.get(), SOL_SOCKET, option, &value, &size) == 0;
  };
  if (!read(SO_ACCEPTCONN, accepting) || !read(SO_TYPE, type) || !read(SO_DOMAIN, family)) {
    return systemFailure(where, "getsockopt");
  }
  if (accepting == 0 || type != SOCK_STREAM) return failure(where, "is not a listening stream socket");
  if (family != AF_UNIX && family != AF_INET && family != AF_INET6) return failure(where, "is neither unix nor TCP");
  const int flags = ::fcntl(inherited.get(), F_GETFL);
  if (flags < 0 || ::fcntl(inherited.get(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(inherited.get(), F_SETFD, FD_CLOEXEC) != 0) {
    return systemFailure(where, "fcntl");
  }
  if (!answerWithoutDelay(inherited.get(), family)) return systemFailure(where, "setsockopt");
  return Listener(std::move(inherited), true);
}

void Listener::removePath() {
  if (unix_) unix_->removePath();
}

}  // namespace sessiond
