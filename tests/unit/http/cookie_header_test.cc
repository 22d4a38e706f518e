#include "http/cookie_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The values are views into `lines`.
CookieValues findIn(const std::vector<std::string>& lines, std::string_view name = "sid") {
  std::vector<Param> params = {{"REQUEST_METHOD", "GET"}, {"COOKIE", "sid=not-this"}};
  for (const std::string& line : lines) params.push_back({"HTTP_COOKIE", line});
  params.push_back({"HTTP_COOKIE2", "sid=nor-this"});
  return findCookies(params, name);
}

std::vector<std::string> valuesIn(const std::vector<std::string>& lines, std::string_view name = "sid") {
  const CookieValues found = findIn(lines, name);
  return {found.values.begin(), found.values.end()};
}

TEST(CookieHeader, FindsOneAmongOthers) {
  EXPECT_THAT(valuesIn({"theme=dark; sid=abc; lang=de"}), ElementsAre("abc"));
  EXPECT_THAT(valuesIn({"sid=abc"}), ElementsAre("abc"));
  EXPECT_THAT(valuesIn({"sid=abc;"}), ElementsAre("abc"));
  EXPECT_THAT(valuesIn({"a=1;sid=abc;b=2"}), ElementsAre("abc"));
}

TEST(CookieHeader, FindsNothingWhereNothingIs) {
  EXPECT_THAT(valuesIn({}), IsEmpty());
  EXPECT_THAT(valuesIn({""}), IsEmpty());
  EXPECT_THAT(valuesIn({"a=1; b=2"}), IsEmpty());
  EXPECT_THAT(valuesIn({";;; ; "}), IsEmpty());
}

TEST(CookieHeader, KeepsDuplicateNamesInOrder) {
  EXPECT_THAT(valuesIn({"sid=1; x=y; sid=2; sid=3"}), ElementsAre("1", "2", "3"));
}

TEST(CookieHeader, WalksEveryParameter) {
  EXPECT_THAT(valuesIn({"sid=1; a=b", "c=d", "sid=2"}), ElementsAre("1", "2"));
}

TEST(CookieHeader, TellsNamesApartByCaseAndWhole) {
  EXPECT_THAT(valuesIn({"SID=1; Sid=2; xsid=3; sidx=4; si=5; sid=6"}), ElementsAre("6"));
  EXPECT_THAT(valuesIn({"connect.sid=1"}, "connect_sid"), IsEmpty());
}

TEST(CookieHeader, SkipsPairsWithoutEqualsSign) {
  EXPECT_THAT(valuesIn({"sid; sid=1; sid"}), ElementsAre("1"));
  EXPECT_THAT(valuesIn({"=sid; sid=1"}), ElementsAre("1"));
}

TEST(CookieHeader, TrimsSpacesAndTabsOnly) {
  EXPECT_THAT(valuesIn({" \tsid\t = \t1 \t; x=y"}), ElementsAre("1"));
  EXPECT_THAT(valuesIn({"sid=a b"}), ElementsAre("a b"));
  EXPECT_THAT(valuesIn({"sid=\v1"}), ElementsAre("\v1"));
  EXPECT_THAT(valuesIn({"\vsid=1"}), IsEmpty());
}

TEST(CookieHeader, KeepsEverythingBehindTheFirstEqualsSign) {
  EXPECT_THAT(valuesIn({"sid=a=b=; x=1"}), ElementsAre("a=b="));
}

TEST(CookieHeader, KeepsEmptyValues) {
  EXPECT_THAT(valuesIn({"sid=; sid= ; sid=\"\""}), ElementsAre("", "", ""));
}

TEST(CookieHeader, RemovesOnePairOfQuotes) {
  EXPECT_THAT(valuesIn({"sid=\"abc\""}), ElementsAre("abc"));
  EXPECT_THAT(valuesIn({"sid= \"abc\" "}), ElementsAre("abc"));
  EXPECT_THAT(valuesIn({"sid=\"\"abc\"\""}), ElementsAre("\"abc\""));
  EXPECT_THAT(valuesIn({"sid=\"abc"}), ElementsAre("\"abc"));
  EXPECT_THAT(valuesIn({"sid=abc\""}), ElementsAre("abc\""));
  EXPECT_THAT(valuesIn({"sid=\""}), ElementsAre("\""));
}

TEST(CookieHeader, EndsAPairAtASemicolonEvenInQuotes) {
  EXPECT_THAT(valuesIn({"sid=\"a;b\""}), ElementsAre("\"a"));
}

TEST(CookieHeader, LeavesPercentSignsAlone) {
  EXPECT_THAT(valuesIn({"sid=s%3Aabc.def"}), ElementsAre("s%3Aabc.def"));
}

TEST(CookieHeader, TakesBytesThatAreNoText) {
  EXPECT_THAT(valuesIn({std::string("sid=a\0\xff", 7)}), ElementsAre(std::string("a\0\xff", 3)));
}

TEST(CookieHeader, TakesEightValuesAndSaysWhenThereWereMore) {
  std::string line;
  for (int i = 1; i <= 8; ++i) line += "sid=" + std::to_string(i) + ";";
  const std::vector<std::string> one_line = {line};
  const CookieValues eight = findIn(one_line);
  EXPECT_EQ(eight.values.size(), 8U);
  EXPECT_EQ(eight.values.begin()[7], "8");
  EXPECT_FALSE(eight.too_many);

  const std::vector<std::string> two_lines = {line, "sid=9"};
  const CookieValues nine = findIn(two_lines);
  EXPECT_EQ(nine.values.size(), 8U);
  EXPECT_EQ(nine.values.begin()[7], "8");
  EXPECT_TRUE(nine.too_many);
  EXPECT_FALSE(nine.too_large);
}

TEST(CookieHeader, LooksAtSixteenKibibytesAndSaysWhenThereWasMore) {
  const std::string first = "sid=1; ";
  const std::string filling(kMaxCookieHeaderBytes - first.size(), 'x');
  const CookieValues exact = findIn({first + filling});
  EXPECT_EQ(exact.values.size(), 1U);
  EXPECT_FALSE(exact.too_large);

  const CookieValues beyond = findIn({first + filling + "x"});
  EXPECT_EQ(beyond.values.size(), 0U);
  EXPECT_TRUE(beyond.too_large);
}

TEST(CookieHeader, AllMeansAllInTheOrderSent) {
  std::string line;
  for (int i = 0; i < 2000; ++i) line += "sid=" + std::to_string(i) + "; other=x; ";
  line += std::string(kMaxCookieHeaderBytes, 'x');
  const std::vector<Param> params = {
      {"HTTP_COOKIE", line}, {"HTTP_COOKIE", "sid=\"last\""}, {"HTTP_COOKIES", "sid=no"}, {"HTTP_COOKIE", "SID=no"}};
  const std::vector<std::string_view> all = findAllCookies(params, "sid");
  ASSERT_EQ(all.size(), 2001U);
  EXPECT_EQ(all[0], "0");
  EXPECT_EQ(all[1999], "1999");
  EXPECT_EQ(all[2000], "last");
  EXPECT_TRUE(findAllCookies(params, "nobody").empty());
}

TEST(CookieHeader, CountsAllParametersTogether) {
  const std::string half = "sid=1; " + std::string(kMaxCookieHeaderBytes / 2 - 7, 'x');
  const CookieValues exact = findIn({half, half});
  EXPECT_EQ(exact.values.size(), 2U);
  EXPECT_FALSE(exact.too_large);

  const CookieValues beyond = findIn({half, half, "sid=2"});
  EXPECT_EQ(beyond.values.size(), 2U);
  EXPECT_TRUE(beyond.too_large);
}

}  // namespace
}  // namespace sessiond
