#include "base/enum_size.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace sessiond {
namespace {

enum class Colour { kRed, kGreen, kBlue };
enum class Small : std::uint8_t { kOne };
enum class Empty {};
enum class Again { kFirst, kSecond, kLast = kSecond };
enum class Gap { kFirst, kThird = 2 };

static_assert(enumSize<Colour>() == 3);
static_assert(enumSize<Small>() == 1);
static_assert(enumSize<Empty>() == 0);

TEST(EnumSize, CountsValuesNotNames) {
  EXPECT_EQ(enumSize<Again>(), 2U);
}

TEST(EnumSize, EndsAtAGap) {
  EXPECT_EQ(enumSize<Gap>(), 1U);
}

}  // namespace
}  // namespace sessiond
