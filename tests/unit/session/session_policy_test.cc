#include "session/session_policy.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kNow(milliseconds(1767225600000));

class Judge : public testing::Test {
 protected:
  Judge() {
    facts_.state = SessionState::kLoggedIn;
    facts_.policies_met = 1;
  }
  Verdict verdict() const { return judge(facts_, policy_, index_, absolute_timeout_, kNow); }

  SessionFacts facts_;
  SessionPolicy policy_;
  std::size_t index_ = 0;
  seconds absolute_timeout_{0};
};

TEST_F(Judge, AllowsALogin) {
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  policy_.require_session = false;
  EXPECT_EQ(verdict(), Verdict::kAllowed);
}

TEST_F(Judge, RefusesAForgottenState) {
  EXPECT_EQ(judge(SessionFacts(), policy_, 0, seconds(0), kNow), Verdict::kCorrupt);
}

TEST_F(Judge, RefusesCorruptAndRefusedSessionsUnderEveryPolicy) {
  for (const bool required : {true, false}) {
    policy_.require_session = required;
    facts_.state = SessionState::kCorrupt;
    EXPECT_EQ(verdict(), Verdict::kCorrupt);
    facts_.state = SessionState::kRefused;
    EXPECT_EQ(verdict(), Verdict::kRefused);
  }
}

TEST_F(Judge, TakesEmptyAnonymousAndExpiredForNobody) {
  facts_.state = SessionState::kEmpty;
  EXPECT_EQ(verdict(), Verdict::kEmpty);
  facts_.state = SessionState::kAnonymous;
  EXPECT_EQ(verdict(), Verdict::kAnonymous);
  policy_.require_session = false;
  EXPECT_EQ(verdict(), Verdict::kAnonymousAllowed);
  facts_.state = SessionState::kEmpty;
  EXPECT_EQ(verdict(), Verdict::kAnonymousAllowed);
  facts_.state = SessionState::kLoggedIn;
  facts_.created = kNow - seconds(11);
  absolute_timeout_ = seconds(10);
  EXPECT_EQ(verdict(), Verdict::kAnonymousAllowed);
}

TEST_F(Judge, ExpiresBeyondTheAbsoluteTimeout) {
  absolute_timeout_ = seconds(10);
  facts_.created = kNow - seconds(10);
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  facts_.created = kNow - seconds(10) - milliseconds(1);
  EXPECT_EQ(verdict(), Verdict::kExpired);
  facts_.state = SessionState::kAnonymous;
  EXPECT_EQ(verdict(), Verdict::kExpired);
}

TEST_F(Judge, HasNoAbsoluteTimeoutForSessionsOfOthersOrWhenItIsOff) {
  absolute_timeout_ = seconds(10);
  facts_.created = std::nullopt;
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  absolute_timeout_ = seconds(0);
  facts_.created = WallTime();
  EXPECT_EQ(verdict(), Verdict::kAllowed);
}

TEST_F(Judge, TakesACreationInTheFutureForNow) {
  absolute_timeout_ = seconds(10);
  facts_.created = kNow + seconds(5);
  facts_.authenticated = kNow + seconds(5);
  policy_.max_auth_age = seconds(1);
  EXPECT_EQ(verdict(), Verdict::kAllowed);
}

TEST_F(Judge, AsksForANewLoginWhenItIsTooOldOrUnknown) {
  policy_.max_auth_age = seconds(300);
  facts_.authenticated = kNow - seconds(300);
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  facts_.authenticated = kNow - seconds(300) - milliseconds(1);
  EXPECT_EQ(verdict(), Verdict::kReauthenticate);
  facts_.authenticated = std::nullopt;
  EXPECT_EQ(verdict(), Verdict::kReauthenticate);
  policy_.max_auth_age = seconds(0);
  EXPECT_EQ(verdict(), Verdict::kAllowed);
}

TEST_F(Judge, ForbidsWhatThePolicyDoesNotAllow) {
  facts_.policies_met = 0b101;
  index_ = 1;
  EXPECT_EQ(verdict(), Verdict::kForbidden);
  policy_.require_session = false;
  EXPECT_EQ(verdict(), Verdict::kForbidden);
  index_ = 2;
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  facts_.policies_met = std::uint64_t{1} << 63;
  index_ = 63;
  EXPECT_EQ(verdict(), Verdict::kAllowed);
  index_ = 62;
  EXPECT_EQ(verdict(), Verdict::kForbidden);
}

TEST_F(Judge, RefusesALoginWithoutRequiredIdentity) {
  facts_.required_identity_missing = true;
  EXPECT_EQ(verdict(), Verdict::kIdentityMissing);
  policy_.require_session = false;
  EXPECT_EQ(verdict(), Verdict::kIdentityMissing);
}

TEST_F(Judge, AnswersTheSeverestReasonFirst) {
  absolute_timeout_ = seconds(1);
  facts_.created = WallTime();
  facts_.required_identity_missing = true;
  facts_.policies_met = 0;
  policy_.max_auth_age = seconds(1);
  EXPECT_EQ(verdict(), Verdict::kExpired);
  absolute_timeout_ = seconds(0);
  EXPECT_EQ(verdict(), Verdict::kReauthenticate);
  policy_.max_auth_age = seconds(0);
  EXPECT_EQ(verdict(), Verdict::kForbidden);
}

TEST(JudgeDeathTest, HasNoBitBeyondTheLastPolicy) {
  EXPECT_DEATH((void)judge(SessionFacts(), SessionPolicy(), 64, seconds(0), kNow), "check failed");
}

}  // namespace
}  // namespace sessiond
