// The expected texts were written by npm's cookie 0.7.2 for the same options.

#include "http/set_cookie.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;

SetCookie plain() {
  SetCookie cookie;
  cookie.name = "connect.sid";
  cookie.value = "s%3Ax.y";
  return cookie;
}

TEST(SetCookie, WritesNoMoreThanItIsGiven) {
  SetCookie cookie = plain();
  EXPECT_EQ(render(cookie), "connect.sid=s%3Ax.y; Path=/; HttpOnly");
  cookie.path = "";
  cookie.http_only = false;
  EXPECT_EQ(render(cookie), "connect.sid=s%3Ax.y");
  cookie.secure = true;
  EXPECT_EQ(render(cookie), "connect.sid=s%3Ax.y; Secure");
}

TEST(SetCookie, WritesAttributesInExpressOrder) {
  SetCookie cookie = plain();
  cookie.domain = "Example.org";
  cookie.path = "/a b";
  cookie.expires = WallTime(milliseconds(1767312000123));
  cookie.secure = true;
  cookie.partitioned = true;
  cookie.priority = CookiePriority::kHigh;
  cookie.same_site = SameSite::kLax;
  EXPECT_EQ(render(cookie),
            "connect.sid=s%3Ax.y; Domain=Example.org; Path=/a b; Expires=Fri, 02 Jan 2026 00:00:00 GMT; HttpOnly; "
            "Secure; Partitioned; Priority=High; SameSite=Lax");
}

TEST(SetCookie, SpellsSameSiteAndPriority) {
  SetCookie cookie = plain();
  cookie.same_site = SameSite::kStrict;
  cookie.priority = CookiePriority::kLow;
  EXPECT_EQ(render(cookie), "connect.sid=s%3Ax.y; Path=/; HttpOnly; Priority=Low; SameSite=Strict");
  cookie.same_site = SameSite::kNone;
  cookie.priority = CookiePriority::kMedium;
  EXPECT_EQ(render(cookie), "connect.sid=s%3Ax.y; Path=/; HttpOnly; Priority=Medium; SameSite=None");
}

TEST(SetCookie, EndsACookieWithTheSameDomainAndPath) {
  SetCookie cookie = plain();
  cookie.domain = ".example.org";
  cookie.path = "/app";
  cookie.secure = true;
  cookie.expires = WallTime(milliseconds(1767312000123));
  EXPECT_EQ(render(expired(cookie)),
            "connect.sid=; Domain=.example.org; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure");
}

TEST(SetCookie, TakesWhatMayBeSent) {
  SetCookie cookie = plain();
  EXPECT_TRUE(isValid(cookie));
  cookie.value = "";
  EXPECT_TRUE(isValid(cookie));
  for (const char* domain : {"localhost", ".example.org", "a.b-c.d", "1.2.3.4", "EXAMPLE.org"}) {
    cookie.domain = domain;
    EXPECT_TRUE(isValid(cookie)) << domain;
  }
  cookie.domain = std::string(63, 'a') + ".org";
  EXPECT_TRUE(isValid(cookie));
}

TEST(SetCookie, RefusesNamesAndValuesThatCouldBeSomethingElse) {
  for (const char* name : {"", "a b", "a;b", "a=b", "a,b", "a\r\nb"}) {
    SetCookie cookie = plain();
    cookie.name = name;
    EXPECT_FALSE(isValid(cookie)) << name;
  }
  for (const char* value : {"a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nb", "a\x7f", "\xC3\xA9"}) {
    SetCookie cookie = plain();
    cookie.value = value;
    EXPECT_FALSE(isValid(cookie)) << value;
  }
}

TEST(SetCookie, RefusesDomainsThatAreNoHostNames) {
  for (const std::string& domain :
       {std::string("a;b"), std::string("a b"), std::string("-a.org"), std::string("a-.org"), std::string("a..org"),
        std::string("."), std::string("a."), std::string("a_b.org"), std::string("..a.org"), std::string("a\r\nb"),
        std::string(64, 'a') + ".org", std::string("\xC3\xA9.org")}) {
    SetCookie cookie = plain();
    cookie.domain = domain;
    EXPECT_FALSE(isValid(cookie)) << domain;
  }
}

TEST(SetCookie, RefusesPathsThatCouldBeginAnotherAttribute) {
  for (const char* path : {"/;Secure", "/<", "/\r\n", "/\x7f", "/\xC3\xA9", "/\t"}) {
    SetCookie cookie = plain();
    cookie.path = path;
    EXPECT_FALSE(isValid(cookie)) << path;
  }
}

TEST(SetCookieDeathTest, TakesAnInvalidCookieThatIsSentForABug) {
  SetCookie cookie = plain();
  cookie.path = "/;x";
  EXPECT_DEATH((void)render(cookie), "check failed: isValid\\(cookie\\)");
}

TEST(HttpDate, IsWrittenAsToUTCStringDoes) {
  EXPECT_EQ(formatHttpDate(WallTime()), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(formatHttpDate(WallTime(milliseconds(999))), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(formatHttpDate(WallTime(milliseconds(1709210096000))), "Thu, 29 Feb 2024 12:34:56 GMT");
  EXPECT_EQ(formatHttpDate(WallTime(milliseconds(1798761599999))), "Thu, 31 Dec 2026 23:59:59 GMT");
  EXPECT_EQ(formatHttpDate(WallTime(milliseconds(8640000000000000))), "Sat, 13 Sep 275760 00:00:00 GMT");
}

}  // namespace
}  // namespace sessiond
