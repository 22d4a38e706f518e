#include "base/parse.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace sessiond {
namespace {

TEST(ParseInteger, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parseInteger<int>("42"), 42);
  EXPECT_EQ(parseInteger<int>("-42"), -42);
  EXPECT_EQ(parseInteger<int>(""), std::nullopt);
  EXPECT_EQ(parseInteger<int>("-"), std::nullopt);
  EXPECT_EQ(parseInteger<int>(" 42"), std::nullopt);
  EXPECT_EQ(parseInteger<int>("42 "), std::nullopt);
  EXPECT_EQ(parseInteger<int>("+42"), std::nullopt);
  EXPECT_EQ(parseInteger<int>("4x"), std::nullopt);
  EXPECT_EQ(parseInteger<int>("0x10"), std::nullopt);
  EXPECT_EQ(parseInteger<int>(std::string_view("4\0", 2)), std::nullopt);
}

TEST(ParseInteger, RefusesWhatDoesNotFitTheType) {
  EXPECT_EQ(parseInteger<std::uint8_t>("255"), 255);
  EXPECT_EQ(parseInteger<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(parseInteger<std::uint8_t>("-1"), std::nullopt);
  EXPECT_EQ(parseInteger<std::int64_t>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parseInteger<std::int64_t>("9223372036854775808"), std::nullopt);
}

}  // namespace
}  // namespace sessiond
