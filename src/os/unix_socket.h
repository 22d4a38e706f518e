// UnixSocket: a listening unix socket that this process makes and, when it goes, removes again.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/expected.h"
#include "base/unique_fd.h"

namespace sessiond {

struct UnixSocketSettings {
  std::string path;
  std::uint32_t mode;
  std::string group;  ///< empty: left as it is
  std::uint32_t backlog;
};

/// Movable; not thread-safe.
class UnixSocket {
 public:
  /// Non-blocking, closed on exec. It gets mode and group before anybody can connect, and takes the place of one whose
  /// process is gone; a socket that still answers, or any other file, is never touched. The error is a message without
  /// the path: "another process is listening there".
  static Expected<UnixSocket, std::string> open(const UnixSocketSettings& settings);
  /// What open() would refuse for good, without leaving anything behind; that somebody listens there now is no mistake.
  static std::optional<std::string> whyImpossible(const UnixSocketSettings& settings);

  UnixSocket(UnixSocket&& other) noexcept;
  UnixSocket& operator=(UnixSocket&&) = delete;
  ~UnixSocket() { removePath(); }

  int fd() const { return fd_.get(); }
  /// Nobody finds the way here any more. Does nothing when somebody has put another socket there.
  void removePath();

 private:
  UnixSocket(UniqueFd fd, std::string path, dev_t device, ino_t inode)
      : fd_(std::move(fd)), path_(std::move(path)), device_(device), inode_(inode) {}

  UniqueFd fd_;
  std::string path_;
  dev_t device_;  // which file it is
  ino_t inode_;
};

/// A connection to the socket at a path, blocking; the error is an errno, ETIMEDOUT when nobody takes it in time.
Expected<UniqueFd, int> connectUnix(const std::string& path, SteadyTime deadline);

}  // namespace sessiond
