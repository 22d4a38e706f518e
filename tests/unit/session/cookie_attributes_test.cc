#include "session/cookie_attributes.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;

const WallTime kNow(milliseconds(1767225600000));

std::string resent(const CookieAttributes& attributes, std::optional<milliseconds> max_age, bool https) {
  const std::optional<SetCookie> cookie = cookieToResend(attributes, max_age, "connect.sid", "s%3Ax.y", https, kNow);
  return cookie ? render(*cookie) : "nothing";
}

TEST(CookieAttributes, AreThoseTheSessionWasMadeWith) {
  CookieAttributes attributes;
  EXPECT_EQ(resent(attributes, std::nullopt, false), "connect.sid=s%3Ax.y; Path=/; HttpOnly");
  attributes.domain = "example.org";
  attributes.path = "/app";
  attributes.http_only = false;
  attributes.partitioned = true;
  attributes.same_site = SameSite::kStrict;
  attributes.priority = CookiePriority::kLow;
  EXPECT_EQ(resent(attributes, milliseconds(86400000), true),
            "connect.sid=s%3Ax.y; Max-Age=86400; Domain=example.org; Path=/app; Expires=Fri, 02 Jan 2026 00:00:00 GMT; "
            "Partitioned; "
            "Priority=Low; SameSite=Strict");
}

TEST(CookieAttributes, NoPartOfASecondIsLostToTheBrowsersOwnClock) {
  EXPECT_EQ(resent({}, milliseconds(1001), false),
            "connect.sid=s%3Ax.y; Max-Age=2; Path=/; Expires=Thu, 01 Jan 2026 00:00:01 GMT; HttpOnly");
}

TEST(CookieAttributes, SecureOnesAreSentOverHttpsOnly) {
  CookieAttributes attributes;
  attributes.secure = true;
  EXPECT_EQ(resent(attributes, std::nullopt, true), "connect.sid=s%3Ax.y; Path=/; HttpOnly; Secure");
  EXPECT_EQ(resent(attributes, std::nullopt, false), "nothing");
}

TEST(CookieAttributes, UnsendableOnesAreNotSent) {
  CookieAttributes attributes;
  attributes.sendable = false;
  EXPECT_EQ(resent(attributes, std::nullopt, true), "nothing");
}

}  // namespace
}  // namespace sessiond
