#include "nginx/address_pattern.h"

#include <gtest/gtest.h>

namespace sessiond::nginx {
namespace {

AddressPattern prefix(const char* text) {
  return AddressPattern::ofPrefix(text);
}
AddressPattern regex(const char* text) {
  return AddressPattern::ofRegex(text, false);
}
AddressPattern regexOfAnyCase(const char* text) {
  return AddressPattern::ofRegex(text, true);
}

TEST(AddressPattern, AnExpressionMeetsThePrefixesThatItCanMatchBelow) {
  for (const char* text :
       {"\\.php$", "^/account/x", "^/acc", "^/accounts?/", "^/(a|b)", "^/.*", "/b", "^/b|\\.php$", "^/b(c)/|^/account/",
        "^/b/|", "^/[ab]", "^/(?:b|account)/(x|y)", "^/account", "^/a{1,2}", "^/a+b", "^/(?=b)", "^/\\w"}) {
    EXPECT_TRUE(regex(text).mayMeet(prefix("/account/"))) << text;
    EXPECT_TRUE(prefix("/account/").mayMeet(regex(text))) << text;
  }
  for (const char* text : {"^/b", "^/accountx/", "^/\\.ht", "^/assets/.*\\.css$", "^/b/|^/c/", "^/(b|c)/", "^/account$",
                           "^/(?:b|accounts)/", "^/ACCOUNT/", "^/b[/]account/", "^/b/(?:x|(y)|[)])"}) {
    EXPECT_FALSE(regex(text).mayMeet(prefix("/account/"))) << text;
    EXPECT_FALSE(prefix("/account/").mayMeet(regex(text))) << text;
  }
}

TEST(AddressPattern, CaseCountsWhereNginxMindsIt) {
  EXPECT_TRUE(regexOfAnyCase("^/ACCOUNT/x").mayMeet(prefix("/account/")));
  EXPECT_TRUE(regexOfAnyCase("^/account/").mayMeet(prefix("/Account/")));
  EXPECT_TRUE(regex("(?i)^/ACCOUNT/").mayMeet(prefix("/account/")));
  EXPECT_FALSE(regexOfAnyCase("^/b").mayMeet(prefix("/account/")));
  EXPECT_TRUE(regexOfAnyCase("\\.PDF$").mayMeet(regex("\\.pdf$")));
  EXPECT_FALSE(regex("\\.PDF$").mayMeet(regex("\\.pdf$")));
}

TEST(AddressPattern, ExpressionsMeetWhereBeginningsAndEndingsDo) {
  const auto meet = [](const char* one, const char* other) {
    EXPECT_EQ(regex(one).mayMeet(regex(other)), regex(other).mayMeet(regex(one)));
    return regex(one).mayMeet(regex(other));
  };
  EXPECT_TRUE(meet("\\.(pdf|js)$", "^/files/"));
  EXPECT_TRUE(meet("\\.(pdf|js)$", "^/files/.*\\.js$"));
  EXPECT_FALSE(meet("\\.(pdf|js)$", "\\.php$"));
  EXPECT_FALSE(meet("\\.(?:pdf|js)$", "^/files/.+\\.php$"));
  EXPECT_TRUE(meet("\\.(pdf|js)$", "\\.(php|js)$"));
  EXPECT_TRUE(meet("\\.(pdf|js)$", "\\.php$|^/files/"));
  EXPECT_TRUE(meet("\\.(pdf|js)", "\\.php$")) << "it need not stand at the end";
  EXPECT_TRUE(meet("\\.js$", "s$"));
  EXPECT_FALSE(meet("^/a/.*\\.js$", "^/b/"));
  EXPECT_TRUE(meet("^/a/.*\\.js$", "^/a/b"));
  EXPECT_FALSE(meet("^/a\\.js$", "^/a/"));
  EXPECT_TRUE(meet("^/a\\.js$", "^/a\\.js$"));
  EXPECT_FALSE(meet("^/a\\.js$", "^/a\\.jsx$"));
  EXPECT_TRUE(meet("\\.phps?$", "\\.php$"));
}

TEST(AddressPattern, OneAddressMeetsWhatItMatchesAndWhatItIsBelow) {
  const AddressPattern one = AddressPattern::ofAddress("/index.php");
  EXPECT_TRUE(regex("\\.php$").mayMeet(one));
  EXPECT_TRUE(regex("^/index").mayMeet(one));
  EXPECT_TRUE(one.mayMeet(prefix("/")));
  EXPECT_FALSE(regex("\\.css$").mayMeet(one));
  EXPECT_FALSE(regex("^/index\\.php/").mayMeet(one));
  EXPECT_FALSE(one.mayMeet(prefix("/index.php/")));
}

TEST(AddressPattern, WhatIsNotUnderstoodMayMeetAnything) {
  for (const char* text : {"^/b(?i)/", "^/b\\x2f", "^/b\\Q/\\E", "(*ACCEPT)^/b", "^/b(", "^/b)", "^/b[", "^/b{x",
                           "^/b\\", "+^/b", "^/b(?#a)c", "^/b[[:x]", "\\A/b", "(?x)^/b", "^/b(*ACCEPT)", "^/b(c[)"}) {
    EXPECT_TRUE(regex(text).mayMeet(prefix("/account/"))) << text;
  }
  const std::string many = "^/(b|c|d|e)(b|c|d|e)(b|c|d|e)(b|c|d|e)x";
  EXPECT_FALSE(regex(many.c_str()).mayMeet(prefix("/account/"))) << "those that are not too many count";
  EXPECT_FALSE(regex("^/b[[:alpha:]]c[^]|]").mayMeet(prefix("/account/")));
  EXPECT_FALSE(regex("^/b\\|^/account/").mayMeet(prefix("/account/")));
  EXPECT_FALSE(regex("^/b[|]^/account/").mayMeet(prefix("/account/")));
}

}  // namespace
}  // namespace sessiond::nginx
