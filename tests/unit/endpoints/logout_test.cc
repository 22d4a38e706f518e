#include <gtest/gtest.h>

#include "unit/endpoints/logout_fixture.h"

namespace sessiond {
namespace {

TEST_F(LogoutTest, EndsTheSessionForGoodAndClearsTheCookie) {
  begin("mine", "42");
  const Response response = post({{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/bye");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_THAT(setCookies(response), ElementsAre(kCleared));
  EXPECT_FALSE(lives("mine"));
  EXPECT_EQ(store_.tombstoneTtl(idOf("mine")), hours(48));
  EXPECT_EQ(header(response, "X-Session-Logout"), "final");
  EXPECT_THAT(*index_.list("42", 1000), IsEmpty());
  EXPECT_EQ(count("sessiond_logouts_total", "success"), 1U);
}

TEST_F(LogoutTest, DataClientsGet204) {
  begin("mine", "42");
  const Response response = post({{"HTTP_COOKIE", cookieFor("mine")}, {"HTTP_ACCEPT", "*/*"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header(response, "Location"), "(none)");
  EXPECT_THAT(setCookies(response), ElementsAre(kCleared));
  EXPECT_FALSE(lives("mine"));
}

TEST_F(LogoutTest, WithoutASessionTheCookieIsClearedAllTheSame) {
  for (const std::string cookie : {"", "connect.sid=s%3Aabc.forged", "connect.sid=junk"}) {
    const Response response = post({{"HTTP_COOKIE", cookie}, kBrowser});
    EXPECT_EQ(response.status, 303) << cookie;
    EXPECT_THAT(setCookies(response), ElementsAre(kCleared));
  }
  EXPECT_EQ(store_.calls(), 0U);
}

TEST_F(LogoutTest, AKeyThatIsGoneGetsATombstoneToo) {
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("gone")}}).status, 204);
  EXPECT_EQ(store_.tombstoneTtl(idOf("gone")), hours(48));
}

TEST_F(LogoutTest, TheTombstoneOutlivesEveryWriterOfTheSession) {
  settings_.logout.tombstone_lifetime = seconds(60);
  settings_.session.idle_timeout = seconds(600);
  build(store_);
  begin("idle", "1");
  begin("month", "1", R"({"originalMaxAge":2592000000})");
  begin("short", "1", R"({"originalMaxAge":1500})");
  begin("absurd", "1", R"({"originalMaxAge":"1e30"})");
  store_.put(idOf("corrupt"), "{", hours(1));
  store_.putWrongType(idOf("list"));
  for (const std::string id : {"idle", "month", "short", "absurd", "corrupt", "list"})
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor(id)}}).status, 204) << id;
  EXPECT_EQ(store_.tombstoneTtl(idOf("idle")), seconds(60 + 600));
  EXPECT_EQ(store_.tombstoneTtl(idOf("month")), seconds(60) + hours(24 * 30));
  EXPECT_EQ(store_.tombstoneTtl(idOf("short")), seconds(60 + 2));
  EXPECT_EQ(store_.tombstoneTtl(idOf("absurd")), seconds(60) + hours(24 * 400));
  EXPECT_EQ(store_.tombstoneTtl(idOf("corrupt")), seconds(60 + 600));
  EXPECT_EQ(store_.tombstoneTtl(idOf("list")), seconds(60 + 600));
  settings_.cookie.max_age = hours(24);
  build(store_);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("never there")}}).status, 204);
  EXPECT_EQ(store_.tombstoneTtl(idOf("never there")), seconds(60) + hours(24)) << "a new session would live as long";
}

TEST_F(LogoutTest, ASecondLogoutShortensNoTombstone) {
  begin("month", "1", R"({"originalMaxAge":2592000000})");
  ASSERT_EQ(post({{"HTTP_COOKIE", cookieFor("month")}}).status, 204);
  ASSERT_EQ(post({{"HTTP_COOKIE", cookieFor("month")}}).status, 204);
  ASSERT_EQ(post({{"HTTP_COOKIE", cookieFor("month")}, {"QUERY_STRING", "all=1"}}).status, 401);
  EXPECT_EQ(store_.tombstoneTtl(idOf("month")), hours(24) + hours(24 * 30));
}

TEST_F(LogoutTest, AServerThatIsFullDeletesAndSaysThatThereIsNoTombstone) {
  begin("mine", "42");
  begin("phone", "42");
  store_.beFull(true);
  testing::internal::CaptureStderr();
  const Response response = post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(header(response, "X-Session-Logout"), "unburied");
  EXPECT_FALSE(lives("mine"));
  EXPECT_FALSE(lives("phone"));
  EXPECT_EQ(metrics_.counter("sessiond_unburied_sessions_total", "").read(), 2U);
  EXPECT_THAT(log, HasSubstr("Redis would not take its tombstone"));
  EXPECT_THAT(log, HasSubstr("tombstone=no"));
}

TEST_F(LogoutTest, HoweverManySessionsAFullServerDoesNotBuryTheLogSumsThemUp) {
  for (int i = 0; i < 100; ++i) begin("session " + std::to_string(i), "42");
  store_.beFull(true);
  testing::internal::CaptureStderr();
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("session 0")}, {"QUERY_STRING", "all=1"}}).status, 204);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(metrics_.counter("sessiond_unburied_sessions_total", "").read(), 100U);
  int lines = 0;
  const std::string_view line = "Redis would not take its tombstone";
  for (std::size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++lines;
  EXPECT_GT(lines, 0);
  EXPECT_LE(lines, 20);
}

TEST_F(LogoutTest, ALookThatFailsStopsTheLogout) {
  begin("mine", "42", R"({"originalMaxAge":2592000000})");
  StubbornStore store(store_, idOf("nobody"));
  build(store);
  store.failing_loads = 1;
  const Response refused = post({{"HTTP_COOKIE", cookieFor("mine")}});
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(setCookies(refused), IsEmpty());
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(store_.tombstoneTtl(idOf("mine")), std::nullopt);
}

TEST_F(LogoutTest, ALookThatFailsOnceStopsAll) {
  begin("mine", "42");
  begin("phone", "42");
  StubbornStore store(store_, idOf("nobody"));
  build(store);
  store.failing_loads = 1;
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 503);
  EXPECT_TRUE(lives("mine"));
  EXPECT_TRUE(lives("phone"));
}

TEST_F(LogoutTest, EverySignedSessionCookieOfTheBrowserEnds) {
  begin("one", "42");
  begin("two", "42");
  begin("elsewhere", "42");
  post({{"HTTP_COOKIE", cookieFor("one") + "; " + cookieFor("two")}});
  EXPECT_FALSE(lives("one"));
  EXPECT_FALSE(lives("two"));
  EXPECT_TRUE(lives("elsewhere"));
}

TEST_F(LogoutTest, CookiesPlantedInFrontHideNoSession) {
  begin("mine", "42");
  begin("other", "42");
  std::string planted;
  for (int i = 0; i < 500; ++i) planted += "connect.sid=s%3Aplanted." + std::string(43, 'x') + "; ";
  ASSERT_GT(planted.size(), kMaxCookieHeaderBytes);
  const Response response = post({{"HTTP_COOKIE", planted + cookieFor("mine") + "; " + cookieFor("other")}});
  EXPECT_EQ(response.status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_FALSE(lives("other"));
}

TEST_F(LogoutTest, RedisDownIs503AndTheCookieStays) {
  begin("mine", "42");
  for (const StoreError error : {StoreError::kUnavailable, StoreError::kTimeout}) {
    store_.failWith(error);
    const Response page = post({{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(header(page, "Retry-After"), "5");
    EXPECT_THAT(setCookies(page), IsEmpty());
    EXPECT_THAT(page.body, HasSubstr("Logging out is not possible right now. You are still logged in. Please wait "
                                     "<bdi>5</bdi> s"));
    EXPECT_THAT(page.body, HasSubstr("<form method=\"post\">"));
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}}).body, "{\"error\":\"unavailable\"}\n");
  }
  store_.failWith(std::nullopt);
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(count("sessiond_logouts_total", "unavailable"), 4U);
}

TEST_F(LogoutTest, AnotherSiteCannotLogAnybodyOut) {
  begin("mine", "42");
  const Response page = post({{"HTTP_COOKIE", cookieFor("mine")}, {"HTTP_ORIGIN", "https://evil.example"}, kBrowser});
  EXPECT_EQ(page.status, 403);
  EXPECT_THAT(page.body, HasSubstr("Another site tried to log you out. Nothing has happened."));
  EXPECT_THAT(setCookies(page), IsEmpty());
  const Response data = post({{"HTTP_COOKIE", cookieFor("mine")}, {"HTTP_SEC_FETCH_SITE", "same-site"}});
  EXPECT_EQ(data.status, 403);
  EXPECT_EQ(data.body, "{\"error\":\"cross_site\"}\n");
  EXPECT_TRUE(lives("mine"));
}

TEST_F(LogoutTest, RefusesWhatItCannotRead) {
  begin("mine", "42");
  const auto answer = [this](const std::string& query, const std::string& type, const std::string& body) {
    const Response response =
        post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", query}, {"CONTENT_TYPE", type}}, body);
    return std::to_string(response.status) + " " + response.body;
  };
  const std::string malformed = "400 {\"error\":\"malformed\"}\n";
  EXPECT_EQ(answer("all=1&all=0", "", ""), malformed);
  EXPECT_EQ(answer("", "application/x-www-form-urlencoded", "utm=%E4"), malformed);
  EXPECT_EQ(answer("", "application/x-www-form-urlencoded", "rd=%zz"), malformed);
  EXPECT_EQ(answer("", "application/json", "{}"), "415 {\"error\":\"unsupported_type\"}\n");
  EXPECT_EQ(answer("", "application/x-www-form-urlencoded", std::string(8193, 'a')), "413 {\"error\":\"too_large\"}\n");
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(answer("", "application/json", ""), "204 ");
}

TEST_F(LogoutTest, ClearsTheCookieAtTheSessionsOwnDomainAndPathToo) {
  begin("mine", "42", R"({"originalMaxAge":null,"domain":"site.example","path":"/app"})");
  const Response response = post({{"HTTP_COOKIE", cookieFor("mine")}});
  EXPECT_THAT(
      setCookies(response),
      UnorderedElementsAre(kCleared,
                           "connect.sid=; Domain=site.example; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; "
                           "HttpOnly; Secure; SameSite=Lax"));
}

TEST_F(LogoutTest, ClearsACookieOfOnePlaceOnce) {
  begin("one", "42", R"({"originalMaxAge":null,"path":"/app"})");
  begin("two", "42", R"({"originalMaxAge":null,"path":"/app"})");
  EXPECT_EQ(setCookies(post({{"HTTP_COOKIE", cookieFor("one") + "; " + cookieFor("two")}})).size(), 2U);
}

}  // namespace
}  // namespace sessiond
