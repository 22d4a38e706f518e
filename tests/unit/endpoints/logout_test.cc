#include "endpoints/account/logout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "http/cookie_header.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::string kCleared =
    "connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax";
const std::pair<std::string, std::string> kBrowser = {"HTTP_ACCEPT", "text/html,application/xhtml+xml,*/*;q=0.8"};

const std::pair<std::string, std::string> kForm = {"CONTENT_TYPE", "application/x-www-form-urlencoded"};

/// A store that cannot revoke one session, or cannot load some times.
class StubbornStore final : public SessionStore {
 public:
  StubbornStore(SessionStore& store, SessionId stubborn) : store_(store), stubborn_(std::move(stubborn)) {}
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    return store_.raiseEpoch(at_least);
  }
  void load(std::span<SessionLoad> loads) override {
    store_.load(loads);
    if (failing_loads <= 0) return;
    --failing_loads;
    for (SessionLoad& load : loads) load.result = Unexpected(StoreError::kTimeout);
  }
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, seconds ttl) override {
    return store_.create(id, json, ttl);
  }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    return store_.replace(id, expected, next);
  }
  void revoke(std::span<SessionRevocation> revocations) override {
    for (SessionRevocation& one : revocations)
      if (one.id != stubborn_) one.result = store_.revoke(one.id, one.tombstone_ttl);
  }

  int failing_loads = 0;

 private:
  SessionStore& store_;
  const SessionId stubborn_;
};

/// A store whose revocations take their time.
class SlowStore final : public SessionStore {
 public:
  SlowStore(SessionStore& store, FakeClock& clock, seconds each) : store_(store), clock_(clock), each_(each) {}
  void load(std::span<SessionLoad> loads) override { store_.load(loads); }
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override {
    return store_.raiseEpoch(at_least);
  }
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, seconds ttl) override {
    return store_.create(id, json, ttl);
  }
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    return store_.replace(id, expected, next);
  }
  void revoke(std::span<SessionRevocation> revocations) override {
    clock_.advance(each_);
    store_.revoke(revocations);
  }

 private:
  SessionStore& store_;
  FakeClock& clock_;
  const seconds each_;
};

class LogoutTest : public EndpointFixture {
 protected:
  LogoutTest() { build(store_); }
  void build(SessionStore& store) { build(store, index_); }
  void build(SessionStore& store, UserSessionIndex& index) {
    ender_ = std::make_unique<SessionEnder>(
        SessionEnderParts{.settings = settings_.session,
                          .tombstones = TombstoneLifetime::from(settings_.session, settings_.cookie, settings_.logout),
                          .store = store,
                          .index = index,
                          .log_key = log_key_,
                          .clock = clock_,
                          .metrics = metrics_});
    finder_ = sessionFinder(store);
    pages_ = std::make_unique<LogoutPages>(book_, *finder_, userPointer(), settings_.cookie.secure);
    endpoint_ = std::make_unique<LogoutEndpoint>(LogoutParts{.settings = settings_,
                                                             .pages = *pages_,
                                                             .signer = signer_,
                                                             .ender = *ender_,
                                                             .log_key = log_key_,
                                                             .metrics = metrics_});
  }
  void begin(std::string_view id, const std::string& user, const std::string& cookie = R"({"originalMaxAge":null})") {
    store_.put(idOf(id), R"({"cookie":)" + cookie + R"(,"user":{"id":")" + user + R"("}})", hours(1));
    ASSERT_TRUE(noteSession(user, idOf(id)));
  }
  Response post(const Params& params, const std::string& body = "") { return ask(*endpoint_, "POST", params, body); }
  bool lives(std::string_view id) { return store_.value(idOf(id)).has_value(); }

  std::unique_ptr<SessionEnder> ender_;
  const PageBook book_ = pageBook();
  std::unique_ptr<SessionFinder> finder_;
  std::unique_ptr<LogoutPages> pages_;
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

TEST_F(LogoutTest, WhatOthersOfTheUserLackIsSaidToo) {
  begin("mine", "42");
  begin("phone", "42");
  ASSERT_TRUE(store_.revoke(idOf("mine"), hours(1)));
  begin("mine", "42");
  begin("other", "42");
  store_.beFull(true);
  EXPECT_EQ(header(post({{"HTTP_COOKIE", cookieFor("mine")}}), "X-Session-Logout"), "final") << "its tombstone stands";
  EXPECT_EQ(header(post({{"HTTP_COOKIE", cookieFor("other")}, {"QUERY_STRING", "all=1"}}), "X-Session-Logout"),
            "unburied");
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

TEST_F(LogoutTest, ANumericUserIdIsLoggedOutEverywhere) {
  for (const std::string id : {"mine", "phone"}) {
    store_.put(idOf(id), R"({"cookie":{},"user":{"id":42}})", hours(1));
    ASSERT_TRUE(noteSession("42", idOf(id)));
  }
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_FALSE(lives("phone"));
}

TEST_F(LogoutTest, AnAnonymousSessionInFrontDoesNotHideTheUserBehind) {
  store_.put(idOf("anonymous"), R"({"cookie":{}})", hours(1));
  begin("mine", "42");
  begin("phone", "42");
  EXPECT_EQ(
      post({{"HTTP_COOKIE", cookieFor("anonymous") + "; " + cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status,
      204);
  EXPECT_FALSE(lives("phone"));
}

TEST_F(LogoutTest, AllEndsMoreThanManyPages) {
  constexpr int kSessions = 3 * static_cast<int>(SessionEnder::kPage) + 7;
  begin("mine", "42");
  for (int i = 0; i < kSessions; ++i) {
    clock_.advance(std::chrono::milliseconds(1));
    begin("s" + std::to_string(i), "42");
    if (i % 3 == 0) store_.erase(idOf("s" + std::to_string(i)));
  }
  const std::size_t before = store_.calls();
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_THAT(*index_.list("42", 1000), IsEmpty());
  EXPECT_FALSE(lives("mine"));
  for (int i = 0; i < kSessions; ++i) {
    ASSERT_FALSE(lives("s" + std::to_string(i))) << i;
    ASSERT_TRUE(store_.tombstoneTtl(idOf("s" + std::to_string(i)))) << i;
  }
  EXPECT_LE(store_.calls() - before, 2 * 4 + 3U) << "a look and an end a page";
}

TEST_F(LogoutTest, AllThatTakesTooLongSaysSoAndGoesOnNextTime) {
  begin("mine", "42");
  for (int i = 0; i < 600; ++i) begin("s" + std::to_string(i), "42");
  SlowStore slow(store_, clock_, SessionEnder::kPatience / 2 + seconds(1));
  build(slow);
  const Response data = post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}});
  EXPECT_EQ(data.status, 503);
  EXPECT_EQ(data.body, "{\"error\":\"unfinished\"}\n");
  EXPECT_THAT(setCookies(data), IsEmpty());
  EXPECT_TRUE(lives("mine"));
  EXPECT_THAT(*index_.list("42", 1000), testing::SizeIs(601 - 2 * (SessionEnder::kPage + 1)));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_THAT(*index_.list("42", 1000), IsEmpty());
}

TEST_F(LogoutTest, AllThatTakesTooLongSaysSoToPeople) {
  begin("mine", "42");
  for (int i = 0; i < 600; ++i) begin("s" + std::to_string(i), "42");
  SlowStore slow(store_, clock_, SessionEnder::kPatience / 2 + seconds(1));
  build(slow);
  const Response page = post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}, kBrowser});
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header(page, "Retry-After"), "5");
  EXPECT_THAT(page.body, HasSubstr("Not all of your sessions could be ended in time. Please wait <bdi>5</bdi> s"));
  EXPECT_THAT(page.body, HasSubstr("<input type=\"hidden\" name=\"all\" value=\"1\">")) << "trying again means all";
  EXPECT_TRUE(lives("mine"));
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

TEST_F(LogoutTest, AllEndsEverySessionOfTheUser) {
  for (const auto& [query, body] :
       {std::pair<std::string, std::string>("all=1", ""), std::pair<std::string, std::string>("", "all=1")}) {
    begin("mine-" + query, "42");
    begin("phone", "42");
    begin("stranger", "7");
    ASSERT_TRUE(noteSession("42", idOf("expired")));
    const Response response = post({{"HTTP_COOKIE", cookieFor("mine-" + query)},
                                    {"QUERY_STRING", query},
                                    {"CONTENT_TYPE", "application/x-www-form-urlencoded"}},
                                   body);
    EXPECT_EQ(response.status, 204);
    EXPECT_FALSE(lives("mine-" + query));
    EXPECT_FALSE(lives("phone"));
    EXPECT_TRUE(lives("stranger"));
    EXPECT_THAT(*index_.list("42", 1000), IsEmpty());
  }
}

TEST_F(LogoutTest, AllLeavesAloneWhereSomebodyElseHasLoggedInSince) {
  begin("mine", "42");
  begin("shared", "7");
  ASSERT_TRUE(noteSession("42", idOf("shared"))) << "the same session was 42's before";
  store_.put(idOf("logged out"), R"({"cookie":{}})", hours(1));
  ASSERT_TRUE(noteSession("42", idOf("logged out")));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_TRUE(lives("shared"));
  EXPECT_FALSE(lives("logged out"));
  EXPECT_THAT(*index_.list("42", 1000), IsEmpty());
  EXPECT_THAT(*index_.list("7", 1000), testing::SizeIs(1));
}

/// Every check moves its session's entry; a page that was left behind would not be looked at again.
TEST_F(LogoutTest, AllMissesNothingThatMovesInTheIndexMeanwhile) {
  class MovingIndex final : public UserSessionIndex {
   public:
    explicit MovingIndex(UserSessionIndex& index) : index_(index) {}
    Expected<void, StoreError> add(std::span<const IndexedSession> sessions) override { return index_.add(sessions); }
    Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                          std::span<const SessionId> leaving) override {
      return index_.admit(session, limit, leaving);
    }
    Expected<void, StoreError> remove(std::string_view user, std::span<const SessionId> ids) override {
      return index_.remove(user, ids);
    }
    Expected<std::vector<SessionId>, StoreError> list(std::string_view user, std::size_t count) override {
      auto listed = index_.list(user, count);
      // The browser's own session goes on being used.
      const IndexedSession kept{.user_id = "42", .id = *SessionId::fromBytes("mine"), .life = life_ *= 2};
      EXPECT_TRUE(index_.add({&kept, 1}));
      return listed;
    }

   private:
    UserSessionIndex& index_;
    std::chrono::hours life_{2};
  } moving(index_);
  begin("mine", "42");
  for (int i = 0; i < 600; ++i) begin("s" + std::to_string(i), "42");
  build(store_, moving);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  for (int i = 0; i < 600; ++i) EXPECT_FALSE(lives("s" + std::to_string(i))) << i;
}

TEST_F(LogoutTest, ARevokedSessionThatSomebodyWroteBackSpeaksForNobody) {
  begin("mine", "42");
  begin("phone", "42");
  ASSERT_TRUE(store_.revoke(idOf("mine"), hours(1)));
  store_.put(idOf("mine"), R"({"cookie":{},"user":{"id":"42"}})", hours(1));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 401);
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
    EXPECT_THAT(page.body, HasSubstr("Logging out is not possible right now. You are still logged in. Please wait "
                                     "<bdi>5</bdi> s"));
    EXPECT_THAT(page.body, HasSubstr("<form method=\"post\">"));
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
  EXPECT_THAT(page.body, HasSubstr("Another site tried to log you out. Nothing has happened."));
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

/// A session that is gone says nothing of whose it was, so nobody knows which others there are.
TEST_F(LogoutTest, EverywhereIsNotClaimedWhereNobodyKnowsWhose) {
  settings_.logout.redirect.clear();
  build(store_);
  begin("phone", "42");
  for (const Params& params : {Params{}, Params{{"HTTP_COOKIE", cookieFor("expired")}}}) {
    Params all = params;
    all.push_back({"QUERY_STRING", "all=1"});
    const Response program = post(all);
    EXPECT_EQ(program.status, 401);
    EXPECT_EQ(header(program, "X-Session-Logout"), "(none)");
    all.push_back(kBrowser);
    EXPECT_THAT(setCookies(post(all)), Contains(StartsWith("__Host-sessiond_done=here; ")));
  }
  EXPECT_TRUE(lives("phone"));
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
