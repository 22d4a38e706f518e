#include "endpoints/auth/refusal_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/log.h"
#include "base/secret.h"

namespace sessiond {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class RefusalLogTest : public testing::Test {
 protected:
  RefusalLogTest() { testing::internal::CaptureStderr(); }
  std::string written() {
    setUpLog(LogSettings{});
    return testing::internal::GetCapturedStderr();
  }
  void note(RefusalLog& log, const RefusalLog::Refusal& refusal) {
    if (log.admit(refusal.status, now_)) log.write(refusal);
  }
  static std::size_t count(const std::string& text, const std::string& what) {
    std::size_t times = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++times;
    return times;
  }

  const HmacKey key_{Secret(std::string("a key for names in the log, long"))};
  SteadyTime now_{seconds(1000)};
};

TEST_F(RefusalLogTest, SaysWhyAndByWhichPolicyAndNamesTheSessionByItsHash) {
  RefusalLog log(key_);
  note(log, {.status = CheckStatus::kForbidden, .policy = "staff", .location = "staff", .session = "the-session-id"});
  note(log, {.status = CheckStatus::kMissing, .policy = "default", .location = {}, .session = {}});
  note(log, {.status = CheckStatus::kMisconfigured, .policy = {}, .location = "typo", .session = {}});
  const std::string text = written();
  EXPECT_THAT(text, HasSubstr("auth: refused status=forbidden policy=staff location_policy=staff session=" +
                              pseudonym(key_, "the-session-id") + "\n"));
  EXPECT_THAT(text, HasSubstr("auth: refused status=missing policy=default location_policy=\"\" session=\"\"\n"));
  EXPECT_THAT(text, HasSubstr("auth: refused status=misconfigured policy=\"\" location_policy=typo session=\"\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("the-session-id")));
}

TEST_F(RefusalLogTest, IsNotThePlaceForAFlood) {
  {
    RefusalLog log(key_);
    for (int i = 0; i < 5000; ++i) note(log, {.status = CheckStatus::kMissing, .policy = "default"});
    note(log, {.status = CheckStatus::kForged, .policy = "default"});
    now_ += RefusalLog::kWindow;
    note(log, {.status = CheckStatus::kUnknown, .policy = "default"});
    for (int i = 0; i < 22; ++i) note(log, {.status = CheckStatus::kExpired, .policy = "default"});
  }
  const std::string text = written();
  EXPECT_EQ(count(text, "status=missing"), RefusalLog::kSinglyInAWindow);
  EXPECT_EQ(count(text, "status=unknown"), 1U);
  EXPECT_EQ(count(text, "status=expired"), RefusalLog::kSinglyInAWindow - 1);
  EXPECT_EQ(count(text, "not logged one by one"), 2U);
  EXPECT_THAT(text,
              HasSubstr("auth: refused, and not logged one by one checks=4981 statuses=\"missing:4980 forged:1\"\n"));
  EXPECT_THAT(text, HasSubstr("auth: refused, and not logged one by one checks=3 statuses=expired:3\n"));
}

}  // namespace
}  // namespace sessiond
