#include "fastcgi/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"

namespace sessiond {

namespace {

/// Room for ".<process id>" behind the path, within sockaddr_un::sun_path and its terminator.
constexpr std::size_t kLongestPath = sizeof(sockaddr_un::sun_path) - 1 - 9;

Unexpected<std::string> failure(const std::string& where, const std::string& what) {
  return Unexpected<std::string>("listen: " + where + ": " + what);
}
std::string systemError(const std::string& call) {
  return call + ": " + std::generic_category().message(errno);
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

sockaddr_un unixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

UniqueFd streamSocket(int family) {
  return UniqueFd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Does a process listen there? A full backlog (EAGAIN) means yes.
bool answers(const std::string& path) {
  const UniqueFd probe = streamSocket(AF_UNIX);
  const sockaddr_un address = unixAddress(path);
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

/// May a new socket be put there? nullopt: yes; else why not.
std::optional<std::string> whyOccupied(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  if (!S_ISSOCK(status.st_mode)) return "is in the way and not a socket";
  if (answers(path)) return "another process is listening there";
  return std::nullopt;
}

std::optional<gid_t> groupId(const std::string& name) {
  std::vector<char> buffer(16 * 1024);
  group entry{};
  group* found = nullptr;
  const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

Expected<void, std::string> setPermissions(const std::string& path, const ListenOptions& options) {
  if (!options.group.empty()) {
    const std::optional<gid_t> group = groupId(options.group);
    if (!group) return Unexpected("no such group: " + options.group);
    if (::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0) return Unexpected(systemError("chown"));
  }
  if (::chmod(path.c_str(), options.mode) != 0) return Unexpected(systemError("chmod"));
  return {};
}

/// Removes a file at the end of the scope unless it was renamed away.
struct TemporaryPath {
  std::string path;
  ~TemporaryPath() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

struct Endpoint {
  std::string host;
  std::string port;
};

std::optional<Endpoint> splitEndpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  Endpoint endpoint{.host = text.substr(0, colon), .port = text.substr(colon + 1)};
  if (endpoint.host.front() == '[' && endpoint.host.back() == ']') {
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  } else if (endpoint.host.find(':') != std::string::npos) {
    return std::nullopt;
  }
  return endpoint;
}

bool isLoopback(const sockaddr& address) {
  if (address.sa_family == AF_INET6) {
    return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24 == 127;
}

}  // namespace

Listener::Listener(Listener&& other) noexcept
    : fd_(std::move(other.fd_)),
      inherited_(other.inherited_),
      path_(std::exchange(other.path_, {})),
      device_(other.device_),
      inode_(other.inode_) {}

Expected<Listener, std::string> Listener::open(const ListenOptions& options) {
  return options.socket.starts_with('/') ? openUnix(options) : openTcp(options);
}

Expected<Listener, std::string> Listener::openUnix(const ListenOptions& options) {
  const std::string& path = options.socket;
  if (path.size() > kLongestPath) {
    return failure(path, "path is longer than " + std::to_string(kLongestPath) + " bytes");
  }
  if (const auto reason = whyOccupied(path)) return failure(path, *reason);

  // Made under another name and renamed when it is ready: there is no moment at which the path leads nowhere, or to
  // a socket with the wrong owner or mode.
  TemporaryPath temporary{path + "." + std::to_string(::getpid())};
  ::unlink(temporary.path.c_str());
  Listener listener(streamSocket(AF_UNIX), false);
  if (!listener.fd_) return systemFailure(path, "socket");
  const sockaddr_un address = unixAddress(temporary.path);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return systemFailure(path, "bind");
  }
  if (const auto allowed = setPermissions(temporary.path, options); !allowed) return failure(path, allowed.error());
  struct stat status {};
  if (::stat(temporary.path.c_str(), &status) != 0) return systemFailure(path, "stat");
  if (::listen(listener.fd(), static_cast<int>(options.backlog)) != 0) return systemFailure(path, "listen");
  if (::rename(temporary.path.c_str(), path.c_str()) != 0) return systemFailure(path, "rename");
  temporary.path.clear();
  listener.path_ = path;
  listener.device_ = status.st_dev;
  listener.inode_ = status.st_ino;
  return listener;
}

Expected<Listener, std::string> Listener::openTcp(const ListenOptions& options) {
  const std::string& where = options.socket;
  const std::optional<Endpoint> endpoint = splitEndpoint(where);
  if (!endpoint) return failure(where, "neither a path that begins with / nor host:port");
  const addrinfo hints{.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(endpoint->host.c_str(), endpoint->port.c_str(), &hints, &found);
  if (error != 0) return failure(where, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  Listener listener(streamSocket(found->ai_family), false);
  if (!listener.fd_) return systemFailure(where, "socket");
  if (!setOption(listener.fd(), SOL_SOCKET, SO_REUSEADDR, 1) || !answerWithoutDelay(listener.fd(), found->ai_family)) {
    return systemFailure(where, "setsockopt");
  }
  if (::bind(listener.fd(), found->ai_addr, found->ai_addrlen) != 0) return systemFailure(where, "bind");
  if (::listen(listener.fd(), static_cast<int>(options.backlog)) != 0) return systemFailure(where, "listen");
  if (!isLoopback(*found->ai_addr)) {
    logWarn("listen: the address is not a loopback one; whoever reaches it can speak in nginx's name",
            {{"address", where}});
  }
  return listener;
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

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  switch (address.ss_family) {
    case AF_INET:
      return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    case AF_INET6:
      return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

void Listener::removePath() {
  if (path_.empty()) return;
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace sessiond
