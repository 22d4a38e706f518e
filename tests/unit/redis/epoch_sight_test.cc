#include "redis/epoch_sight.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;

SteadyTime at(int ms) {
  return SteadyTime(milliseconds(ms));
}

class EpochSightTest : public testing::Test {
 protected:
  int raised_ = 0;
  EpochSight sight_{milliseconds(1000), [this] { ++raised_; }};
};

TEST_F(EpochSightTest, IsKnownForAsLongAsAnythingMayBeOld) {
  EXPECT_FALSE(sight_.known(at(0)).has_value());
  sight_.note(3, at(0));
  EXPECT_EQ(sight_.known(at(1000)), 3U);
  EXPECT_FALSE(sight_.known(at(1001)).has_value());
  EXPECT_TRUE(sight_.isYounger(milliseconds(250), at(250)));
  EXPECT_FALSE(sight_.isYounger(milliseconds(250), at(251)));
}

TEST_F(EpochSightTest, SaysWhenItGrowsAndOnlyThen) {
  sight_.note(3, at(0));
  EXPECT_EQ(raised_, 0) << "nothing was believed before";
  sight_.note(3, at(10));
  EXPECT_EQ(raised_, 0);
  sight_.note(4, at(20));
  EXPECT_EQ(raised_, 1);
}

TEST_F(EpochSightTest, CountsBeforeItIsSaidThatItHasGrown) {
  std::optional<std::uint64_t> known;
  EpochSight* self = nullptr;
  EpochSight sight(milliseconds(1000), [&] { known = self->known(at(20)); });
  self = &sight;
  sight.note(3, at(0));
  sight.note(4, at(20));
  EXPECT_EQ(known, 4U) << "what is loaded from then on would be believed by the old answer";
}

TEST_F(EpochSightTest, IsNotKnownOnceItHasChanged) {
  sight_.note(3, at(0));
  sight_.forget();
  EXPECT_FALSE(sight_.known(at(0)).has_value());
  sight_.note(4, at(1));
  EXPECT_EQ(raised_, 1);
  EXPECT_EQ(sight_.known(at(1)), 4U);
}

TEST_F(EpochSightTest, AnAnswerThatComesLateTakesNothingBack) {
  sight_.note(4, at(100));
  sight_.note(3, at(50));
  EXPECT_EQ(sight_.known(at(100)), 4U);
  EXPECT_EQ(sight_.known(at(1100)), 4U);
  EXPECT_EQ(raised_, 0);
}

}  // namespace
}  // namespace sessiond
