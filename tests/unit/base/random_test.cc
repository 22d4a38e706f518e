#include "base/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sessiond {
namespace {

TEST(RandomBytes, AreAsManyAsAskedForAndNeverTheSame) {
  EXPECT_EQ(randomBytes(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string bytes = randomBytes(24);
    EXPECT_EQ(bytes.size(), 24U);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

TEST(RandomBelow, ReachesEveryNumberBelowItsBoundAndNoOther) {
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(randomBelow(4));
  EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(randomBelow(1), 0U);
}

}  // namespace
}  // namespace sessiond
