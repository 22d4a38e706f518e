#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace sessiond {
namespace {

int openSomething() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool isOpen(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

TEST(UniqueFd, ClosesWhatItHolds) {
  const int descriptor = openSomething();
  {
    const UniqueFd owner(descriptor);
    EXPECT_TRUE(isOpen(descriptor));
  }
  EXPECT_FALSE(isOpen(descriptor));
}

TEST(UniqueFd, MovesItsDescriptor) {
  UniqueFd first(openSomething());
  const int descriptor = first.get();
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), descriptor);
  UniqueFd third(openSomething());
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), descriptor);
  EXPECT_TRUE(isOpen(descriptor));
  EXPECT_FALSE(isOpen(replaced));
}

TEST(UniqueFd, ReleasesWithoutClosing) {
  UniqueFd owner(openSomething());
  const int descriptor = owner.release();
  EXPECT_FALSE(owner);
  EXPECT_TRUE(isOpen(descriptor));
  UniqueFd(descriptor).reset();
  EXPECT_FALSE(isOpen(descriptor));
}

}  // namespace
}  // namespace sessiond
