#include "base/log_summary.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace sessiond {
namespace {

TEST(LogSummary, HasALineAtOnceAndThenOneAnIntervalWithHowManyThereWere) {
  FakeClock clock;
  LogSummary summary;
  EXPECT_EQ(summary.count(clock.steadyNow()), 1U);
  for (int i = 0; i < 8000; ++i) EXPECT_EQ(summary.count(clock.steadyNow()), std::nullopt);
  clock.advance(LogSummary::kInterval);
  EXPECT_EQ(summary.count(clock.steadyNow()), 8001U);
  EXPECT_EQ(summary.count(clock.steadyNow()), std::nullopt);
  clock.advance(LogSummary::kInterval * 100);
  EXPECT_EQ(summary.count(clock.steadyNow()), 2U);
}

TEST(LogSummary, HasSoManyLinesInAnIntervalAsItWasTold) {
  FakeClock clock;
  LogSummary summary(3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(summary.count(clock.steadyNow()), 1U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(summary.count(clock.steadyNow()), std::nullopt);
  clock.advance(LogSummary::kInterval);
  EXPECT_EQ(summary.count(clock.steadyNow()), 51U);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(summary.count(clock.steadyNow()), 1U);
  EXPECT_EQ(summary.count(clock.steadyNow()), std::nullopt);
}

}  // namespace
}  // namespace sessiond
