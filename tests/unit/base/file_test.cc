#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/unique_fd.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

class ReadFile : public testing::Test {
 protected:
  std::string fileWith(const std::string& bytes, mode_t mode = 0600) {
    const std::string path = folder_ / "file";
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(ReadFile, GivesEveryByte) {
  const std::string bytes("a\0b\n\xff", 5);
  EXPECT_EQ(readFile(fileWith(bytes), 100)->bytes, bytes);
  EXPECT_EQ(readFile(fileWith(""), 100)->bytes, "");
  EXPECT_EQ(readFile(fileWith(std::string(100'000, 'x')), 100'000)->bytes.size(), 100'000U);
}

TEST_F(ReadFile, RefusesWhatIsLargerThanTheLimit) {
  EXPECT_EQ(readFile(fileWith("12345"), 5)->bytes, "12345");
  EXPECT_EQ(readFile(fileWith("123456"), 5).error(), "is larger than 5 bytes");
}

// Files of /proc say that they are empty; they stand for any file that grows while it is read.
TEST_F(ReadFile, HoldsTheLimitForAFileThatIsLargerThanItSays) {
  EXPECT_EQ(readFile("/proc/self/status", 100).error(), "is larger than 100 bytes");
  EXPECT_NE(readFile("/proc/self/status", 100'000)->bytes.find("VmRSS"), std::string::npos);
}

TEST_F(ReadFile, SaysWhetherOthersCanReadIt) {
  EXPECT_FALSE(readFile(fileWith("x", 0600), 10)->readable_by_others);
  EXPECT_FALSE(readFile(fileWith("x", 0640), 10)->readable_by_others);
  EXPECT_TRUE(readFile(fileWith("x", 0604), 10)->readable_by_others);
}

TEST_F(ReadFile, SaysWhyThereIsNothingToRead) {
  EXPECT_EQ(readFile(folder_ / "absent", 10).error(), "no such file or directory");
  EXPECT_EQ(readFile(folder_.path(), 10).error(), "is not a regular file");
  EXPECT_EQ(readFile("/dev/zero", 10).error(), "is not a regular file");
  EXPECT_EQ(readFile("", 10).error(), "no such file or directory");
}

TEST_F(ReadFile, DoesNotWaitForTheWriterOfAPipe) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(readFile(pipe, 10).error(), "is not a regular file");
}

/// The reading end of a pipe in which `bytes` wait; at most what a pipe holds.
UniqueFd pipeWith(const std::string& bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const UniqueFd writer(ends[1]);
  EXPECT_EQ(write(writer.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return UniqueFd(ends[0]);
}

TEST(ReadBytes, ReadsAPipeToItsEnd) {
  EXPECT_EQ(*readBytes(pipeWith("").get(), 10), "");
  const std::string bytes = std::string(30'000, 'x') + std::string("\0y", 2);
  EXPECT_EQ(*readBytes(pipeWith(bytes).get(), 40'000), bytes);
}

TEST(ReadBytes, StopsOneByteBeyondTheLimit) {
  EXPECT_EQ(*readBytes(pipeWith("12345").get(), 5), "12345");
  const UniqueFd pipe = pipeWith("12345678");
  EXPECT_EQ(*readBytes(pipe.get(), 5), "123456");
  EXPECT_EQ(*readBytes(pipe.get(), 0), "7");
  EXPECT_EQ(readBytes(pipeWith(std::string(60'000, 'x')).get(), 50'000)->size(), 50'001U);
}

TEST(ReadBytes, SaysWhyItCannotRead) {
  EXPECT_EQ(readBytes(-1, 10).error(), EBADF);
  EXPECT_EQ(readBytes(UniqueFd(open("/", O_RDONLY | O_CLOEXEC)).get(), 10).error(), EISDIR);
}

}  // namespace
}  // namespace sessiond
