#include "os/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <vector>

namespace sessiond {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

TEST(ProcessFigures, AreThoseOfThisProcess) {
  const ProcessFigures figures = processFigures();
  EXPECT_GT(processStart(), now() - 24 * 3600);
  EXPECT_LE(processStart(), now() + 1);
  EXPECT_GE(figures.cpu_seconds, 0);
  EXPECT_GT(figures.resident_bytes, 1e5);
  EXPECT_GE(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GE(figures.most_open_files, figures.open_files);
}

TEST(ProcessFigures, CountWhatIsOpen) {
  const double before = processFigures().open_files;
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(processFigures().open_files, before + 1);
  ::close(file);
  EXPECT_EQ(processFigures().open_files, before);
}

TEST(ProcessFigures, GrowWithWhatTheProcessDoes) {
  const double before = processFigures().cpu_seconds;
  std::vector<char> memory;
  while (processFigures().cpu_seconds == before) memory.assign(1'000'000, 'x');
  EXPECT_GT(processFigures().cpu_seconds, before);
}

}  // namespace
}  // namespace sessiond
