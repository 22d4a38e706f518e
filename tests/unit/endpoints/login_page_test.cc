// What the login page says to whom.

#include <gtest/gtest.h>

#include "unit/endpoints/login_fixture.h"

namespace sessiond {
namespace {

TEST_F(LoginTest, GetShowsThePageWithItsHeaders) {
  const Response page = get({{"QUERY_STRING", "rd=%2Fa%3Fb%3D1%26c%3D2"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(page, "Referrer-Policy"), "same-origin");
  EXPECT_THAT(header(page, "Content-Security-Policy"),
              MatchesRegex("default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; script-src "
                           "'sha256-[A-Za-z0-9+/]{43}='; form-action 'self' "
                           "https://app.example; base-uri 'none'; frame-ancestors 'none'"));
  EXPECT_THAT(setCookies(page),
              ElementsAre(MatchesRegex("__Host-sessiond_csrf=[A-Za-z0-9_-]{32}; Path=/; HttpOnly; Secure; "
                                       "SameSite=Lax")));
  EXPECT_EQ(actionIn(page), "/login?rd=%2Fa%3Fb%3D1%26c%3D2");
  EXPECT_THAT(page.body, HasSubstr(R"(type="password" required autocomplete="current-password")"));
}

TEST_F(LoginTest, HeadIsGetWithoutABody) {
  const Response page = ask(*endpoint_, "HEAD");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, "");
}

TEST_F(LoginTest, AHostileRedirectNeverGetsIntoThePage) {
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%2F%2Fevil.example"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%22%3E%3Cscript%3E"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=/a&rd=/b"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%"}})), "/login");
}

TEST_F(LoginTest, WhatOthersHangOnTheAddressDoesNotHideWhereToGo) {
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "utm=%E4&rd=%2Fa&"}})), "/login?rd=%2Fa");
}

TEST_F(LoginTest, WhatWasTypedIsEscapedInThePage) {
  const Response page = postForm("user=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&password=x");
  EXPECT_EQ(fieldIn(page, "user"), "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
}

TEST_F(LoginTest, AnErrorIsTiedToTheFieldsAndTheFocusIsWhereItIsMended) {
  const std::string first = get().body;
  EXPECT_THAT(first, HasSubstr("<title>Log in</title>"));
  EXPECT_THAT(first, HasSubstr("enterkeyhint=\"next\" autofocus>"));
  EXPECT_THAT(first, Not(HasSubstr("aria-invalid=\"true\"")));
  EXPECT_THAT(first, Not(HasSubstr("role=\"alert\"")));
  const std::string wrong = postForm("user=ada&password=x").body;
  EXPECT_THAT(wrong, HasSubstr("<title>Error: Log in</title>"));
  EXPECT_THAT(wrong, HasSubstr("enterkeyhint=\"next\" aria-invalid=\"true\" aria-describedby=\"error\">"));
  EXPECT_THAT(wrong, HasSubstr("enterkeyhint=\"go\" aria-invalid=\"true\" aria-describedby=\"error\" autofocus>"));
  authenticator_.failure = AuthenticationFailure::kUnavailable;
  const std::string busy = postForm("user=ada&password=x").body;
  EXPECT_THAT(busy, Not(HasSubstr("aria-invalid=\"true\""))) << "nothing is wrong with what was typed";
}

TEST_F(LoginTest, WhoIsLoggedInIsToldSo) {
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":null},"user":{"id":"42","name":"<Ada>"}})", hours(1));
  const Params mine = {{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "rd=%2Fa%26b"}};
  const Response page = get(mine);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("You are logged in as <bdi>&lt;Ada&gt;</bdi>."));
  EXPECT_THAT(page.body, HasSubstr("href=\"/a&amp;b\""));
  EXPECT_THAT(page.body, HasSubstr("href=\"/login?switch=1&amp;rd=%2Fa%26b\""));
  EXPECT_THAT(setCookies(page), IsEmpty());
  const auto shows_form = [&](const std::string& query) {
    return actionIn(get({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", query}})) != "(none)";
  };
  EXPECT_FALSE(shows_form("rd=%2F%2Fevil.example"));
  EXPECT_TRUE(shows_form("switch=1"));
  EXPECT_TRUE(shows_form("rd=%2Fa&why=stale"));
}

TEST_F(LoginTest, WhoMustLogInAgainIsToldWhyAndHasTheNameTypedAlready) {
  const Response login = postForm("user=ada+&password=a%26b+c");
  const Response page = get({{"HTTP_COOKIE", cookieIn(login)}, {"QUERY_STRING", "rd=%2Fa&why=stale"}});
  EXPECT_THAT(page.body, HasSubstr("needs a recent login"));
  EXPECT_EQ(fieldIn(page, "user"), "ada");
  EXPECT_THAT(page.body, HasSubstr("enterkeyhint=\"go\" autofocus>"));
  store_.put(idOf("express"), R"({"cookie":{"originalMaxAge":null},"user":{"id":"42"}})", hours(1));
  const Response other = get({{"HTTP_COOKIE", cookieFor("express")}, {"QUERY_STRING", "why=stale"}});
  EXPECT_THAT(other.body, HasSubstr("needs a recent login"));
  EXPECT_EQ(fieldIn(other, "user"), "");
  const Response nobody = get({{"QUERY_STRING", "why=stale"}});
  EXPECT_THAT(nobody.body, Not(HasSubstr("needs a recent login"))) << "nobody has logged in a while ago";
  EXPECT_EQ(fieldIn(nobody, "user"), "");
}

TEST_F(LoginTest, NoPageCutsOffWhatIsTypedNorHindersPasting) {
  EXPECT_THAT(get().body, Not(HasSubstr("maxlength")));
  EXPECT_THAT(get().body, Not(HasSubstr("paste"))) << "neither as an attribute nor in the script";
}

TEST_F(LoginTest, ASessionOfNobodyAndAStoreThatCannotTellLeadToTheForm) {
  store_.put(idOf("nobody"), R"({"cookie":{"originalMaxAge":null}})", hours(1));
  EXPECT_EQ(actionIn(get({{"HTTP_COOKIE", cookieFor("nobody")}})), "/login");
  for (const std::string user : {"false", "null", "\"\""}) {
    store_.put(idOf("nobody"), R"({"cookie":{"originalMaxAge":null},"user":)" + user + "}", hours(1));
    const Response page = get({{"HTTP_COOKIE", cookieFor("nobody")}});
    EXPECT_THAT(page.body, HasSubstr("type=\"password\"")) << user;
  }
  store_.failWith(StoreError::kUnavailable);
  EXPECT_EQ(actionIn(get({{"HTTP_COOKIE", cookieFor("nobody")}})), "/login");
}

TEST_F(LoginTest, ABrowserThatDidNotKeepTheSessionCookieIsToldSo) {
  const Response page = get({{"HTTP_COOKIE", "__Host-sessiond_in=1"}});
  EXPECT_THAT(page.body, HasSubstr("You were logged in, but your browser did not keep the cookie."));
  EXPECT_THAT(setCookies(page), Contains(HasSubstr("__Host-sessiond_in=; Path=/; Expires=Thu, 01 Jan 1970")));
  EXPECT_THAT(get({{"HTTP_COOKIE", "__Host-sessiond_in=1; connect.sid=gone"}}).body,
              Not(HasSubstr("did not keep the cookie")));
}

TEST_F(LoginTest, WhatWasSentAndIsLostIsSaidWhetherThereIsASessionOrNot) {
  EXPECT_THAT(get({{"QUERY_STRING", "lost=1"}}).body,
              HasSubstr("What you sent has not been saved, because you have to"));
  EXPECT_THAT(get({{"QUERY_STRING", "why=stale&lost=1"}}).body, HasSubstr("because you have to log in first."));
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":null},"user":{"id":"42"}})", hours(1));
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "lost=1"}}).body,
              HasSubstr("because it came without your session. Go back and send it again."));
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("mine")}}).body, Not(HasSubstr("has not been saved")));
}

TEST_F(LoginTest, WhoseSessionHasEndedIsToldSoAndWhoHadNoneIsNot) {
  const std::string_view words = "The session in this browser has ended.";
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("gone")}}).body, HasSubstr(words));
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("gone")}, {"QUERY_STRING", "switch=1"}}).body, Not(HasSubstr(words)));
  EXPECT_THAT(get({{"HTTP_COOKIE", "connect.sid=of-nobody"}}).body, Not(HasSubstr(words)));
  EXPECT_THAT(get().body, Not(HasSubstr(words)));
}

TEST_F(LoginTest, WhoSendsMoreCookiesThanAreLookedAtIsToldSo) {
  std::string cookies;
  for (int i = 0; i < 9; ++i) cookies += "connect.sid=planted; ";
  EXPECT_THAT(get({{"HTTP_COOKIE", cookies}}).body, HasSubstr("more cookies to this site than are looked at"));
  const std::string bytes = "filler=" + std::string(17000, 'x');
  EXPECT_THAT(get({{"HTTP_COOKIE", bytes}}).body, HasSubstr("more cookies to this site than are looked at"));
}

TEST_F(LoginTest, AfterALostFormTheWayLeadsToItsPageAndNeverToWhatItWasSentTo) {
  const auto target = [this](const std::string& referer) {
    return actionIn(get({{"QUERY_STRING", "rd=%2Fsave&lost=1"}, {"HTTP_REFERER", referer}}));
  };
  EXPECT_EQ(target("https://site.example/form?x=1#y"), "/login?rd=%2Fform%3Fx%3D1");
  for (const char* referer : {"", "https://evil.example/form", "http://site.example/form", "https://site.example",
                              "https://site.example/login?rd=/a", "https://site.example//evil.example", "/form"})
    EXPECT_EQ(target(referer), "/login") << referer;
  EXPECT_THAT(get({{"QUERY_STRING", "rd=%2Fsave&lost=1"}}).body, HasSubstr("What you sent has not been saved"));
}

}  // namespace
}  // namespace sessiond
