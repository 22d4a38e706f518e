#include "redis/known_epoch.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;

SteadyTime at(int ms) {
  return SteadyTime(milliseconds(ms));
}

class KnownEpochTest : public testing::Test {
 protected:
  int raised_ = 0;
  KnownEpoch epoch_{milliseconds(1000), [this] { ++raised_; }};
};

TEST_F(KnownEpochTest, IsKnownForAsLongAsAnythingMayBeOld) {
  EXPECT_FALSE(epoch_.known(at(0)).has_value());
  epoch_.note(3, at(0));
  EXPECT_EQ(epoch_.known(at(1000)), 3U);
  EXPECT_FALSE(epoch_.known(at(1001)).has_value());
  EXPECT_TRUE(epoch_.isYounger(milliseconds(250), at(250)));
  EXPECT_FALSE(epoch_.isYounger(milliseconds(250), at(251)));
}

TEST_F(KnownEpochTest, SaysWhenItGrowsAndOnlyThen) {
  epoch_.note(3, at(0));
  EXPECT_EQ(raised_, 0) << "nothing was believed before";
  epoch_.note(3, at(10));
  EXPECT_EQ(raised_, 0);
  epoch_.note(4, at(20));
  EXPECT_EQ(raised_, 1);
}

TEST_F(KnownEpochTest, CountsBeforeItIsSaidThatItHasGrown) {
  std::optional<std::uint64_t> known;
  KnownEpoch* self = nullptr;
  KnownEpoch epoch(milliseconds(1000), [&] { known = self->known(at(20)); });
  self = &epoch;
  epoch.note(3, at(0));
  epoch.note(4, at(20));
  EXPECT_EQ(known, 4U) << "what is loaded from then on would be believed by the old answer";
}

TEST_F(KnownEpochTest, IsNotKnownOnceItHasChanged) {
  epoch_.note(3, at(0));
  epoch_.forget();
  EXPECT_FALSE(epoch_.known(at(0)).has_value());
  epoch_.note(4, at(1));
  EXPECT_EQ(raised_, 1);
  EXPECT_EQ(epoch_.known(at(1)), 4U);
}

TEST_F(KnownEpochTest, AnAnswerThatComesLateTakesNothingBack) {
  epoch_.note(4, at(100));
  epoch_.note(3, at(50));
  EXPECT_EQ(epoch_.known(at(100)), 4U);
  EXPECT_EQ(epoch_.known(at(1100)), 4U);
  EXPECT_EQ(raised_, 0);
}

}  // namespace
}  // namespace sessiond
