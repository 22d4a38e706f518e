#include "login/file_version.h"

#include <chrono>

namespace sessiond {
namespace {

constexpr std::chrono::seconds kSettlingTime{1};

bool sameTime(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

WallTime wallTime(const timespec& time) {
  return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                                        std::chrono::nanoseconds(time.tv_nsec)));
}

}  // namespace

FileVersion::FileVersion(const struct stat& status, WallTime now)
    : device_(status.st_dev),
      inode_(status.st_ino),
      size_(status.st_size),
      modified_(status.st_mtim),
      changed_(status.st_ctim),
      settled_(wallTime(status.st_ctim) + kSettlingTime < now) {}

bool FileVersion::isStill(const struct stat& status) const {
  return settled_ && device_ == status.st_dev && inode_ == status.st_ino && size_ == status.st_size &&
         sameTime(modified_, status.st_mtim) && sameTime(changed_, status.st_ctim);
}

}  // namespace sessiond
