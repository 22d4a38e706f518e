#include "session/check_status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sessiond {
namespace {

TEST(CheckStatus, EveryStatusHasItsOwnWord) {
  std::set<std::string> words;
  for (std::size_t i = 0; i < kCheckStatuses; ++i) words.insert(std::string(nameOf(static_cast<CheckStatus>(i))));
  EXPECT_EQ(words, (std::set<std::string>{"valid", "missing", "malformed", "forged", "unknown", "expired", "revoked",
                                          "anonymous", "corrupt", "stale", "too_many", "too_large", "forbidden", "lost",
                                          "incomplete", "unavailable", "misconfigured"}));
}

TEST(CheckStatus, RefusalsAreCodesThatNginxPassesOn) {
  for (std::size_t i = 0; i < kCheckStatuses; ++i) {
    const auto status = static_cast<CheckStatus>(i);
    if (status == CheckStatus::kValid) continue;
    const int code = refusalCode(status);
    EXPECT_TRUE(code == 401 || code == 403 || code == 503) << nameOf(status);
  }
  EXPECT_EQ(refusalCode(CheckStatus::kMissing), 401);
  EXPECT_EQ(refusalCode(CheckStatus::kCorrupt), 401);
  EXPECT_EQ(refusalCode(CheckStatus::kForbidden), 403);
  EXPECT_EQ(refusalCode(CheckStatus::kMisconfigured), 403);
  EXPECT_EQ(refusalCode(CheckStatus::kUnavailable), 503);
}

TEST(CheckStatusDeathTest, ValidIsNoRefusal) {
  EXPECT_DEATH(refusalCode(CheckStatus::kValid), "check failed");
}

TEST(CheckStatus, OnlyTheCertainAbsenceOfALoginPassesAsNobody) {
  EXPECT_TRUE(passesAsNobody(CheckStatus::kMissing));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kForged));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kTooMany));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kTooLarge));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kUnknown));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kRevoked));
  EXPECT_TRUE(passesAsNobody(CheckStatus::kCorrupt));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kUnavailable));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kLost));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kIncomplete));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kForbidden));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kStale));
  EXPECT_FALSE(passesAsNobody(CheckStatus::kMisconfigured));
}

TEST(CheckStatus, OnlyWhatWasNotLookedAtWasCut) {
  for (std::size_t i = 0; i < kCheckStatuses; ++i) {
    const auto status = static_cast<CheckStatus>(i);
    EXPECT_EQ(wasCut(status), status == CheckStatus::kTooMany || status == CheckStatus::kTooLarge) << nameOf(status);
  }
}

TEST(CheckCounters, CountsByOutcome) {
  MetricsRegistry metrics;
  CheckCounters counters(metrics);
  counters.count(CheckStatus::kForged);
  counters.count(CheckStatus::kForged);
  EXPECT_EQ(metrics.counter("sessiond_checks_total", "", {{"outcome", "forged"}}).read(), 2U);
  EXPECT_EQ(metrics.counter("sessiond_checks_total", "", {{"outcome", "valid"}}).read(), 0U);
}

}  // namespace
}  // namespace sessiond
