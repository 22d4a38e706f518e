#include "redis/key_pattern.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(KeyPattern, IsWhateverBeginsSo) {
  EXPECT_EQ(keyPattern("sess:"), "sess:*");
  EXPECT_EQ(keyPattern(""), "*");
  EXPECT_EQ(keyPattern("my-app:{a}^b:"), "my-app:{a}^b:*") << "between brackets only they mean something";
}

TEST(KeyPattern, TakesWhatMeansSomethingInAPatternForItself) {
  EXPECT_EQ(keyPattern("s*:"), R"(s\*:*)");
  EXPECT_EQ(keyPattern("s?:"), R"(s\?:*)");
  EXPECT_EQ(keyPattern("s[1]:"), R"(s\[1]:*)");
  EXPECT_EQ(keyPattern(R"(s\:)"), R"(s\\:*)");
}

}  // namespace
}  // namespace sessiond
