// FileVersion: tells whether a file is still as it was when it was last read, without reading it.

#pragma once

#include <sys/stat.h>

#include "base/clock.h"

namespace sessiond {

/// A plain value. Default-made: the version of a file that is not there; nothing is still that.
class FileVersion {
 public:
  FileVersion() = default;
  /// What stat() said before the reading, and when that was.
  FileVersion(const struct stat& status, WallTime now);

  /// False also when the file had changed within a second before it was looked at: a second change in the same tick
  /// of the file system's clock would look like none.
  bool isStill(const struct stat& status) const;

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t size_ = 0;
  timespec modified_{};
  timespec changed_{};
  bool settled_ = false;
};

}  // namespace sessiond
