// Logins that are refused: what is answered, and in which words.

#include <gtest/gtest.h>

#include "unit/endpoints/login_fixture.h"

namespace sessiond {
namespace {

TEST_F(LoginTest, AFailedLoginLeavesThePreviousSessionAlone) {
  store_.put(idOf("mine"), R"({"cookie":{}})", hours(1));
  EXPECT_EQ(postForm("user=ada&password=x", {{"HTTP_COOKIE", cookieFor("mine")}}).status, 401);
  EXPECT_TRUE(store_.value(idOf("mine")));
}

TEST_F(LoginTest, UnknownUserWrongPasswordAndDamagedEntryGetTheSameAnswer) {
  openPage();
  const Response unknown = postForm("user=bob&password=x&rd=/a");
  const Response wrong = postForm("user=bob&password=y&rd=/a");
  authenticator_.failure = AuthenticationFailure::kDamaged;
  const Response damaged = postForm("user=bob&password=z&rd=/a");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.headers.lines(), wrong.headers.lines());
  EXPECT_EQ(unknown.body, wrong.body);
  EXPECT_EQ(unknown.headers.lines(), damaged.headers.lines());
  EXPECT_EQ(unknown.body, damaged.body);
  EXPECT_THAT(unknown.body, HasSubstr("<p class=\"error\" id=\"error\" role=\"alert\">Name or password is wrong.</p>"));
  EXPECT_EQ(actionIn(unknown), "/login?rd=%2Fa");
  EXPECT_EQ(fieldIn(unknown, "user"), "bob");
  EXPECT_THAT(unknown.body, Not(HasSubstr("password=x")));
  EXPECT_THAT(setCookies(unknown), IsEmpty());
  EXPECT_EQ(count("sessiond_logins_total", "unknown_user"), 2U);
  EXPECT_EQ(count("sessiond_logins_total", "damaged_entry"), 1U);
}

TEST_F(LoginTest, JsonRefusalsAreJson) {
  const Response wrong = postJson(R"({"user":"ada","password":"x"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.headers.lines(), "Content-Type: application/json\r\nCache-Control: no-store\r\n");
  EXPECT_EQ(wrong.body, "{\"error\":\"wrong_credentials\"}\n");
  EXPECT_EQ(postJson(R"({"user":"bob","password":"x"})").body, wrong.body);
}

TEST_F(LoginTest, AFormNeedsTheTokenOfItsOwnBrowser) {
  openPage();
  const auto post = [this](const std::string& body, const std::string& cookie) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"HTTP_COOKIE", cookie}},
               body);
  };
  EXPECT_EQ(post(kGoodForm, csrf_cookie_).status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=", csrf_cookie_).status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=" + token_, "").status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=" + token_, "__Host-sessiond_csrf=" + std::string(32, 'A')).status, 403);
  EXPECT_EQ(authenticator_.calls, 0);
  const Response again = post(kGoodForm + "&csrf=" + token_ + "x&rd=/a", csrf_cookie_);
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.body, HasSubstr("This page was open for a long time. Nothing is lost: enter your password again."));
  EXPECT_EQ(actionIn(again), "/login?rd=%2Fa");
  EXPECT_EQ(post(kGoodForm + "&csrf=" + fieldIn(again, "csrf"), csrf_cookie_).status, 303);
}

TEST_F(LoginTest, NoCookieAndAnOldPageAreToldApart) {
  openPage();
  const auto post = [this](const std::string& cookie) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"HTTP_COOKIE", cookie}},
               kGoodForm + "&csrf=" + token_);
  };
  EXPECT_THAT(post("").body, HasSubstr("Your browser did not send back our cookie. Allow cookies for this site"));
  EXPECT_EQ(count("sessiond_logins_total", "no_cookie"), 1U);
  clock_.advance(hours(7 * 24) + minutes(1));
  EXPECT_THAT(post(csrf_cookie_).body, HasSubstr("This page was open for a long time."));
  EXPECT_EQ(count("sessiond_logins_total", "expired"), 1U);
  clock_.advance(-hours(8 * 24));
  EXPECT_THAT(post(csrf_cookie_).body, HasSubstr("This page was open for a long time."));
  EXPECT_EQ(count("sessiond_logins_total", "clock"), 1U);
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, JsonNeedsNoTokenButTheRightSite) {
  EXPECT_EQ(postJson(kGoodJson).status, 200);
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_ORIGIN", "https://site.example"}}).status, 200);
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_ORIGIN", "https://app.example"}}).status, 200);
  const Response foreign = postJson(kGoodJson, {{"HTTP_ORIGIN", "https://evil.example"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(foreign.body, "{\"error\":\"cross_site\"}\n");
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_SEC_FETCH_SITE", "cross-site"}}).status, 403);
  EXPECT_EQ(authenticator_.calls, 3);
}

TEST_F(LoginTest, AFormOfAnotherSiteIsRefusedWithAPageOfOurs) {
  const Response response = postForm(kGoodForm, {{"HTTP_ORIGIN", "null"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("This login was started by another site. Please log in here."));
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, OnlyFormsAndJsonOfUpTo8KiBAreTaken) {
  const auto post = [this](const std::string& type, const std::string& body) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", type}}, body).status;
  };
  EXPECT_EQ(post("", kGoodJson), 415);
  EXPECT_EQ(post("text/plain", kGoodJson), 415);
  EXPECT_EQ(post("multipart/form-data; boundary=x", "--x--"), 415);
  const auto bodyFor = [this](const std::string& accept) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", "text/plain"}, {"HTTP_ACCEPT", accept}}, kGoodJson).body;
  };
  EXPECT_EQ(bodyFor("application/json"), "{\"error\":\"unsupported_type\"}\n");
  EXPECT_THAT(bodyFor("text/html,*/*;q=0.8"), HasSubstr("<form"));
  EXPECT_EQ(post("application/json", kGoodJson), 200);
  EXPECT_EQ(post("APPLICATION/JSON", kGoodJson), 200);
  EXPECT_EQ(post("application/json", kGoodJson + std::string(8192 - kGoodJson.size(), ' ')), 200);
  EXPECT_EQ(post("application/json", kGoodJson + std::string(8193 - kGoodJson.size(), ' ')), 413);
  EXPECT_EQ(post("application/x-www-form-urlencoded", "user=" + std::string(8192, 'a')), 413);
  EXPECT_EQ(post("application/json", "{"), 400);
  EXPECT_EQ(post("application/x-www-form-urlencoded", "user=%"), 400);
}

TEST_F(LoginTest, RedisDownIs503AndNoCookie) {
  for (const StoreError error : {StoreError::kUnavailable, StoreError::kTimeout, StoreError::kCorrupt}) {
    store_.failWith(error);
    const Response response = postForm(kGoodForm + "&rd=/a");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header(response, "Retry-After"), "5");
    EXPECT_THAT(setCookies(response), IsEmpty());
    EXPECT_THAT(response.body,
                HasSubstr("Logging in is not possible right now. Please wait <bdi>5</bdi> s, then try again."));
    EXPECT_EQ(actionIn(response), "/login?rd=%2Fa");
  }
  store_.failWith(std::nullopt);
  index_.failWith(StoreError::kUnavailable);
  const Response response = postJson(kGoodJson);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "{\"error\":\"unavailable\"}\n");
  EXPECT_EQ(store_.calls(), 6U) << "one was stored and ended again: no session without its index entry";
  EXPECT_EQ(count("sessiond_logins_total", "unavailable"), 4U);
}

TEST_F(LoginTest, WhoIsTurnedAwayIsToldSoAndAsksNobody) {
  const Params params = {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"QUERY_STRING", "rd=%2Fa"}};
  const TurnedAway<LoginEndpoint> endpoint{*endpoint_};
  const Response page = ask(endpoint, "POST", params, kGoodForm);
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header(page, "Retry-After"), "5");
  EXPECT_THAT(page.body, HasSubstr("Logging in is not possible right now. Please wait <bdi>5</bdi> s"));
  EXPECT_EQ(actionIn(page), "/login?rd=%2Fa");
  EXPECT_EQ(ask(endpoint, "POST", {{"CONTENT_TYPE", "application/json"}}, kGoodJson).body,
            "{\"error\":\"unavailable\"}\n");
  EXPECT_EQ(store_.calls(), 0U);
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, WhoAreTurnedAwayAreALineInTheAuditLogAndThenOneWithHowMany) {
  const TurnedAway<LoginEndpoint> endpoint{*endpoint_};
  testing::internal::CaptureStderr();
  ask(endpoint, "GET");
  for (int i = 0; i < 100; ++i) ask(endpoint, "POST", {{"CONTENT_TYPE", "application/json"}}, kGoodJson);
  clock_.advance(LogSummary::kInterval);
  ask(endpoint, "POST", {{"CONTENT_TYPE", "application/json"}}, kGoodJson);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_THAT(log, HasSubstr("audit login_refused reason=unavailable"));
  EXPECT_THAT(log, HasSubstr(" count=100\n"));
  EXPECT_EQ(count("sessiond_logins_total", "unavailable"), 101U) << "who asks for the form tries no password";
}

TEST_F(LoginTest, AnAuthenticatorThatCannotTellIs503) {
  authenticator_.failure = AuthenticationFailure::kUnavailable;
  EXPECT_EQ(postJson(kGoodJson).status, 503);
}

TEST_F(LoginTest, WhatIsLongerThanANameOrAPasswordMayBeIsNotCalledWrong) {
  const Response password = postForm("user=ada&password=" + std::string(512, 'x') + "&rd=/a");
  EXPECT_EQ(password.status, 400);
  EXPECT_THAT(password.body, HasSubstr("longer than any name (<bdi>256</bdi> bytes) or password (<bdi>511</bdi> bytes) "
                                       "may be. Nothing was cut off"));
  EXPECT_EQ(fieldIn(password, "user"), "ada");
  EXPECT_EQ(actionIn(password), "/login?rd=%2Fa");
  const Response name = postJson(R"({"user":")" + std::string(257, 'x') + R"(","password":"x"})");
  EXPECT_EQ(name.status, 400);
  EXPECT_EQ(name.body, "{\"error\":\"too_long\"}\n");
  EXPECT_EQ(authenticator_.calls, 0);
  EXPECT_EQ(count("sessiond_logins_total", "too_long"), 2U);
  EXPECT_EQ(postForm("user=ada&password=" + std::string(511, 'x')).status, 401);
  EXPECT_EQ(postForm("user=" + std::string(256, 'x') + "++&password=x").status, 401);
}

}  // namespace
}  // namespace sessiond
