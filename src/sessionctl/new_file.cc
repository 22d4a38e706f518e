#include "sessionctl/new_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/errno_text.h"

namespace sessiond::ctl {
namespace {

/// To the disk; an errno, or 0.
int writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

/// A file beside it, with what it is to hold.
int writeBeside(const std::string& beside, std::string_view bytes, const std::optional<FileRights>& rights) {
  ::unlink(beside.c_str());
  const UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno;
  if (rights) {
    if (::fchown(fd.get(), rights->owner, rights->group) != 0) return errno;
    if (::fchmod(fd.get(), rights->mode) != 0) return errno;
  }
  return writeAll(fd.get(), bytes);
}

}  // namespace

std::string besideOf(const std::string& path) {
  return path + ".new";
}

std::optional<std::string> whyNotCreated(const std::string& path, std::string_view bytes,
                                         const std::optional<FileRights>& rights) {
  const std::string beside = besideOf(path);
  int error = writeBeside(beside, bytes, rights);
  // A link, unlike a rename, never takes the place of what is there.
  if (error == 0 && ::link(beside.c_str(), path.c_str()) != 0) error = errno;
  ::unlink(beside.c_str());
  if (error != 0) return errnoText(error);
  return std::nullopt;
}

std::optional<std::string> whyNotReplaced(const std::string& named, std::string_view bytes) {
  std::error_code unresolved;
  const std::string path = std::filesystem::canonical(named, unresolved).string();
  if (unresolved) return errnoText(unresolved.value());
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return errnoText(errno);
  const std::string beside = besideOf(path);
  int error = writeBeside(beside, bytes, FileRights{status.st_uid, status.st_gid, status.st_mode & 07777});
  if (error == 0 && ::rename(beside.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return std::nullopt;
  ::unlink(beside.c_str());
  return errnoText(error);
}

Expected<UniqueFd, int> lockToChange(const std::string& named) {
  std::error_code unresolved;
  const std::filesystem::path path = std::filesystem::canonical(named, unresolved);
  if (unresolved) return Unexpected(unresolved.value());
  UniqueFd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return Unexpected(errno);
  return folder;
}

}  // namespace sessiond::ctl
