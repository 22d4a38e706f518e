#include "config/text_rules.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "http/header_block.h"
#include "http/set_cookie.h"
#include "json/json_pointer.h"

namespace sessiond {
namespace {

void expectAccepted(Complaint (*rule)(std::string_view), std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_EQ(rule(text), std::nullopt) << text;
}

void expectRefused(Complaint (*rule)(std::string_view), std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_NE(rule(text), std::nullopt) << text;
}

/// Those texts, and each with every byte at every place, beside what is there and instead of it, that the rule takes.
std::vector<std::string> takenAround(Complaint (*rule)(std::string_view), const std::vector<std::string>& texts) {
  std::vector<std::string> taken;
  const auto offer = [&](const std::string& text) {
    if (!rule(text)) taken.push_back(text);
  };
  for (const std::string& text : texts) {
    offer(text);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed = text;
        changed.insert(at, 1, static_cast<char>(byte));
        offer(changed);
        if (at < text.size()) offer(changed.erase(at + 1, 1));
      }
    }
  }
  EXPECT_GT(taken.size(), texts.size()) << "the rule takes some of them";
  return taken;
}

TEST(TextRules, JsonPointersAreRfc6901ToAMember) {
  expectAccepted(aboutJsonPointer, {"/", "/user", "/user/0/a~1b~0c", "/\xc3\xa9"});
  expectRefused(aboutJsonPointer, {"", "user", "#/user", "/~", "/a~", "/~2", "/a~0~"});
}

TEST(TextRules, LoginIsNotToldFromWhatEverySessionHas) {
  expectAccepted(aboutSessionPointer, {"/user/id", "/_sd/authenticated", "/cookie/expires", "/user/save", "/idx"});
  expectRefused(aboutSessionPointer, {"", "user", "/id", "/regenerate/x", "/user/__proto__"});
  expectAccepted(aboutUserPointer, {"/user", "/passport/user", "/cookies"});
  expectRefused(aboutUserPointer, {"", "/cookie", "/cookie/originalMaxAge", "/_sd", "/_sd/user", "/save", "/save/user",
                                   "/id", "/__proto__/user", "/a/__proto__/user", "/constructor", "/toString/x"});
  EXPECT_EQ(aboutUserPointer("/_sd/user"), "must not lead into /_sd, where sessiond keeps what it needs itself");
  EXPECT_EQ(aboutUserPointer("/save"),
            "must not lead through save, a name that JavaScript or express-session keeps for "
            "itself: nothing can stand there");
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += "/a";
  expectAccepted(aboutUserPointer, {deep.c_str()});
  expectRefused(aboutUserPointer, {(deep + "/a").c_str()});
}

TEST(TextRules, LocalUrlsStayOnTheSite) {
  expectAccepted(aboutLocalUrl, {"/", "/login", "/a?b=c#d", "/%20"});
  expectRefused(aboutLocalUrl, {"", "//example.org", "/\\example.org", "\\\\x", "https://x", "x", "/a b", "/\xc3\xa9",
                                "/a\"b", "javascript:alert(1)"});
}

TEST(TextRules, LoginPathTakesNoQuery) {
  expectAccepted(aboutLocalPath, {"/login", "/auth/login"});
  expectRefused(aboutLocalPath, {"/login?x", "/login#x", "//login"});
}

TEST(TextRules, LoginPathIsWrittenAsNginxComparesIt) {
  expectAccepted(aboutLocalPath, {"/", "/login/", "/f%C3%BCr%20alle", "/.well-known/login", "/a..b"});
  expectRefused(aboutLocalPath, {"/a/../login", "/./login", "/login/..", "/a//login", "/log%69n", "/a%2Flogin",
                                 "/%2e%2e/login", "/a%7Eb", "/login%", "/login%zz"});
}

TEST(TextRules, OriginsAreExactlyWhatBrowsersSend) {
  expectAccepted(aboutOrigin,
                 {"https://app.example.org", "http://localhost:3000", "https://[::1]:8443", "http://a:443"});
  expectRefused(aboutOrigin, {"null", "*", "https://", "https://a/", "https://A", "https://a:443", "http://a:80",
                              "https://u@a", "https://a?b", "HTTPS://a", "https://a_b", "https://a:0", "//a"});
}

TEST(TextRules, IdentityHeadersAreNeverNginxsOwn) {
  expectAccepted(aboutIdentityHeaderName, {"X-User-Id", "Remote-User", "x1", "x-1-2-3-4-5-6-7-8"});
  expectRefused(aboutIdentityHeaderName,
                {"", "X_User", "X-User-", "-X", "1X", "X User", "Status", "set-cookie", "X-Session-Status",
                 "x-session-login", "Transfer-Encoding", "X-Accel-Redirect", "Content-Length", "Location", "X-\xc3\xa9",
                 "X-User:", "x-1-2-3-4-5-6-7-8-9"});
}

TEST(TextRules, CookieNamesAreTokensOf128BytesAtMost) {
  expectAccepted(aboutCookieName, {"connect.sid", "__Host-sid", "a!#$%&'*+-.^_`|~", std::string(128, 'x')});
  expectRefused(aboutCookieName, {"", "a b", "a=b", "a;b", "a,b", "\"a\"", "a\xc3\xa9", std::string(129, 'x')});
}

TEST(TextRules, CookieDomainsAreHostNames) {
  expectAccepted(aboutCookieDomain, {"", "example.org", ".example.org", "localhost"});
  expectRefused(aboutCookieDomain, {".", "..a", "a.", "a..b", "https://a", "a:80", "a/b", "*.a", "a b", "-a"});
  expectRefused(aboutCookieDomain, {"foo-.example.org", "example.-org", "example-"});
  expectAccepted(aboutCookieDomain, {std::string(63, 'a') + ".org"});
  expectRefused(aboutCookieDomain, {std::string(64, 'a') + ".org"});
}

TEST(TextRules, CookiePathsEndNoAttribute) {
  expectAccepted(aboutCookiePath, {"/", "/app", "/a b", std::string("/").append(511, 'x')});
  expectRefused(aboutCookiePath,
                {"", "app", "/a;Domain=example.org", "/<app>", "/a\n", "/\xc3\xa9", std::string("/").append(512, 'x')});
}

TEST(TextRules, WhatTheyTakeOfACookieCanBeSent) {
  const auto expectSent = [](const SetCookie& cookie) {
    if (!isValid(cookie)) return ADD_FAILURE() << cookie.name << " " << cookie.domain << " " << cookie.path;
    EXPECT_FALSE(render(cookie).empty());
  };
  SetCookie cookie;
  for (const std::string& name : takenAround(aboutCookieName, {"a", "connect.sid", "__Host-sid"})) {
    cookie.name = name;
    expectSent(cookie);
  }
  cookie.name = "connect.sid";
  for (const std::string& path : takenAround(aboutCookiePath, {"/", "/app/"})) {
    cookie.path = path;
    expectSent(cookie);
  }
  const std::string longest_label(63, 'a');
  for (const std::string& domain :
       takenAround(aboutCookieDomain, {"a", ".example.org", "a-b.c", longest_label + "." + longest_label})) {
    cookie.domain = domain;
    expectSent(cookie);
  }
}

TEST(TextRules, WhatTheyTakeOfAnAddressOrANameCanStandInAHeader) {
  HeaderBlock headers;
  std::vector<std::string> addresses = takenAround(aboutLocalUrl, {"/a/b?c=d"});
  for (std::string& taken : takenAround(aboutLocalPath, {"/login"})) addresses.push_back(std::move(taken));
  for (std::string& taken : takenAround(aboutOrigin, {"https://app.example.org:8443"}))
    addresses.push_back(std::move(taken));
  for (const std::string& address : addresses) EXPECT_TRUE(headers.add("Location", address)) << address;
  for (const std::string& name : takenAround(aboutIdentityHeaderName, {"X-User-Id", "a"}))
    EXPECT_TRUE(headers.add(name, "")) << name;
}

TEST(TextRules, WhatTheyTakeOfAPointerLeadsSomewhere) {
  for (const std::string& pointer : takenAround(aboutUserPointer, {"/", "/passport/user", "/a~0b/~1"})) {
    const auto parsed = JsonPointer::parse(pointer);
    ASSERT_TRUE(parsed) << pointer;
    EXPECT_FALSE(parsed->tokens().empty()) << pointer;
  }
}

TEST(TextRules, RedisUsersAreTheSameInTheUrlAndByThemselves) {
  expectAccepted(aboutRedisUser, {"", "sess@ion"});
  expectRefused(aboutRedisUser, {"a b", "\xc3\xa9", std::string(257, 'a')});
  expectAccepted(aboutRedisUrl, {"redis://db", "redis://sess%40ion@db"});
  expectRefused(aboutRedisUrl, {"redis://%C3%A9@db", "redis://" + std::string(257, 'a') + "@db"});
}

TEST(TextRules, AKeyPrefixIsAnythingThatIsNotTooLong) {
  expectAccepted(aboutKeyPrefix, {"", "sess:", "a b\r\n", std::string(128, 'x')});
  expectRefused(aboutKeyPrefix, {std::string(129, 'x')});
}

TEST(TextRules, OurOwnKeysBeginWithPlainText) {
  expectAccepted(aboutOwnPrefix, {"sessiond:", "a", "site/1:", std::string(64, 'x')});
  expectRefused(aboutOwnPrefix, {"", "a b", "{site}:", "site}", "\xc3\xa9:", "a\n", std::string(65, 'x')});
}

TEST(TextRules, ListenSocketIsAPathOrHostAndPort) {
  const std::string longest = "/" + std::string(106, 'x');
  expectAccepted(aboutListenSocket, {"/run/sessiond.sock", "127.0.0.1:9000", "[::1]:9000", longest});
  expectRefused(aboutListenSocket, {"", "sessiond.sock", "127.0.0.1", ":9000", "unix:/run/x", longest + "x"});
}

TEST(TextRules, PolicyNamesAreLowerCase) {
  expectAccepted(aboutPolicyName, {"default", "a-b_c9"});
  expectRefused(aboutPolicyName, {"", "Admin", "a b", "a.b", std::string(65, 'a')});
}

TEST(TextRules, ThePolicyThatNginxNamesForNoneIsReserved) {
  std::ifstream file("nginx/upstream.conf");
  const std::string snippet{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_NE(snippet.find("map $sessiond_included $sessiond_policy_in_force {\n"
                         "    volatile;\n"
                         "    default $sessiond_policy;\n"
                         "    \"\"      unnamed;\n"),
            std::string::npos)
      << "run from the top of the source tree";
  expectRefused(aboutPolicyName, {"unnamed"});
}

}  // namespace
}  // namespace sessiond
