#include "login/recent_durations.h"

#include <gtest/gtest.h>

#include <set>

namespace sessiond {
namespace {

std::set<RecentDurations::Duration> many(const RecentDurations& durations) {
  std::set<RecentDurations::Duration> seen;
  for (int i = 0; i < 2000; i++) seen.insert(durations.any());
  return seen;
}

TEST(RecentDurations, AreZeroBeforeThereIsOne) {
  EXPECT_EQ(RecentDurations().any(), milliseconds(0));
}

TEST(RecentDurations, AreTakenFromTheLastOnesOnlyAndFromAllOfThem) {
  RecentDurations durations;
  durations.note(milliseconds(7));
  durations.note(milliseconds(9));
  EXPECT_EQ(many(durations), (std::set<RecentDurations::Duration>{milliseconds(7), milliseconds(9)}));
  std::set<RecentDurations::Duration> last;
  for (std::size_t i = 1; i <= RecentDurations::kKept; i++) {
    durations.note(seconds(i));
    last.insert(seconds(i));
  }
  EXPECT_EQ(many(durations), last);
}

}  // namespace
}  // namespace sessiond
