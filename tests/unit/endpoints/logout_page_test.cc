// What logging out says to people, and where it leads.

#include <gtest/gtest.h>

#include "unit/endpoints/logout_fixture.h"

namespace sessiond {
namespace {

TEST_F(LogoutTest, GetAsksAndChangesNothing) {
  begin("mine", "42");
  for (const char* method : {"GET", "HEAD"}) {
    const Response response = ask(*endpoint_, method, {{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    EXPECT_EQ(header(response, "Referrer-Policy"), "same-origin");
    EXPECT_THAT(header(response, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_EQ(response.body.find("<form method=\"post\">") != std::string::npos, method == std::string("GET"));
    EXPECT_THAT(setCookies(response), IsEmpty());
  }
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(header(ask(*endpoint_, "DELETE"), "Allow"), "GET, HEAD, POST");
}

TEST_F(LogoutTest, LeadsOnlyWhereItMay) {
  const auto location = [this](const std::string& query, const std::string& body = "") {
    return header(
        post({{"QUERY_STRING", query}, {"CONTENT_TYPE", "application/x-www-form-urlencoded"}, kBrowser}, body),
        "Location");
  };
  EXPECT_EQ(location("rd=%2Fa%3Fb"), "/a?b");
  EXPECT_EQ(location("rd=https%3A%2F%2Fapp.example%2Fx"), "https://app.example/x");
  EXPECT_EQ(location("rd=/q", "rd=/b"), "/b");
  EXPECT_EQ(location("rd=%2F%2Fevil.example"), "/bye");
  EXPECT_EQ(location("rd=https%3A%2F%2Fevil.example"), "/bye");
}

TEST_F(LogoutTest, SaysWhatHasEndedAndNothingWhileItHasNot) {
  begin("mine", "42");
  const auto page = [this](const std::string& cookies, const std::string& query = "") {
    return ask(*endpoint_, "GET", {{"QUERY_STRING", query}, {"HTTP_COOKIE", cookies}});
  };
  const std::string here = "__Host-sessiond_done=here";
  EXPECT_THAT(page(here).body, HasSubstr("The session in this browser has ended."));
  EXPECT_THAT(setCookies(page(here)), Contains(HasSubstr("__Host-sessiond_done=; ")));
  EXPECT_THAT(page("__Host-sessiond_done=everywhere").body, HasSubstr("All of your sessions have ended"));
  EXPECT_THAT(page("").body, AllOf(Not(HasSubstr("ended")), HasSubstr("You are logged out")));
  for (const char* query : {"done=1", "done=all"}) EXPECT_THAT(page("", query).body, Not(HasSubstr("ended"))) << query;
  EXPECT_THAT(page("sessiond_done=here").body, Not(HasSubstr("ended"))) << "another host can leave one without __Host-";
  const std::string mine = here + "; " + cookieFor("mine");
  EXPECT_THAT(page(mine).body, HasSubstr("You are logged in as <bdi>42</bdi>."));
  store_.failWith(StoreError::kUnavailable);
  EXPECT_THAT(page(mine).body, Not(HasSubstr("ended."))) << "nobody can tell";
}

TEST_F(LogoutTest, WithoutAConfiguredRedirectSaysThatItIsDone) {
  settings_.logout.redirect.clear();
  build(store_);
  begin("mine", "42");
  const Response here = post({{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
  EXPECT_EQ(header(here, "Location"), "/logout");
  EXPECT_THAT(setCookies(here), Contains(StartsWith("__Host-sessiond_done=here; ")));
  EXPECT_EQ(header(here, "Clear-Site-Data"), "\"cache\"");
  begin("again", "42");
  EXPECT_THAT(setCookies(post({{"HTTP_COOKIE", cookieFor("again")}, {"QUERY_STRING", "all=1"}, kBrowser})),
              Contains(StartsWith("__Host-sessiond_done=everywhere; ")));
}

TEST_F(LogoutTest, ALinkDoesNotDecideWhatItsPagesButtonsEnd) {
  const auto link = [this](std::string_view id) {
    return Params{{"HTTP_COOKIE", cookieFor(id)}, {"QUERY_STRING", "all=1"}, kBrowser, kForm};
  };
  for (const char* id : {"mine", "phone", "tablet"}) begin(id, "42");
  const std::string page = ask(*endpoint_, "GET", link("mine")).body;
  EXPECT_THAT(page, HasSubstr(R"(<button type="submit" name="all" value="0">Log out</button>)"));
  EXPECT_EQ(post(link("mine"), "all=0").status, 303);
  EXPECT_FALSE(lives("mine"));
  EXPECT_TRUE(lives("phone"));
  EXPECT_EQ(post(link("phone"), "all=1").status, 303);
  EXPECT_FALSE(lives("tablet"));
}

TEST_F(LogoutTest, EveryRefusalIsAPageForPeopleAndDataForPrograms) {
  const Params page_type = {{"CONTENT_TYPE", "text/plain"}, kBrowser};
  EXPECT_EQ(header(post(page_type, "x"), "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(post({{"CONTENT_TYPE", "text/plain"}}, "x"), "Content-Type"), "application/json");
  const Response method = ask(*endpoint_, "PUT", {kBrowser});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(header(method, "Allow"), "GET, HEAD, POST");
  EXPECT_THAT(method.body, HasSubstr("Nothing was changed."));
}

TEST_F(LogoutTest, WhoIsTurnedAwayIsToldThatTheSessionLivesAndCanSendItAgain) {
  const TurnedAway<LogoutEndpoint> endpoint{*endpoint_};
  const Response form = ask(endpoint, "POST", {{"QUERY_STRING", "all=1"}, kBrowser});
  EXPECT_EQ(form.status, 503);
  EXPECT_THAT(form.body, HasSubstr("You are still logged in."));
  EXPECT_THAT(form.body, HasSubstr("<form method=\"post\">\n<input type=\"hidden\" name=\"all\" value=\"1\">"));
  EXPECT_EQ(ask(endpoint, "POST").body, "{\"error\":\"unavailable\"}\n");
  const Response page = ask(endpoint, "GET", {kBrowser});
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header(page, "Retry-After"), "5");
  EXPECT_THAT(page.body, Not(HasSubstr("<form"))) << "nobody has asked for a logout yet";
}

}  // namespace
}  // namespace sessiond
