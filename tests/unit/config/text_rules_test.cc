#include "config/text_rules.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace sessiond {
namespace {

void expectAccepted(Complaint (*rule)(std::string_view), std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_EQ(rule(text), std::nullopt) << text;
}

void expectRefused(Complaint (*rule)(std::string_view), std::initializer_list<std::string_view> texts) {
  for (const std::string_view text : texts) EXPECT_NE(rule(text), std::nullopt) << text;
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

TEST(TextRules, OriginsAreExactlyWhatBrowsersSend) {
  expectAccepted(aboutOrigin,
                 {"https://app.example.org", "http://localhost:3000", "https://[::1]:8443", "http://a:443"});
  expectRefused(aboutOrigin, {"null", "*", "https://", "https://a/", "https://A", "https://a:443", "http://a:80",
                              "https://u@a", "https://a?b", "HTTPS://a", "https://a_b", "https://a:0", "//a"});
}

TEST(TextRules, IdentityHeadersAreNeverNginxsOwn) {
  expectAccepted(aboutIdentityHeaderName, {"X-User-Id", "Remote-User", "x1"});
  expectRefused(aboutIdentityHeaderName, {"", "X_User", "X-User-", "-X", "1X", "X User", "Status", "set-cookie",
                                          "X-Session-Status", "x-session-login", "Transfer-Encoding",
                                          "X-Accel-Redirect", "Content-Length", "Location", "X-\xc3\xa9", "X-User:"});
}

TEST(TextRules, CookieNamesAreTokens) {
  expectAccepted(aboutCookieName, {"connect.sid", "__Host-sid", "a!#$%&'*+-.^_`|~"});
  expectRefused(aboutCookieName, {"", "a b", "a=b", "a;b", "a,b", "\"a\"", "a\xc3\xa9"});
}

TEST(TextRules, CookieDomainsAreHostNames) {
  expectAccepted(aboutCookieDomain, {"", "example.org", ".example.org", "localhost"});
  expectRefused(aboutCookieDomain, {".", "..a", "a.", "a..b", "https://a", "a:80", "a/b", "*.a", "a b", "-a"});
}

TEST(TextRules, CookiePathsEndNoAttribute) {
  expectAccepted(aboutCookiePath, {"/", "/app", "/a b", std::string("/").append(511, 'x')});
  expectRefused(aboutCookiePath,
                {"", "app", "/a;Domain=example.org", "/a\n", "/\xc3\xa9", std::string("/").append(512, 'x')});
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
