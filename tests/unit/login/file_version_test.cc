#include "login/file_version.h"

#include <gtest/gtest.h>

#include <chrono>

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct stat sample() {
  struct stat status = {};
  status.st_dev = 1;
  status.st_ino = 2;
  status.st_size = 3;
  status.st_mtim = {.tv_sec = 1000, .tv_nsec = 5};
  status.st_ctim = {.tv_sec = 1000, .tv_nsec = 500'000'000};
  return status;
}

TEST(FileVersion, StaysAsLongAsNothingChanges) {
  const FileVersion version(sample(), WallTime(seconds(2000)));
  EXPECT_TRUE(version.isStill(sample()));
}

TEST(FileVersion, SeesEveryKindOfChange) {
  const FileVersion version(sample(), WallTime(seconds(2000)));
  const auto seesChange = [&version](auto change) {
    struct stat status = sample();
    change(status);
    return !version.isStill(status);
  };
  EXPECT_TRUE(seesChange([](auto& status) { status.st_dev = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_ino = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_size = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_mtim.tv_sec = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_mtim.tv_nsec = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_ctim.tv_sec = 9; }));
  EXPECT_TRUE(seesChange([](auto& status) { status.st_ctim.tv_nsec = 9; }));
}

TEST(FileVersion, IsNotTrustedWithinASecondOfTheChange) {
  EXPECT_FALSE(FileVersion(sample(), WallTime(milliseconds(1'000'500))).isStill(sample()));
  EXPECT_FALSE(FileVersion(sample(), WallTime(milliseconds(1'001'500))).isStill(sample()));
  EXPECT_TRUE(FileVersion(sample(), WallTime(milliseconds(1'001'501))).isStill(sample()));
}

TEST(FileVersion, AFutureTimeIsNotTrusted) {
  EXPECT_FALSE(FileVersion(sample(), WallTime(seconds(5))).isStill(sample()));
}

TEST(FileVersion, AFileThatIsNotThereIsNeverStillThat) {
  EXPECT_FALSE(FileVersion().isStill(sample()));
  const struct stat nothing = {};
  EXPECT_FALSE(FileVersion().isStill(nothing));
}

}  // namespace
}  // namespace sessiond
