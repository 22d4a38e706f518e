#include "login/htpasswd_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "login/password_tag.h"
#include "support/fake_clock.h"
#include "support/temporary_folder.h"

namespace sessiond {
namespace {

const std::string kHash = "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";
const std::string kOtherHash = "$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e";

class HtpasswdDirectoryTest : public testing::Test {
 protected:
  HtpasswdDirectoryTest() {
    path_ = folder_ / "users";
    clock_.advance(SystemClock().wallNow() - clock_.wallNow());  // the file system's times are the machine's
  }

  void write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  void replace(const std::string& text) const {
    std::ofstream(path_ + ".new") << text;
    std::filesystem::rename(path_ + ".new", path_);
  }
  std::unique_ptr<HtpasswdDirectory> open(NameCase name_case = NameCase::kMatters) {
    auto opened = HtpasswdDirectory::open(path_, name_case, clock_);
    EXPECT_TRUE(opened.hasValue());
    return std::move(opened).value();
  }
  std::string problemOfOpening() {
    auto opened = HtpasswdDirectory::open(path_, NameCase::kMatters, clock_);
    return opened ? "none" : opened.error();
  }
  /// The hash, or what stands for it.
  static std::string hashOf(HtpasswdDirectory& directory, const std::string& name) {
    const auto found = directory.find(name);
    if (!found) return "unavailable";
    if (!*found) return "nobody";
    if ((*found)->locked) return "locked";
    return (*found)->damage.empty() ? (*found)->password_hash : "damaged";
  }

  FakeClock clock_;
  TemporaryFolder folder_;
  std::string path_;
};

TEST_F(HtpasswdDirectoryTest, FindsExactlyThatName) {
  write("ada:" + kHash + ":id=42\nbob:" + kOtherHash + "\n");
  const auto directory = open();
  const auto ada = directory->find("ada");
  ASSERT_TRUE(ada && *ada);
  EXPECT_EQ((*ada)->password_hash, kHash);
  EXPECT_TRUE((*ada)->user.json.starts_with(R"({"id":"42",)"));
  EXPECT_EQ(hashOf(*directory, "bob"), kOtherHash);
  EXPECT_EQ(hashOf(*directory, "Ada"), "nobody");
  EXPECT_EQ(hashOf(*directory, "ad"), "nobody");
  EXPECT_EQ(hashOf(*directory, "adaa"), "nobody");
  EXPECT_EQ(hashOf(*directory, "zoe"), "nobody");
}

TEST_F(HtpasswdDirectoryTest, SeesAFileThatWasReplaced) {
  write("ada:" + kHash + "\n");
  const auto directory = open();
  replace("ada:" + kOtherHash + "\n");
  EXPECT_EQ(hashOf(*directory, "ada"), kOtherHash);
}

TEST_F(HtpasswdDirectoryTest, SeesAChangeOfTheSameSizeInTheSameClockTick) {
  write("ada:" + kHash + "\n");
  const auto directory = open();
  write("ada:" + kOtherHash + "\n");
  EXPECT_EQ(hashOf(*directory, "ada"), kOtherHash);
}

TEST_F(HtpasswdDirectoryTest, SeesAChangeOfASettledFile) {
  clock_.advance(std::chrono::hours(1));
  write("ada:" + kHash + "\n");
  const auto directory = open();
  EXPECT_EQ(hashOf(*directory, "ada"), kHash);
  write("ada:" + kHash + "\nbob:" + kHash + "\n");
  EXPECT_EQ(hashOf(*directory, "bob"), kHash);
  replace("bob:" + kHash + "\n");
  EXPECT_EQ(hashOf(*directory, "ada"), "nobody");
}

TEST_F(HtpasswdDirectoryTest, ABadLineIsBadAloneAndWhoIsGoneIsGoneAtOnce) {
  write("ada:" + kHash + "\nbob:" + kHash + "\neve:" + kHash + "\n");
  const auto directory = open();
  write("bob:" + kOtherHash + "\nada:plain\nno colon\n");
  EXPECT_EQ(hashOf(*directory, "ada"), "damaged");
  EXPECT_EQ(hashOf(*directory, "bob"), kOtherHash);
  EXPECT_EQ(hashOf(*directory, "eve"), "nobody");
  write("bob:!" + kHash + "\n");
  EXPECT_EQ(hashOf(*directory, "bob"), "locked");
  write("bob:" + kHash + "\n");
  EXPECT_EQ(hashOf(*directory, "bob"), kHash);
}

TEST_F(HtpasswdDirectoryTest, OpensAFileWithBadLines) {
  write("ada\nbob:" + kHash + ":x\neve:" + kHash + "\n");
  const auto directory = open();
  EXPECT_EQ(hashOf(*directory, "bob"), "damaged");
  EXPECT_EQ(hashOf(*directory, "eve"), kHash);
}

TEST_F(HtpasswdDirectoryTest, WhileTheFileCannotBeReadNobodyCanTell) {
  write("ada:" + kHash + "\n");
  const auto directory = open();
  std::filesystem::remove(path_);
  EXPECT_EQ(hashOf(*directory, "ada"), "unavailable");
  EXPECT_EQ(hashOf(*directory, "zoe"), "unavailable");
  std::filesystem::create_directory(path_);
  EXPECT_EQ(hashOf(*directory, "ada"), "unavailable");
  std::filesystem::remove(path_);
  write("ada:" + kOtherHash + "\n");
  EXPECT_EQ(hashOf(*directory, "ada"), kOtherHash);
}

TEST_F(HtpasswdDirectoryTest, AFileThatCannotBeReadAnyMoreIsSaidOnceAndSoIsThatItCanAgain) {
  write("ada:" + kHash + "\n");
  const auto directory = open();
  const auto logged = [&] {
    testing::internal::CaptureStderr();
    for (int i = 0; i < 3; ++i) hashOf(*directory, "ada");
    return testing::internal::GetCapturedStderr();
  };
  const auto times = [](const std::string& log, const std::string& words) {
    return log.find(words) == std::string::npos ? 0 : log.find(words) == log.rfind(words) ? 1 : 2;
  };
  EXPECT_EQ(logged(), "");
  std::filesystem::remove(path_);
  const std::string gone = logged();
  EXPECT_EQ(times(gone, path_ + ": no such file or directory; until it can be read, nobody can log in"), 1) << gone;
  write("ada:" + kHash + "\n");
  EXPECT_EQ(times(logged(), "htpasswd: file is in order again"), 1);
  write("ada:" + kHash + "\nno colon\n");
  const std::string bad = logged();
  EXPECT_EQ(times(bad, ":2: "), 1) << bad;
  EXPECT_EQ(times(bad, "this line lets nobody in"), 1) << bad;
}

TEST_F(HtpasswdDirectoryTest, AFileThatEverybodyCanReadIsSaidAtTheStart) {
  write("ada:" + kHash + "\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  EXPECT_TRUE(open()->firstProblems().empty());
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  EXPECT_EQ(open()->firstProblems(),
            std::vector{path_ + " can be read by everybody on this machine; chmod o-rwx " + path_});
}

TEST_F(HtpasswdDirectoryTest, BadLinesAtTheStartAreForWhoeverOpensItToSayAndNotLogged) {
  write("ada:$apr1$pXlDpX8E$ZjV7\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  testing::internal::CaptureStderr();
  auto directory = open();
  hashOf(*directory, "ada");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_EQ(directory->firstProblems().size(), 1U);
  const std::string& problem = directory->firstProblems()[0];
  EXPECT_TRUE(problem.starts_with(path_ + ":1: user \"ada\": hash form $apr1$ (Apache's MD5) is not accepted; "))
      << problem;
  EXPECT_TRUE(problem.ends_with("; make it anew: htpasswd -B FILE NAME; this line lets nobody in")) << problem;
  std::string many;
  for (int i = 0; i < 25; ++i) many += "no colon\n";
  write(many);
  directory = open();
  ASSERT_EQ(directory->firstProblems().size(), 21U);
  EXPECT_EQ(directory->firstProblems()[20], path_ + ": 5 other lines let nobody in either");
}

TEST_F(HtpasswdDirectoryTest, AFileThatIsNotThereIsSaidAtTheStart) {
  EXPECT_EQ(problemOfOpening(), path_ + ": no such file or directory");
}

TEST_F(HtpasswdDirectoryTest, AFifoInTheFilesPlaceDoesNotHang) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(problemOfOpening(), path_ + ": is not a regular file");
}

TEST_F(HtpasswdDirectoryTest, AHugeFileIsRefused) {
  write(std::string(HtpasswdDirectory::kMaxFileBytes + 1, '#'));
  EXPECT_EQ(problemOfOpening(), path_ + ": is larger than 16777216 bytes");
}

TEST_F(HtpasswdDirectoryTest, ManyThreadsSeeOneOfTheFilesStates) {
  write("ada:" + kHash + "\n");
  const auto directory = open();
  std::atomic<int> strange = 0;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const std::string hash = hashOf(*directory, "ada");
          if (hash != kHash && hash != kOtherHash) ++strange;
          directory->usualHash();
        }
      });
    }
    for (int i = 0; i < 50; ++i) replace("ada:" + (i % 2 == 0 ? kOtherHash : kHash) + "\n");
  }
  EXPECT_EQ(strange, 0);
  EXPECT_EQ(hashOf(*directory, "ada"), kHash);
}

TEST_F(HtpasswdDirectoryTest, TheUsualHashCostsWhatMostUsersDoAndComesFromTheFileAlone) {
  const std::string dear = "$2y$05$" + kHash.substr(7);
  write("ada:" + dear + "\nbob:" + kHash + "\neve:" + kOtherHash + "\nmia:!" + dear + "\nzoe:plain\n");
  const auto directory = open();
  EXPECT_EQ(directory->usualHash(), kHash) << "$2b$ costs what $2y$ does, and who cannot log in does not count";
  hashOf(*directory, "ada");
  EXPECT_EQ(directory->usualHash(), kHash);
  write("ada:" + dear + "\nbob:" + dear + "\neve:" + kOtherHash + "\n");
  hashOf(*directory, "eve");
  EXPECT_EQ(directory->usualHash(), dear);
}

/// What becomes of logins that stood by the file. The clock is at the file's own times, so that nothing has settled.
class WithdrawalTest : public HtpasswdDirectoryTest {
 protected:
  WithdrawalTest() {
    write(kAda + kBob);
    directory_ = opened();
    lookWhenSettled(*directory_);
  }

  std::unique_ptr<HtpasswdDirectory> opened(NameCase name_case = NameCase::kMatters,
                                            const std::string& where = "a redis") {
    auto directory = open(name_case);
    directory->onWithdrawal(settled_, where, [this](const StandingLogin& login) { gone_.push_back(login.tag); });
    return directory;
  }
  void lookWhenSettled(HtpasswdDirectory& directory) {
    clock_.advance(std::chrono::hours(1));
    directory.refresh();
    clock_.advance(-std::chrono::hours(1));
  }

  const std::string kAda = "ada:" + kHash + "\n";
  const std::string kBob = "bob:" + kHash + "\n";
  const std::vector<std::uint64_t> kAdaAlone{passwordTag("ada", kHash)};
  SettledLogins settled_;
  std::vector<std::uint64_t> gone_;
  std::unique_ptr<HtpasswdDirectory> directory_;
};

TEST_F(WithdrawalTest, IsToldOnceOfWhoIsRemovedLockedOrHasAnotherPassword) {
  EXPECT_TRUE(gone_.empty());
  for (const std::string& instead : {std::string(), "ada:!" + kHash + "\n", "ada:" + kOtherHash + "\n#\n"}) {
    gone_.clear();
    write(instead + kBob);
    lookWhenSettled(*directory_);
    EXPECT_EQ(gone_, kAdaAlone) << instead;
    write(instead + kBob + "# and nothing else\n");
    lookWhenSettled(*directory_);
    EXPECT_EQ(gone_, kAdaAlone) << instead;
    write(kAda + kBob);
    lookWhenSettled(*directory_);
    gone_.clear();
    write(kAda + kBob + "# the same users\n");
    lookWhenSettled(*directory_);
    EXPECT_TRUE(gone_.empty()) << instead;
  }
}

TEST_F(WithdrawalTest, IsNotToldOfAFileThatIsBeingWritten) {
  write(kBob);
  directory_->refresh();
  EXPECT_FALSE(directory_->stands(kAdaAlone.front())) << "but it counts at once";
  write(kAda + kBob);
  lookWhenSettled(*directory_);
  EXPECT_TRUE(gone_.empty());
}

TEST_F(WithdrawalTest, IsNotToldOfAFileThatIsASlipOfTheHand) {
  for (const std::string& slip : {std::string(), std::string("# nobody\n"), kBob + "ada:$2y$\n", kBob + "no colon\n"}) {
    write(slip);
    lookWhenSettled(*directory_);
    EXPECT_FALSE(directory_->stands(kAdaAlone.front())) << slip << ": but it counts";
    EXPECT_TRUE(gone_.empty()) << slip;
  }
  write(kBob);
  lookWhenSettled(*directory_);
  EXPECT_EQ(gone_, kAdaAlone);
}

TEST_F(WithdrawalTest, IsNotToldOfAFileThatCannotBeRead) {
  std::filesystem::remove(path_);
  lookWhenSettled(*directory_);
  EXPECT_TRUE(gone_.empty());
  write(kBob);
  lookWhenSettled(*directory_);
  EXPECT_EQ(gone_, kAdaAlone);
}

TEST_F(WithdrawalTest, IsToldOfWhatChangedBeforeTheNextDirectoryWasOpened) {
  write(kBob);
  clock_.advance(std::chrono::hours(1));
  const auto next = opened();
  next->refresh();
  EXPECT_EQ(gone_, kAdaAlone);
}

/// As by a reload that has named it for a while.
TEST_F(WithdrawalTest, OfAnotherFileNobodyCanTellAndTheOneInForceIsStillFollowed) {
  EXPECT_TRUE(settled_.replace("another", settled_.begin(), {{.tag = 1, .user = "{}"}}).empty());
  ASSERT_EQ(settled_.replace("another", settled_.begin(), {}).size(), 1U);
  write(kBob);
  lookWhenSettled(*directory_);
  EXPECT_EQ(gone_, kAdaAlone);
}

/// As by a reload that leads to another Redis, while the one before serves yet.
TEST_F(WithdrawalTest, IsToldThoughAnotherOneHasReadTheFileFirst) {
  const auto candidate = opened(NameCase::kMatters, "another redis");
  write(kBob);
  lookWhenSettled(*candidate);
  EXPECT_TRUE(gone_.empty());
  lookWhenSettled(*directory_);
  EXPECT_EQ(gone_, kAdaAlone);
}

/// By a thread that was held up, when another one has noted a new login meanwhile.
TEST_F(WithdrawalTest, AReadingThatComesLateWithdrawsNobody) {
  const std::vector<StandingLogin> before{{.tag = 1, .user = "{}"}};
  const std::vector<StandingLogin> since{{.tag = 1, .user = "{}"}, {.tag = 2, .user = "{}"}};
  const std::uint64_t late = settled_.begin();
  EXPECT_TRUE(settled_.replace("a file", settled_.begin(), since).empty());
  EXPECT_TRUE(settled_.replace("a file", late, before).empty());
  const auto gone = settled_.replace("a file", settled_.begin(), {});
  EXPECT_EQ(gone.size(), 2U) << "nor does it come into force";
}

TEST_F(WithdrawalTest, WhoeverReadsTheSameNamesInAnotherWayWithdrawsNobody) {
  const std::string capital = "Eve:" + kHash + "\n";
  write(kAda + kBob + capital);
  lookWhenSettled(*directory_);
  const auto candidate = opened(NameCase::kIgnored);
  lookWhenSettled(*candidate);
  EXPECT_TRUE(gone_.empty());
  write(kAda + kBob);
  lookWhenSettled(*directory_);
  EXPECT_EQ(gone_, std::vector{passwordTag("Eve", kHash)});
}

TEST_F(HtpasswdDirectoryTest, AFileWithoutUsersHasNoUsualHash) {
  write("ada:!\n");
  EXPECT_EQ(open()->usualHash(), std::nullopt);
}

}  // namespace
}  // namespace sessiond
