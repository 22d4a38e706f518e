#include "redis/ttl_argument.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST(TtlArgument, IsTheSecondsInDecimal) {
  EXPECT_EQ(ttlArgument(86400s), "86400");
}

TEST(TtlArgument, NeverDeletesAKeyAndNeverOverflows) {
  EXPECT_EQ(ttlArgument(0s), "1");
  EXPECT_EQ(ttlArgument(-5s), "1");
  EXPECT_EQ(ttlArgument(std::chrono::seconds::max()), "3155695200");
}

}  // namespace
}  // namespace sessiond
