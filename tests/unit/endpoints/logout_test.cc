#include "endpoints/account/logout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string kCleared =
    "connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax";
const std::pair<std::string, std::string> kBrowser = {"HTTP_ACCEPT", "text/html,application/xhtml+xml,*/*;q=0.8"};

/// A store that cannot revoke one session.
class StubbornStore final : public SessionStore {
 public:
  StubbornStore(SessionStore& store, SessionId stubborn) : store_(store), stubborn_(std::move(stubborn)) {}
  void load(std::span<SessionLoad> loads) override { store_.load(loads); }
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, seconds ttl) override {
    return store_.create(id, json, ttl);
  }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    return store_.replace(id, expected, next);
  }
  Expected<void, StoreError> revoke(const SessionId& id, seconds tombstone_ttl) override {
    if (id == stubborn_) return Unexpected(StoreError::kTimeout);
    return store_.revoke(id, tombstone_ttl);
  }

 private:
  SessionStore& store_;
  const SessionId stubborn_;
};

class LogoutTest : public EndpointFixture {
 protected:
  LogoutTest() { build(store_); }
  void build(SessionStore& store) {
    ender_ = std::make_unique<SessionEnder>(SessionEnderParts{.settings = settings_.session,
                                                              .tombstone_lifetime = settings_.logout.tombstone_lifetime,
                                                              .store = store,
                                                              .index = index_,
                                                              .log_key = log_key_,
                                                              .metrics = metrics_});
    endpoint_ = std::make_unique<LogoutEndpoint>(LogoutParts{
        .settings = settings_, .signer = signer_, .ender = *ender_, .log_key = log_key_, .metrics = metrics_});
  }
  void begin(std::string_view id, const std::string& user, const std::string& cookie = R"({"originalMaxAge":null})") {
    store_.put(idOf(id), R"({"cookie":)" + cookie + R"(,"user":{"id":")" + user + R"("}})", hours(1));
    ASSERT_TRUE(index_.add(user, idOf(id), clock_.wallNow(), hours(1)));
  }
  Response post(const Params& params, const std::string& body = "") { return ask(*endpoint_, "POST", params, body); }
  bool lives(std::string_view id) { return store_.value(idOf(id)).has_value(); }

  std::unique_ptr<SessionEnder> ender_;
  std::unique_ptr<LogoutEndpoint> endpoint_;
};

TEST_F(LogoutTest, EndsTheSessionForGoodAndClearsTheCookie) {
  begin("mine", "42");
  const Response response = post({{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/bye");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_THAT(setCookies(response), ElementsAre(kCleared));
  EXPECT_FALSE(lives("mine"));
  EXPECT_EQ(store_.tombstoneTtl(idOf("mine")), hours(24));
  EXPECT_THAT(*index_.list("42"), IsEmpty());
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
  EXPECT_EQ(store_.tombstoneTtl(idOf("gone")), hours(24));
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
  EXPECT_EQ(store_.tombstoneTtl(idOf("idle")), seconds(600));
  EXPECT_EQ(store_.tombstoneTtl(idOf("month")), hours(24 * 30));
  EXPECT_EQ(store_.tombstoneTtl(idOf("short")), seconds(60));
  EXPECT_EQ(store_.tombstoneTtl(idOf("absurd")), hours(24 * 400));
  EXPECT_EQ(store_.tombstoneTtl(idOf("corrupt")), seconds(600));
  EXPECT_EQ(store_.tombstoneTtl(idOf("list")), seconds(600));
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

TEST_F(LogoutTest, AllEndsEverySessionOfTheUser) {
  for (const auto& [query, body] :
       {std::pair<std::string, std::string>("all=1", ""), std::pair<std::string, std::string>("", "all=1")}) {
    begin("mine-" + query, "42");
    begin("phone", "42");
    begin("stranger", "7");
    ASSERT_TRUE(index_.add("42", idOf("expired"), clock_.wallNow(), hours(1)));
    const Response response = post({{"HTTP_COOKIE", cookieFor("mine-" + query)},
                                    {"QUERY_STRING", query},
                                    {"CONTENT_TYPE", "application/x-www-form-urlencoded"}},
                                   body);
    EXPECT_EQ(response.status, 204);
    EXPECT_FALSE(lives("mine-" + query));
    EXPECT_FALSE(lives("phone"));
    EXPECT_TRUE(lives("stranger"));
    EXPECT_THAT(*index_.list("42"), IsEmpty());
  }
}

TEST_F(LogoutTest, ARevokedSessionThatSomebodyWroteBackSpeaksForNobody) {
  begin("mine", "42");
  begin("phone", "42");
  ASSERT_TRUE(store_.revoke(idOf("mine"), hours(1)));
  store_.put(idOf("mine"), R"({"cookie":{},"user":{"id":"42"}})", hours(1));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_TRUE(lives("phone"));
}

TEST_F(LogoutTest, RedisDownIs503AndTheCookieStays) {
  begin("mine", "42");
  for (const StoreError error : {StoreError::kUnavailable, StoreError::kTimeout}) {
    store_.failWith(error);
    const Response page = post({{"HTTP_COOKIE", cookieFor("mine")}, kBrowser});
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(header(page, "Retry-After"), "5");
    EXPECT_THAT(setCookies(page), IsEmpty());
    EXPECT_EQ(page.body, "Logging out is not possible right now. You are still logged in.\n");
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}}).body, "{\"error\":\"unavailable\"}\n");
  }
  store_.failWith(std::nullopt);
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(count("sessiond_logouts_total", "unavailable"), 4U);
}

TEST_F(LogoutTest, AnIndexThatFailsStopsAllButNotOne) {
  begin("mine", "42");
  begin("phone", "42");
  index_.failWith(StoreError::kUnavailable);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 503);
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}}).status, 204);
  EXPECT_FALSE(lives("mine"));
}

TEST_F(LogoutTest, TheBrowsersOwnSessionEndsLastSoThatAllCanBeTriedAgain) {
  begin("mine", "42");
  begin("phone", "42");
  StubbornStore store(store_, idOf("phone"));
  build(store);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 503);
  EXPECT_TRUE(lives("mine"));
  build(store_);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_FALSE(lives("phone"));
}

TEST_F(LogoutTest, AnotherSiteCannotLogAnybodyOut) {
  begin("mine", "42");
  const Response page = post({{"HTTP_COOKIE", cookieFor("mine")}, {"HTTP_ORIGIN", "https://evil.example"}, kBrowser});
  EXPECT_EQ(page.status, 403);
  EXPECT_EQ(page.body, "This logout was started by another site.\n");
  EXPECT_THAT(setCookies(page), IsEmpty());
  const Response data = post({{"HTTP_COOKIE", cookieFor("mine")}, {"HTTP_SEC_FETCH_SITE", "same-site"}});
  EXPECT_EQ(data.status, 403);
  EXPECT_EQ(data.body, "{\"error\":\"cross_site\"}\n");
  EXPECT_TRUE(lives("mine"));
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

TEST_F(LogoutTest, RefusesWhatItCannotRead) {
  begin("mine", "42");
  const auto status = [this](const std::string& query, const std::string& type, const std::string& body) {
    return post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", query}, {"CONTENT_TYPE", type}}, body).status;
  };
  EXPECT_EQ(status("%", "", ""), 400);
  EXPECT_EQ(status("all=1&all=0", "", ""), 400);
  EXPECT_EQ(status("", "application/x-www-form-urlencoded", "rd=%zz"), 400);
  EXPECT_EQ(status("", "application/json", "{}"), 415);
  EXPECT_EQ(status("", "application/x-www-form-urlencoded", std::string(8193, 'a')), 413);
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(status("", "application/json", ""), 204);
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
