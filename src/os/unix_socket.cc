#include "os/unix_socket.h"

#include <grp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "base/errno_text.h"
#include "base/socket_path.h"
#include "os/socket_address.h"
#include "os/timed_socket.h"

namespace sessiond {
namespace {

/// Room for ".<process id>" behind the path.
constexpr std::size_t kLongestPath = kLongestSocketPath - 9;

std::string errorText() {
  return errnoText(errno);
}
Unexpected<std::string> systemError(const std::string& call) {
  return Unexpected<std::string>(call + ": " + errorText());
}

/// Does a process listen there? A full backlog (EAGAIN) means yes.
bool answers(const std::string& path) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address = unixAddress(path);
  return ::connect(probe.get(), address.get(), address.length) == 0 || errno == EAGAIN;
}

bool isSomethingElse(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode);
}

std::optional<gid_t> groupId(const std::string& name) {
  std::vector<char> buffer(16 * 1024);
  group entry{};
  group* found = nullptr;
  const int error = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

/// Does whatever is made in the folder belong to the group by itself? Then there is nothing to give.
bool givesGroup(const std::string& folder, gid_t group) {
  struct stat status = {};
  if (::stat(folder.c_str(), &status) != 0) return false;
  return ((status.st_mode & S_ISGID) != 0 ? status.st_gid : ::getegid()) == group;
}

bool belongsTo(const std::string& path, gid_t group) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0 && status.st_gid == group;
}

/// Why chown() will fail, asked of a file that is nowhere: who may give one to which group is the kernel's to say, by
/// membership or by CAP_CHOWN.
std::optional<std::string> whyNotTo(const std::string& name, gid_t group, const std::string& folder) {
  if (givesGroup(folder, group)) return std::nullopt;
  const UniqueFd probe(::memfd_create("sessiond-group", MFD_CLOEXEC));
  if (!probe || ::fchown(probe.get(), static_cast<uid_t>(-1), group) == 0) return std::nullopt;
  return "cannot be given to the group " + name + ": " + errorText() +
         "; the user must be a member of it, and a sandbox must let it chown";
}

Expected<void, std::string> setPermissions(const std::string& path, const UnixSocketSettings& settings) {
  if (!settings.group.empty()) {
    const std::optional<gid_t> group = groupId(settings.group);
    if (!group) return Unexpected("no such group: " + settings.group);
    // A sandbox may forbid chown(), also where it would change nothing.
    if (!belongsTo(path, *group) && ::chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
      return systemError("chown");
  }
  if (::chmod(path.c_str(), settings.mode) != 0) return systemError("chmod");
  return {};
}

/// Removes a file at the end of the scope unless it was renamed away.
struct TemporaryPath {
  std::string path;
  ~TemporaryPath() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

}  // namespace

UnixSocket::UnixSocket(UnixSocket&& other) noexcept
    : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

std::optional<std::string> UnixSocket::whyImpossible(const UnixSocketSettings& settings) {
  const std::string& path = settings.path;
  if (path.size() > kLongestPath) return "path is longer than " + std::to_string(kLongestPath) + " bytes";
  if (isSomethingElse(path)) return "is in the way and not a socket";
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return "cannot be made in " + folder + ": " + errorText();
  if (settings.group.empty()) return std::nullopt;
  const std::optional<gid_t> group = groupId(settings.group);
  return group ? whyNotTo(settings.group, *group, folder) : "no such group: " + settings.group;
}

Expected<UnixSocket, std::string> UnixSocket::open(const UnixSocketSettings& settings) {
  const std::string& path = settings.path;
  if (path.size() > kLongestPath) {
    return Unexpected("path is longer than " + std::to_string(kLongestPath) + " bytes");
  }
  if (isSomethingElse(path)) return Unexpected<std::string>("is in the way and not a socket");
  if (answers(path)) return Unexpected<std::string>("another process is listening there");

  // Made under another name and renamed when it is ready: there is no moment at which the path leads nowhere, or to
  // a socket with the wrong owner or mode.
  TemporaryPath temporary{path + "." + std::to_string(::getpid())};
  ::unlink(temporary.path.c_str());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return systemError("socket");
  const SocketAddress address = unixAddress(temporary.path);
  if (::bind(fd.get(), address.get(), address.length) != 0) return systemError("bind");
  if (const auto allowed = setPermissions(temporary.path, settings); !allowed) return Unexpected(allowed.error());
  struct stat status = {};
  if (::stat(temporary.path.c_str(), &status) != 0) return systemError("stat");
  if (::listen(fd.get(), static_cast<int>(settings.backlog)) != 0) return systemError("listen");
  if (::rename(temporary.path.c_str(), path.c_str()) != 0) return systemError("rename");
  temporary.path.clear();
  return UnixSocket(std::move(fd), path, status.st_dev, status.st_ino);
}

void UnixSocket::removePath() {
  if (path_.empty()) return;
  struct stat status = {};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

Expected<UniqueFd, int> connectUnix(const std::string& path, SteadyTime deadline) {
  if (path.size() > kLongestSocketPath) return Unexpected(ENAMETOOLONG);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Unexpected(errno);
  const SocketAddress address = unixAddress(path);
  const int error = connectBy(fd.get(), address.get(), address.length, deadline);
  if (error != 0) return Unexpected(error);
  return fd;
}

}  // namespace sessiond
