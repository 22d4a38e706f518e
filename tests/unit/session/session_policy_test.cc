#include "session/session_policy.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const WallTime kCheckedAt(milliseconds(1767225600000));

class Judge : public testing::Test {
 protected:
  Judge() {
    facts_.state = CheckStatus::kValid;
    facts_.policies_met = 1;
  }
  Judgement judgement() const { return judge(facts_, policy_, index_, absolute_timeout_, kCheckedAt); }
  CheckStatus status() const { return judgement().status; }

  SessionFacts facts_;
  SessionPolicy policy_;
  std::size_t index_ = 0;
  seconds absolute_timeout_{0};
};

TEST_F(Judge, AllowsALogin) {
  EXPECT_EQ(status(), CheckStatus::kValid);
  policy_.require_session = false;
  EXPECT_EQ(status(), CheckStatus::kValid);
}

TEST_F(Judge, RefusesAForgottenState) {
  EXPECT_EQ(judge(SessionFacts(), policy_, 0, seconds(0), kCheckedAt).status, CheckStatus::kCorrupt);
}

TEST_F(Judge, TakesWhatIsCertainlyNoLoginForNobodyWhereASessionIsOptional) {
  for (const CheckStatus state :
       {CheckStatus::kUnknown, CheckStatus::kAnonymous, CheckStatus::kCorrupt, CheckStatus::kExpired}) {
    facts_.state = state;
    policy_.require_session = true;
    EXPECT_EQ(status(), state);
    EXPECT_FALSE(judgement().admitted_as_nobody) << nameOf(state);
    policy_.require_session = false;
    EXPECT_EQ(status(), state);
    EXPECT_TRUE(judgement().admitted_as_nobody) << nameOf(state);
  }
  facts_.state = CheckStatus::kValid;
  EXPECT_FALSE(judgement().admitted_as_nobody);
  facts_.created = kCheckedAt - seconds(11);
  absolute_timeout_ = seconds(10);
  EXPECT_EQ(status(), CheckStatus::kExpired);
  EXPECT_TRUE(judgement().admitted_as_nobody);
}

TEST_F(Judge, NobodyIsAdmittedWhereItCannotBeTold) {
  policy_.require_session = false;
  EXPECT_TRUE(judgeNobody(CheckStatus::kMissing, policy_).admitted_as_nobody);
  const Judgement unknown = judgeNobody(CheckStatus::kUnavailable, policy_);
  EXPECT_EQ(unknown.status, CheckStatus::kUnavailable);
  EXPECT_FALSE(unknown.admitted_as_nobody);
}

TEST_F(Judge, NeverAdmitsARefusedLoginAsNobody) {
  policy_.require_session = false;
  facts_.policies_met = 0;
  EXPECT_EQ(status(), CheckStatus::kForbidden);
  EXPECT_FALSE(judgement().admitted_as_nobody);
  facts_.policies_met = 1;
  facts_.required_identity_missing = true;
  EXPECT_FALSE(judgement().admitted_as_nobody);
  policy_.max_auth_age = seconds(1);
  EXPECT_EQ(status(), CheckStatus::kStale);
  EXPECT_FALSE(judgement().admitted_as_nobody);
}

TEST_F(Judge, ExpiresBeyondTheAbsoluteTimeout) {
  absolute_timeout_ = seconds(10);
  facts_.created = kCheckedAt - seconds(10);
  EXPECT_EQ(status(), CheckStatus::kValid);
  facts_.created = kCheckedAt - seconds(10) - milliseconds(1);
  EXPECT_EQ(status(), CheckStatus::kExpired);
  facts_.state = CheckStatus::kAnonymous;
  EXPECT_EQ(status(), CheckStatus::kExpired);
}

TEST_F(Judge, HasNoAbsoluteTimeoutForSessionsOfOthersOrWhenItIsOff) {
  absolute_timeout_ = seconds(10);
  facts_.created = std::nullopt;
  EXPECT_EQ(status(), CheckStatus::kValid);
  absolute_timeout_ = seconds(0);
  facts_.created = WallTime();
  EXPECT_EQ(status(), CheckStatus::kValid);
}

TEST_F(Judge, TakesACreationInTheFutureForNow) {
  absolute_timeout_ = seconds(10);
  facts_.created = kCheckedAt + seconds(5);
  facts_.authenticated = kCheckedAt + seconds(5);
  policy_.max_auth_age = seconds(1);
  EXPECT_EQ(status(), CheckStatus::kValid);
}

TEST_F(Judge, AsksForANewLoginWhenItIsTooOldOrUnknown) {
  policy_.max_auth_age = seconds(300);
  facts_.authenticated = kCheckedAt - seconds(300);
  EXPECT_EQ(status(), CheckStatus::kValid);
  facts_.authenticated = kCheckedAt - seconds(300) - milliseconds(1);
  EXPECT_EQ(status(), CheckStatus::kStale);
  facts_.authenticated = std::nullopt;
  EXPECT_EQ(status(), CheckStatus::kStale);
  policy_.max_auth_age = seconds(0);
  EXPECT_EQ(status(), CheckStatus::kValid);
}

TEST_F(Judge, ForbidsWhatThePolicyDoesNotAllow) {
  facts_.policies_met = 0b101;
  index_ = 1;
  EXPECT_EQ(status(), CheckStatus::kForbidden);
  policy_.require_session = false;
  EXPECT_EQ(status(), CheckStatus::kForbidden);
  index_ = 2;
  EXPECT_EQ(status(), CheckStatus::kValid);
  facts_.policies_met = std::uint64_t{1} << 63;
  index_ = 63;
  EXPECT_EQ(status(), CheckStatus::kValid);
  index_ = 62;
  EXPECT_EQ(status(), CheckStatus::kForbidden);
}

TEST_F(Judge, RefusesALoginWithoutRequiredIdentity) {
  facts_.required_identity_missing = true;
  EXPECT_EQ(status(), CheckStatus::kIncomplete);
  policy_.require_session = false;
  EXPECT_EQ(status(), CheckStatus::kIncomplete);
}

TEST_F(Judge, RefusesALoginWhoseIdentityIsLost) {
  facts_.refused_identity_lost = true;
  facts_.required_identity_missing = true;
  EXPECT_EQ(status(), CheckStatus::kLost);
  policy_.require_session = false;
  EXPECT_EQ(status(), CheckStatus::kLost);
  EXPECT_FALSE(judgement().admitted_as_nobody);
  facts_.policies_met = 0;
  EXPECT_EQ(status(), CheckStatus::kForbidden);
}

TEST_F(Judge, AnswersTheSeverestReasonFirst) {
  absolute_timeout_ = seconds(1);
  facts_.created = WallTime();
  facts_.required_identity_missing = true;
  facts_.policies_met = 0;
  policy_.max_auth_age = seconds(1);
  EXPECT_EQ(status(), CheckStatus::kExpired);
  absolute_timeout_ = seconds(0);
  EXPECT_EQ(status(), CheckStatus::kStale);
  policy_.max_auth_age = seconds(0);
  EXPECT_EQ(status(), CheckStatus::kForbidden);
}

TEST(JudgeDeathTest, HasNoBitBeyondTheLastPolicy) {
  EXPECT_DEATH((void)judge(SessionFacts(), SessionPolicy(), 64, seconds(0), kCheckedAt), "check failed");
}

}  // namespace
}  // namespace sessiond
