#include "base/loopback.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(Loopback, KnowsThisMachine) {
  EXPECT_TRUE(isLoopback("127.0.0.1"));
  EXPECT_TRUE(isLoopback("127.1.2.3"));
  EXPECT_TRUE(isLoopback("::1"));
  EXPECT_TRUE(isLoopback("localhost"));
  EXPECT_FALSE(isLoopback("0.0.0.0"));
  EXPECT_FALSE(isLoopback("127.example.org"));
  EXPECT_FALSE(isLoopback("::"));
}

}  // namespace
}  // namespace sessiond
