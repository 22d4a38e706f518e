#include <gtest/gtest.h>

#include "unit/endpoints/login_fixture.h"

namespace sessiond {
namespace {

TEST_F(LoginTest, OtherMethodsAreRefused) {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "PATCH", "post", ""}) {
    const Response response = ask(*endpoint_, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD, POST");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  }
}

TEST_F(LoginTest, AFormThatIsRightMakesASessionAndLeadsOn) {
  const Response response = postForm(kGoodForm + "&rd=%2Fa%3Fb%3D1%26c%3D2");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/a?b=1&c=2");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(setCookies(response).size(), 3U);
  EXPECT_EQ(setCookies(response)[1], "__Host-sessiond_in=1; Max-Age=15; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_THAT(setCookies(response)[0], MatchesRegex("connect\\.sid=s%3A[^;]+; Path=/; HttpOnly; Secure; SameSite=Lax"));
  const SessionId id = idIn(setCookies(response)[0]);
  EXPECT_EQ(store_.value(id),
            R"({"cookie":{"originalMaxAge":null,"expires":null,"secure":true,"httpOnly":true,"path":"/",)"
            R"("sameSite":"lax"},"user":{"id":"42","name":"ada","roles":["admin"]},)"
            R"("_sd":{"created":1767225600000,"authenticated":1767225600000,"address":"192.0.2.0/24","login":"ada",)"
            R"("user":"42"}})");
  EXPECT_EQ(store_.ttl(id), hours(24));
  EXPECT_THAT(*index_.list("42", 1000), ElementsAre(id));
  EXPECT_EQ(count("sessiond_logins_total", "success"), 1U);
}

TEST_F(LoginTest, JsonGetsJson) {
  const Response response = postJson(R"({"user":"ada","password":"a&b c","rd":"https://app.example/x"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(
      response.body,
      "{\"user\":{\"id\":\"42\",\"name\":\"ada\",\"roles\":[\"admin\"]},\"redirect\":\"https://app.example/x\"}\n");
  EXPECT_TRUE(store_.value(idIn(setCookies(response).at(0))));
}

TEST_F(LoginTest, TheSessionLivesAsLongAsTheConfiguredCookie) {
  settings_.cookie.max_age = seconds(3600);
  build();
  const Response response = postJson(kGoodJson);
  EXPECT_THAT(setCookies(response).at(0), HasSubstr("; Max-Age=3600; Path=/; Expires=Thu, 01 Jan 2026 01:00:00 GMT; "));
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_THAT(*store_.value(id),
              StartsWith(R"({"cookie":{"originalMaxAge":3600000,"expires":"2026-01-01T01:00:00.000Z",)"));
  EXPECT_EQ(store_.ttl(id), hours(1));
}

TEST_F(LoginTest, TheUserStandsWhereUserAtPoints) {
  settings_.session.user_at = "/passport/user";
  build();
  EXPECT_THAT(*store_.value(idIn(setCookies(postJson(kGoodJson)).at(0))),
              HasSubstr(R"(,"passport":{"user":{"id":"42",)"));
}

TEST_F(LoginTest, ARefusedRedirectBecomesTheDefaultPage) {
  for (const char* rd : {"", "&rd=", "&rd=%2F%2Fevil.example", "&rd=https%3A%2F%2Fevil.example", "&rd=javascript%3A1",
                         "&rd=%2F%5Cevil.example", "&rd=%2Fa%250d%250ax"})
    EXPECT_EQ(header(postForm(kGoodForm + rd), "Location"), "/start") << rd;
}

TEST_F(LoginTest, TheQueryStringsRedirectServesWhenTheBodyHasNone) {
  EXPECT_EQ(header(postForm(kGoodForm + "&rd=", {{"QUERY_STRING", "rd=/q"}}), "Location"), "/q");
  EXPECT_EQ(header(postForm(kGoodForm + "&rd=/b", {{"QUERY_STRING", "rd=/q"}}), "Location"), "/b");
}

TEST_F(LoginTest, TheCookieOfThePreviousSessionGoesWhereverItStands) {
  const std::string cleared =
      "connect.sid=; Domain=site.example; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; "
      "SameSite=Lax";
  for (const bool form : {true, false}) {
    const std::string elsewhere = form ? "elsewhere" : "elsewhere too";
    store_.put(idOf(elsewhere), R"({"cookie":{"domain":"site.example","path":"/app"},"user":{"id":"7"}})", hours(1));
    const Params cookie = {{"HTTP_COOKIE", cookieFor(elsewhere)}};
    const Response response = form ? postForm(kGoodForm, cookie) : postJson(kGoodJson, cookie);
    EXPECT_THAT(setCookies(response), Contains(cleared)) << elsewhere;
    EXPECT_EQ(store_.value(idOf(elsewhere)), std::nullopt) << elsewhere;
  }
  store_.put(idOf("usual"), R"({"cookie":{},"user":{"id":"7"}})", hours(1));
  EXPECT_THAT(setCookies(postForm(kGoodForm, {{"HTTP_COOKIE", cookieFor("usual")}})), Not(Contains(HasSubstr("1970"))))
      << "the new one takes its place";
}

TEST_F(LoginTest, EveryLoginHasANewIdAndEndsTheBrowsersPreviousSessions) {
  const SessionId planted = idOf("planted");
  const SessionId other = idOf("other");
  store_.put(planted, R"({"cookie":{"originalMaxAge":null}})", hours(1));
  store_.put(other, R"({"cookie":{"originalMaxAge":null},"user":{"id":"42"}})", hours(1));
  ASSERT_TRUE(noteSession("42", other));
  const Response response =
      postForm(kGoodForm, {{"HTTP_COOKIE", cookieFor("planted") + "; " + cookieFor("other") + "; connect.sid=s:x.y"}});
  EXPECT_EQ(response.status, 303);
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_NE(id, planted);
  EXPECT_EQ(store_.value(planted), std::nullopt);
  EXPECT_EQ(store_.value(other), std::nullopt);
  EXPECT_EQ(store_.tombstoneTtl(planted), hours(48));
  EXPECT_THAT(*index_.list("42", 1000), ElementsAre(id));
}

TEST_F(LoginTest, ACookieThatNobodySignedEndsNothing) {
  const SessionId victim = idOf("victim");
  store_.put(victim, R"({"cookie":{}})", hours(1));
  postForm(kGoodForm, {{"HTTP_COOKIE", "connect.sid=s%3Avictim.w9sqPuS2bcVkiOlBAAzEUtlVHSW1rRkhYNYrzPX2y1M"}});
  EXPECT_TRUE(store_.value(victim));
}

TEST_F(LoginTest, WhatAKeyboardPutsAroundTheNameIsNoPartOfIt) {
  EXPECT_EQ(postForm("user=+ada%20&password=a%26b+c").status, 303);
  EXPECT_EQ(postJson(R"({"user":"ada\u00a0","password":"a&b c"})").status, 200);
}

TEST_F(LoginTest, TheLogTellsOfEveryLoginWhichSessionBeganButNamesNobody) {
  testing::internal::CaptureStderr();
  const Response response = postForm(kGoodForm);
  const std::string log = testing::internal::GetCapturedStderr();
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_THAT(
      log, HasSubstr("audit login session=" + pseudonym(log_key_, id.bytes()) + " user=" + pseudonym(log_key_, "ada")));
  for (const std::string& secret : {std::string(id.bytes()), std::string("192.0.2.17")})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  EXPECT_THAT(log, Not(testing::ContainsRegex("[^0-9a-f]ada[^0-9a-f]"))) << "these letters may stand in a hash";
}

TEST_F(LoginTest, TheSessionKeepsHowOftenEverybodyHadBeenLoggedOut) {
  const auto begun = [this] { return *store_.value(idIn(setCookies(postJson(kGoodJson)).at(0))); };
  EXPECT_THAT(begun(), Not(HasSubstr("epoch")));
  store_.putEpoch(7);
  EXPECT_THAT(begun(), HasSubstr(R"("epoch":7)"));
  store_.putEpoch(std::nullopt);
  EXPECT_EQ(postJson(kGoodJson).status, 503) << "nobody could tell whether it counts";
}

TEST_F(LoginTest, OverHttpTheCookiesAreNotSecure) {
  const Response page = get({{"SESSIOND_SCHEME", "http"}});
  EXPECT_THAT(setCookies(page), ElementsAre(MatchesRegex("sessiond_csrf=[A-Za-z0-9_-]{32}; Path=/; HttpOnly; "
                                                         "SameSite=Lax")));
  EXPECT_THAT(setCookies(postJson(kGoodJson, {{"SESSIOND_SCHEME", "http"}})).at(0), Not(HasSubstr("Secure")));
}

}  // namespace
}  // namespace sessiond
