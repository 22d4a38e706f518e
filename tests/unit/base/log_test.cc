// What stands in a log file, or on stderr, after a few calls.

#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"

namespace sessiond {
namespace {

using testing::MatchesRegex;

constexpr const char* kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";

std::string readAll(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class Log : public testing::Test {
 protected:
  Log() {
    unsetenv("JOURNAL_STREAM");
    file_ = folder_ / "sessiond.log";
  }
  ~Log() override { setUpLog(LogSettings{}); }

  std::string written() const { return readAll(file_); }

  TemporaryFolder folder_;
  std::filesystem::path file_;
};

TEST_F(Log, WritesTextWithTimeAndLevel) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  logInfo("listening", {{"socket", "/run/sessiond/sessiond.sock"}});
  logWarn("slow");
  logError("lost", {{"error", "connection refused"}});
  EXPECT_THAT(written(),
              MatchesRegex(std::string(kTime) + " info listening socket=/run/sessiond/sessiond.sock\n" + kTime +
                           " warning slow\n" + kTime + " error lost error=\"connection refused\"\n"));
}

TEST_F(Log, WritesOneJsonObjectALine) {
  ASSERT_TRUE(setUpLog({.format = LogFormat::kJson, .file = file_}));
  logInfo("100%l {}", {{"count", 3}});
  audit("login", {{"user", "anna"}});
  EXPECT_THAT(written(), MatchesRegex("\\{\"time\":\"" + std::string(kTime) +
                                      "\",\"level\":\"info\",\"message\":\"100%l \\{\\}\",\"count\":3\\}\n"
                                      "\\{\"time\":\"" +
                                      kTime + "\",\"level\":\"info\",\"audit\":\"login\",\"user\":\"anna\"\\}\n"));
}

TEST_F(Log, TellsTheTimeInUtcWhereverItRuns) {
  setenv("TZ", "Elsewhere-5:30", 1);
  tzset();
  ASSERT_TRUE(setUpLog({.file = file_}));
  // Not time(), which may be some milliseconds behind the clock that the log reads.
  const auto now = [] { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); };
  const std::time_t before = now();
  logInfo("now");
  const std::time_t after = now();
  unsetenv("TZ");
  tzset();
  std::tm written_time{};
  strptime(written().c_str(), "%Y-%m-%dT%H:%M:%S", &written_time);
  EXPECT_GE(timegm(&written_time), before);
  EXPECT_LE(timegm(&written_time), after);
}

TEST_F(Log, LeavesOutWhatIsBelowItsLevel) {
  ASSERT_TRUE(setUpLog({.level = LogLevel::kWarn, .file = file_}));
  EXPECT_FALSE(logEnabled(LogLevel::kDebug));
  EXPECT_FALSE(logEnabled(LogLevel::kInfo));
  EXPECT_TRUE(logEnabled(LogLevel::kWarn));
  EXPECT_FALSE(logEnabled(LogLevel::kOff));
  logDebug("no");
  logInfo("no");
  logWarn("yes");
  EXPECT_THAT(written(), MatchesRegex(std::string(kTime) + " warning yes\n"));
}

TEST_F(Log, WritesTheAuditStreamAtEveryLevel) {
  ASSERT_TRUE(setUpLog({.level = LogLevel::kOff, .file = file_}));
  logError("no");
  audit("logout", {{"session", "0a1b2c"}});
  EXPECT_THAT(written(), MatchesRegex(std::string(kTime) + " info audit logout session=0a1b2c\n"));
}

TEST_F(Log, AuditLinesEndWithTheRequestThatBroughtThemAbout) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  {
    const RequestScope scope("0a1b");
    audit("logout", {{"all", "no"}});
    std::thread([] { audit("logout", {{"all", "other thread"}}); }).join();
    logWarn("slow");
  }
  audit("logout", {{"all", "later"}});
  EXPECT_THAT(written(), MatchesRegex(std::string(kTime) + " info audit logout all=no request_id=0a1b\n" + kTime +
                                      " info audit logout all=\"other thread\"\n" + kTime + " warning slow\n" + kTime +
                                      " info audit logout all=later\n"));
  ASSERT_TRUE(setUpLog({.format = LogFormat::kJson, .file = file_}));
  const RequestScope scope("a\"b");
  audit("logout", {});
  EXPECT_THAT(written(), testing::HasSubstr("\"audit\":\"logout\",\"request_id\":\"a\\\"b\"}\n"));
}

TEST_F(Log, WritesNoAuditStreamWhenItIsSwitchedOff) {
  ASSERT_TRUE(setUpLog({.level = LogLevel::kDebug, .file = file_, .audit = false}));
  audit("logout", {});
  logDebug("only this");
  EXPECT_THAT(written(), MatchesRegex(std::string(kTime) + " debug only this\n"));
}

TEST_F(Log, AppendsToAFileAndOpensItAnewAfterRotation) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  logInfo("one");
  std::filesystem::rename(file_, folder_ / "rotated.log");
  logInfo("two");
  ASSERT_TRUE(reopenLog());
  logInfo("three");
  ASSERT_TRUE(reopenLog());
  logInfo("four");
  EXPECT_THAT(readAll(folder_ / "rotated.log"), MatchesRegex("[^\n]* info one\n[^\n]* info two\n"));
  EXPECT_THAT(written(), MatchesRegex("[^\n]* info three\n[^\n]* info four\n"));
}

TEST_F(Log, KeepsTheOldOneWhenTheNewCannotBeOpened) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  EXPECT_FALSE(setUpLog({.level = LogLevel::kOff, .file = file_ / "under-a-file"}));
  logInfo("still here");
  EXPECT_THAT(written(), MatchesRegex(std::string(kTime) + " info still here\n"));
}

TEST_F(Log, TakesFilesAndTerminalsAlone) {
  EXPECT_EQ(whyLogFails({.file = file_}), std::nullopt);
  EXPECT_EQ(whyLogFails({.file = "/dev/null"}), std::nullopt);
  EXPECT_EQ(whyLogFails({.file = folder_ / ""}), "is a folder");
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(whyLogFails({.file = pipe}), "is no file, but a pipe, a socket or a disk");
  const std::string socket = folder_ / "socket";
  ASSERT_EQ(mknod(socket.c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_EQ(whyLogFails({.file = socket}), "is no file, but a pipe, a socket or a disk");
}

TEST_F(Log, FollowsALinkToWhereAFileCanBeMade) {
  std::filesystem::create_symlink("elsewhere.log", file_);
  EXPECT_EQ(whyLogFails({.file = file_}), std::nullopt);
  ASSERT_TRUE(setUpLog({.file = file_}));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "elsewhere.log"));
  const std::string nowhere = folder_ / "nowhere.log";
  std::filesystem::create_symlink("gone/sessiond.log", nowhere);
  EXPECT_EQ(whyLogFails({.file = nowhere}), "is a link that leads nowhere");
  const std::string circle = folder_ / "circle.log";
  std::filesystem::create_symlink("circle.log", circle);
  EXPECT_EQ(whyLogFails({.file = circle}), "cannot be written: Too many levels of symbolic links");
}

TEST_F(Log, StaysWhereItIsWhenAPipeTakesThePlaceOfItsFile) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  std::filesystem::rename(file_, folder_ / "rotated.log");
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  EXPECT_FALSE(reopenLog()) << "and does not wait for who reads the pipe";
  logInfo("still here");
  EXPECT_THAT(readAll(folder_ / "rotated.log"), MatchesRegex("[^\n]* info still here\n"));
}

TEST_F(Log, GoesToStderrWithoutAFile) {
  testing::internal::CaptureStderr();
  ASSERT_TRUE(setUpLog({}));
  logInfo("hello");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex(std::string(kTime) + " info hello\n"));
}

void pretendThatStderrIsTheJournal() {
  struct stat status = {};
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
}

TEST_F(Log, TellsTheJournalThePriorityAndNoTime) {
  testing::internal::CaptureStderr();
  pretendThatStderrIsTheJournal();
  ASSERT_TRUE(setUpLog({.level = LogLevel::kDebug}));
  logDebug("a");
  logInfo("b");
  logWarn("c");
  logError("d");
  audit("login", {{"user", "anna"}});
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "<7>a\n<6>b\n<4>c\n<3>d\n<5>audit login user=anna\n");
}

TEST_F(Log, TellsTheJournalThePriorityOfJsonToo) {
  testing::internal::CaptureStderr();
  pretendThatStderrIsTheJournal();
  ASSERT_TRUE(setUpLog({.format = LogFormat::kJson}));
  logWarn("c");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex("<4>\\{\"time\":\"" + std::string(kTime) +
                                                                   "\",\"level\":\"warning\",\"message\":\"c\"\\}\n"));
}

TEST_F(Log, TakesNoNoticeOfAJournalThatIsNotOnStderr) {
  testing::internal::CaptureStderr();
  setenv("JOURNAL_STREAM", "1:1", 1);
  ASSERT_TRUE(setUpLog({}));
  logInfo("b");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex(std::string(kTime) + " info b\n"));
}

TEST_F(Log, KeepsLinesWholeUnderThreadsAndReopening) {
  ASSERT_TRUE(setUpLog({.file = file_}));
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([] {
        for (int line = 0; line < kLines; ++line) logInfo("a line of some length", {{"number", line}, {"end", "."}});
      });
    }
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(reopenLog());
  }
  std::ifstream stream(file_);
  int whole = 0;
  for (std::string line; std::getline(stream, line);) {
    if (line.find(" info a line of some length number=") != std::string::npos && line.ends_with(" end=.")) ++whole;
  }
  EXPECT_EQ(whole, kThreads * kLines);
}

}  // namespace
}  // namespace sessiond
