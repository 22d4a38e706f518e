#include "login/directory_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "support/fake_clock.h"
#include "support/soon.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

class DirectoryWatchTest : public testing::Test {
 protected:
  DirectoryWatchTest() {
    const std::string file = folder_ / "users";
    std::ofstream(file) << "ada:!\n";
    directory_ = *HtpasswdDirectory::open(file, NameCase::kMatters, clock_);
  }

  std::unique_ptr<DirectoryWatch> watch(std::atomic<int>& looks) {
    return std::make_unique<DirectoryWatch>(*directory_, milliseconds(1), [&looks] { ++looks; });
  }

 private:
  FakeClock clock_;
  TemporaryFolder folder_;
  std::unique_ptr<HtpasswdDirectory> directory_;
};

TEST_F(DirectoryWatchTest, LooksAgainAndAgainFromItsBeginning) {
  std::atomic<int> looks = 0;
  const auto begun = watch(looks);
  begun->begin();
  EXPECT_TRUE(soon([&] { return looks >= 3; }));
}

/// As by a reload that is refused.
TEST_F(DirectoryWatchTest, NeverLooksWhereItNeverBegins) {
  std::atomic<int> looks = 0;
  std::atomic<int> meanwhile = 0;
  auto never_begun = watch(looks);
  const auto begun = watch(meanwhile);
  begun->begin();
  EXPECT_TRUE(soon([&] { return meanwhile >= 50; }));
  never_begun.reset();
  EXPECT_EQ(looks, 0);
}

}  // namespace
}  // namespace sessiond
