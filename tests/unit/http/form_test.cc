#include "http/form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Form, DecodesNamesAndValuesInOrder) {
  const auto fields = parseForm("user=ada&password=a%26b+c%2B%3D&rd=%2Fa%3Fb%3Dc&%C3%A4=%c3%a4&empty=&bare");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("user", "ada"), Pair("password", "a&b c+="), Pair("rd", "/a?b=c"),
                                   Pair("\xc3\xa4", "\xc3\xa4"), Pair("empty", ""), Pair("bare", "")));
}

TEST(Form, AnEmptyTextHasNoFields) {
  const auto fields = parseForm("");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, IsEmpty());
}

TEST(Form, OnlyTheFirstEqualsSignParts) {
  const auto fields = parseForm("a=b=c");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("a", "b=c")));
}

TEST(Form, RefusesWhatNoBrowserWrites) {
  for (const char* text : {"=", "=1", "a=1&=", "a=%", "a=%2", "a=%zz", "%=1", "a=%00", "a%00=1", "a=%ff", "a=%c0%af",
                           "a=%ed%a0%80", "a=\xff"})
    EXPECT_FALSE(parseForm(text)) << text;
  EXPECT_FALSE(parseForm(std::string_view("a=\0", 3)));
}

TEST(Form, AnAmpersandTooManyPartsNothing) {
  for (const char* text : {"a=1&b=2&", "&a=1&b=2", "a=1&&b=2", "&&a=1&&b=2&&"}) {
    const auto fields = parseForm(text);
    ASSERT_TRUE(fields) << text;
    EXPECT_THAT(*fields, ElementsAre(Pair("a", "1"), Pair("b", "2"))) << text;
  }
  EXPECT_THAT(parseForm("&"), testing::Optional(IsEmpty()));
}

TEST(Query, WhatCannotBeReadIsLeftOut) {
  const auto fields = parseQuery("=&utm=%E4&all=1&%&n=%00&rd=%2Fa&");
  ASSERT_TRUE(fields);
  EXPECT_THAT(*fields, ElementsAre(Pair("all", "1"), Pair("rd", "/a")));
  EXPECT_FALSE(parseQuery(std::string(kMaxFormFields, '&')));
}

TEST(Form, TakesUpTo32Fields) {
  std::string text = "a=1";
  for (int i = 1; i < 32; ++i) text += "&a=1";
  EXPECT_TRUE(parseForm(text));
  EXPECT_FALSE(parseForm(text + "&a=1"));
}

TEST(FormField, IsThereOnlyWhenItIsThereOnce) {
  const FormFields fields = {{"a", "1"}, {"b", "2"}, {"b", "3"}};
  EXPECT_EQ(formField(fields, "a"), "1");
  EXPECT_EQ(formField(fields, "b"), std::nullopt);
  EXPECT_EQ(formField(fields, "c"), std::nullopt);
  EXPECT_FALSE(isRepeated(fields, "a"));
  EXPECT_TRUE(isRepeated(fields, "b"));
  EXPECT_FALSE(isRepeated(fields, "c"));
}

}  // namespace
}  // namespace sessiond
