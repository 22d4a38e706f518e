// Checks with several cookies, and the cookies that are cleared, renewed or left alone.

#include <gtest/gtest.h>

#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

TEST_F(AuthEndpointTest, WhatWasNotLookedAtIsNeitherClearedNorCalledDead) {
  store("s1", kAda);
  const std::string dead = "connect.sid=" + cookieOf("gone") + "; ";
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += dead;
  const std::string genuine = "connect.sid=" + cookieOf("s1");
  const std::string large = "x=" + std::string(kMaxCookieHeaderBytes, 'x');
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{eight + genuine}, "too_many"}, {{eight, genuine}, "too_many"},
      {{eight + dead}, "too_many"},    {{dead + dead, large}, "too_large"},
      {{large}, "too_large"},          {{eight + dead, large + genuine}, "too_many"}};
  for (const auto& [lines, word] : cases) {
    std::vector<std::pair<std::string, std::string>> params;
    for (const std::string& line : lines) params.emplace_back("HTTP_COOKIE", line);
    const Response response = ask(params);
    EXPECT_EQ(response.status, 401) << word;
    EXPECT_TRUE(response.headers.lines().starts_with("X-Session-Status: " + word + "\r\n")) << response.headers.lines();
    EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos) << word;
    params.emplace_back("SESSIOND_POLICY", "open");
    EXPECT_EQ(ask(params).status, 204) << "public pages stay open";
  }
  EXPECT_EQ(metrics_.counter("sessiond_checks_total", "", {{"outcome", "too_many"}}).read(), 8U);
  EXPECT_EQ(metrics_.counter("sessiond_checks_total", "", {{"outcome", "too_large"}}).read(), 4U);
}

TEST_F(AuthEndpointTest, AWinnerAmongTheCookiesThatWereLookedAtIsEnough) {
  store("s1", kAda);
  std::string cookies = "connect.sid=" + cookieOf("s1");
  for (int i = 0; i < 20; ++i) cookies += "; connect.sid=" + cookieOf("gone");
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies}}).status, 204);
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies}, {"HTTP_COOKIE", std::string(kMaxCookieHeaderBytes, 'x')}}).status, 204);
}

TEST_F(AuthEndpointTest, TheLogTellsOfALimitOnceAMinute) {
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "connect.sid=junk; ";
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) ask({{"HTTP_COOKIE", nine}});
  clock_.advance(std::chrono::minutes(1));
  for (int i = 0; i < 5; ++i) ask({{"HTTP_COOKIE", std::string(kMaxCookieHeaderBytes + 1, 'x')}});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("more cookies of the session's name than are looked at"), std::string::npos);
  EXPECT_NE(log.find("limit=16384"), std::string::npos);
}

TEST_F(AuthEndpointTest, TheClearedCookieFollowsTheScheme) {
  const std::string dead = "connect.sid=" + cookieOf("gone");
  const auto cleared = [&](const std::string& scheme) {
    return ask({{"HTTP_COOKIE", dead + "; " + dead}, {"SESSIOND_SCHEME", scheme}}).headers.lines();
  };
  EXPECT_NE(cleared("https").find("Set-Cookie: connect.sid=; "), std::string::npos);
  EXPECT_NE(cleared("https").find("; Secure"), std::string::npos);
  EXPECT_NE(cleared("http").find("Set-Cookie: connect.sid=; "), std::string::npos);
  EXPECT_EQ(cleared("http").find("; Secure"), std::string::npos);
}

TEST_F(AuthEndpointTest, BesideACorruptSessionNoCookieIsCleared) {
  store("corrupt", "{");
  const std::string dead = "connect.sid=" + cookieOf("gone");
  const std::string damaged = "connect.sid=" + cookieOf("corrupt");
  for (const std::string& cookies : {dead + "; " + damaged, damaged + "; " + dead}) {
    const Response response = ask({{"HTTP_COOKIE", cookies}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos) << response.headers.lines();
  }
}

TEST_F(AuthEndpointTest, TheFirstCookieSaysWhyNoneIsASession) {
  const std::string gone = "connect.sid=" + cookieOf("gone");
  const std::string forged = "connect.sid=" + cookieOf("gone").substr(0, cookieOf("gone").size() - 5) + "AAAAA";
  const auto reason = [this](const std::string& cookies) {
    const std::string lines = ask({{"HTTP_COOKIE", cookies}}).headers.lines();
    return lines.substr(0, lines.find('\r'));
  };
  EXPECT_EQ(reason(gone + "; connect.sid=junk"), reason(gone));
  EXPECT_EQ(reason("connect.sid=junk; " + gone), reason("connect.sid=junk"));
  EXPECT_EQ(reason(forged + "; " + gone), reason(forged));
  EXPECT_EQ(reason(gone), "X-Session-Status: unknown");
  EXPECT_NE(reason("connect.sid=junk"), reason(gone));
  EXPECT_NE(reason(forged), reason(gone));
}

/// Whoever loads sessions may have been unable to ask for one.
TEST(AuthCheck, ACookieThatWasNotLookedUpIsNotCalledBad) {
  const SessionPolicy policy;
  AuthCheck check{.policy = &policy, .candidates = {}};
  AuthCandidate& candidate = check.candidates.emplace_back("as sent", VerifiedCookie{.id = idOf("s1"), .secret = 0});
  EXPECT_EQ(decide(check, seconds(0), WallTime()).status, CheckStatus::kUnavailable);
  candidate.verified.reset();
  EXPECT_EQ(decide(check, seconds(0), WallTime()).status, CheckStatus::kMalformed);
}

TEST_F(AuthEndpointTest, ACookieThatEndsWithTheBrowserIsNotRolled) {
  settings_.cookie.rolling = true;
  store("s1", kAda);
  EXPECT_EQ(askWith("s1").headers.lines().find("Set-Cookie"), std::string::npos);
}

TEST_F(AuthEndpointTest, TheFirstCookieThatVerifiesAndExistsWins) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  const Response response = ask({{"HTTP_COOKIE", "a=b; connect.sid=junk; connect.sid=" + cookieOf("gone")},
                                 {"HTTP_COOKIE", "connect.sid=" + cookieOf("s2") + "; connect.sid=" + cookieOf("s1")}});
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 8\r\n"), std::string::npos);
  EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos);
}

TEST_F(AuthEndpointTest, ClearsSeveralDeadCookiesButNotASingleOne) {
  EXPECT_EQ(askWith("gone").headers.lines().find("Set-Cookie"), std::string::npos);
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=junk; connect.sid=" + cookieOf("gone")}});
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(response.headers.lines().find("Set-Cookie: connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
            std::string::npos);
}

TEST_F(AuthEndpointTest, SignsACookieAnewThatAnOlderSecretVerified) {
  store("s1", kAda);
  trustMemory();
  source_.tracked = true;
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  const std::string old_cookie = older.sign(idOf("s1"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + old_cookie}});
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("Set-Cookie: connect.sid=" + cookieOf("s1") + "; Path=/; HttpOnly\r\n"),
            std::string::npos);
  EXPECT_EQ(metrics_.counter("sessiond_secret_hits_total", "", {{"secret", "1"}}).read(), 1U);
  ASSERT_TRUE(cache_.find(idOf("s1"), clock_.steadyNow()));
  EXPECT_EQ(ask({{"HTTP_COOKIE", "connect.sid=" + old_cookie}}).headers.lines(), response.headers.lines())
      << "from memory as well";
  EXPECT_EQ(metrics_.counter("sessiond_secret_hits_total", "", {{"secret", "1"}}).read(), 2U);
}

TEST_F(AuthEndpointTest, WalksEightCookiesAndNoMore) {
  store("s1", kAda);
  std::string cookies;
  for (int i = 0; i < 7; ++i) cookies += "connect.sid=" + cookieOf("gone" + std::to_string(i)) + "; ";
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies + "connect.sid=" + cookieOf("s1")}}).status, 204);
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies + "connect.sid=junk; connect.sid=" + cookieOf("s1")}}).status, 401);
}

TEST_F(AuthEndpointTest, ADamagedSessionInMemoryDoesNotHideALaterCookie) {
  store("s1", kAda);
  for (const char* damaged : {"[]", "null"}) {
    remember("bad", found("bad", damaged));
    const Response response =
        ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("bad") + "; connect.sid=" + cookieOf("s1")}});
    EXPECT_EQ(response.status, 204) << damaged;
  }
}

TEST_F(AuthEndpointTest, ASessionInMemoryDoesNotOvertakeAnEarlierCookieThatMustBeLoaded) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  remember("s2", found("s2", R"({"cookie":{},"user":{"id":"8"}})"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1") + "; connect.sid=" + cookieOf("s2")}});
  EXPECT_EQ(route_, Route::kLoad);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 7\r\n"), std::string::npos);
}

}  // namespace
}  // namespace sessiond
