// Logging a user out everywhere.

#include <gtest/gtest.h>

#include "unit/endpoints/logout_fixture.h"

namespace sessiond {
namespace {

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

TEST_F(LogoutTest, ANumericUserIdIsLoggedOutEverywhere) {
  for (const std::string id : {"mine", "phone"}) {
    store_.put(idOf(id), R"({"cookie":{},"user":{"id":42}})", hours(1));
    ASSERT_TRUE(noteSession("42", idOf(id)));
  }
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
  EXPECT_FALSE(lives("phone"));
}

TEST_F(LogoutTest, WhoMayHaveMeantEverywhereIsNotToldThatItIsDone) {
  begin("mine", "42");
  for (const std::string all : {"all=true", "all=yes", "all=01", "all=", "all"}) {
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", all}}).body, "{\"error\":\"malformed\"}\n");
    const Params form = {{"HTTP_COOKIE", cookieFor("mine")}, {"CONTENT_TYPE", "application/x-www-form-urlencoded"}};
    EXPECT_EQ(post(form, all).status, 400) << all;
  }
  EXPECT_TRUE(lives("mine"));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=0"}}).status, 204);
  EXPECT_FALSE(lives("mine"));
}

TEST_F(LogoutTest, WhatOthersHangOnTheAddressKeepsNobodyLoggedIn) {
  int number = 0;
  for (const std::string query : {"all=1&", "utm=%E4&all=1", "=&all=1"}) {
    const std::string mine = "mine " + std::to_string(++number);
    const std::string phone = "phone " + std::to_string(number);
    begin(mine, "42");
    begin(phone, "42");
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor(mine)}, {"QUERY_STRING", query}}).status, 204) << query;
    EXPECT_FALSE(lives(mine)) << query;
    EXPECT_FALSE(lives(phone)) << query;
  }
}

TEST_F(LogoutTest, ASessionThatNoCheckLetsPassSpeaksForNobody) {
  settings_.session.absolute_timeout = hours(8);
  build(store_);
  begin("phone", "42");
  const std::string made = std::to_string(clock_.wallNow().time_since_epoch().count() - 9 * 3600 * 1000);
  store_.put(idOf("old"), R"({"cookie":{},"user":{"id":"42"},"_sd":{"created":)" + made + "}}", hours(1));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("old")}, {"QUERY_STRING", "all=1"}}).status, 401);
  EXPECT_FALSE(lives("old"));
  EXPECT_TRUE(lives("phone")) << "a stolen cookie of a session that is over ends no other";
}

/// An application took the user out, and left what stands beside it.
TEST_F(LogoutTest, ASessionOfNobodySpeaksForNobodyWhateverIdIsLeftInIt) {
  settings_.session.user_id_at = "/account/id";
  build(store_);
  for (const std::string nobody : {"null", "false", "\"\""}) {
    store_.put(idOf("left"), R"({"cookie":{},"user":)" + nobody + R"(,"account":{"id":42}})", hours(1));
    store_.put(idOf("phone"), R"({"cookie":{},"user":"ada","account":{"id":42}})", hours(1));
    ASSERT_TRUE(noteSession("42", idOf("phone")));
    EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("left")}, {"QUERY_STRING", "all=1"}}).status, 401) << nobody;
    EXPECT_FALSE(lives("left"));
    EXPECT_TRUE(lives("phone")) << nobody;
  }
  store_.put(idOf("other's before"), R"({"cookie":{},"user":null,"account":{"id":7}})", hours(1));
  ASSERT_TRUE(noteSession("42", idOf("other's before")));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("phone")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("phone"));
  EXPECT_FALSE(lives("other's before")) << "it is not somebody else's";
}

/// Several instances may have met a session that the index had lost.
TEST_F(LogoutTest, WhatSomebodyElseHasEndedMeanwhileIsNotEndedAgain) {
  for (const char* id : {"one", "other"}) begin(id, "42");
  ASSERT_TRUE(store_.revoke(idOf("one"), hours(1)));
  begin("written back", "42");
  ASSERT_TRUE(store_.revoke(idOf("written back"), hours(1)));
  begin("written back", "42");
  const std::vector<SessionId> missed = {idOf("one"), idOf("other"), idOf("written back")};
  const auto before = metrics_.counter("sessiond_sessions_revoked_total", "").read();
  ASSERT_TRUE(ender_->endMissed("42", missed, "logout_all"));
  EXPECT_EQ(metrics_.counter("sessiond_sessions_revoked_total", "").read(), before + 2);
  for (const char* id : {"one", "other", "written back"}) EXPECT_FALSE(lives(id)) << id;
  EXPECT_THAT(*index_.list("42", 10), IsEmpty());
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

TEST_F(LogoutTest, ASessionInFrontThatIsThereNoMoreDoesNotHideTheUserBehind) {
  begin("mine", "42");
  begin("phone", "42");
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("gone") + "; " + cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status,
            204);
  EXPECT_FALSE(lives("phone"));
}

TEST_F(LogoutTest, AllEndsMoreThanManyPages) {
  constexpr int kSessions = 3 * static_cast<int>(SessionEnder::kPage) + 7;
  settings_.session.max_bytes = std::size_t{16} * 1024;
  build(store_);
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

/// Who is to be thrown out may have as many as they like, each as large as it may be.
TEST_F(LogoutTest, AllLooksAtNoMoreInOneRoundTripThanFitsHoweverLargeTheyAre) {
  settings_.session.max_bytes = std::size_t{1024} * 1024;
  build(store_);
  begin("mine", "42");
  for (int i = 0; i < 300; ++i) begin("s" + std::to_string(i), "42");
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  for (int i = 0; i < 300; ++i) EXPECT_FALSE(lives("s" + std::to_string(i))) << i;
  EXPECT_EQ(store_.largestLoad(), 8U);
}

/// They end at the same moment, so the index names all of them on one page.
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
  EXPECT_THAT(*index_.list("42", 1000), testing::SizeIs(601 - 2 * SessionEnder::kPage));
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

/// Every check moves its session's entry; a page that was left behind would not be looked at again. Whoever logs in
/// meanwhile is logged in.
TEST_F(LogoutTest, AllMissesNothingThatMovesInTheIndexMeanwhile) {
  class MovingIndex final : public UserSessionIndex {
   public:
    explicit MovingIndex(UserSessionIndex& index) : index_(index) {}
    void addAll(std::span<IndexNote> notes) override { index_.addAll(notes); }
    Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                          std::span<const SessionId> leaving) override {
      return index_.admit(session, limit, leaving);
    }
    Expected<void, StoreError> remove(std::string_view user, std::span<const SessionId> ids) override {
      return index_.remove(user, ids);
    }
    Expected<EndMoment, StoreError> noteAllEnded(std::string_view user, std::span<const SessionId> kept,
                                                 std::chrono::milliseconds life) override {
      return index_.noteAllEnded(user, kept, life);
    }
    Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override {
      return index_.endedLately(count);
    }
    Expected<IndexPage, StoreError> listBefore(std::string_view user, EndMoment moment, std::string_view from,
                                               std::size_t count) override {
      auto listed = index_.listBefore(user, moment, from, count);
      // The browser's own session goes on being used.
      const IndexedSession kept{.user_id = "42", .id = idOf("mine"), .life = life_ *= 2};
      EXPECT_TRUE(index_.add(kept));
      // And somebody goes on logging in.
      const IndexedSession login{.user_id = "42", .id = idOf("login" + std::to_string(logins_++)), .life = life_};
      EXPECT_TRUE(index_.add(login));
      return listed;
    }
    Expected<std::vector<SessionId>, StoreError> list(std::string_view user, std::size_t count) override {
      return index_.list(user, count);
    }
    int logins() const { return logins_; }

   private:
    UserSessionIndex& index_;
    std::chrono::hours life_{2};
    int logins_ = 0;
  } moving(index_);
  begin("mine", "42");
  for (int i = 0; i < 600; ++i) begin("s" + std::to_string(i), "42");
  build(store_, moving);
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  for (int i = 0; i < 600; ++i) EXPECT_FALSE(lives("s" + std::to_string(i))) << i;
  EXPECT_THAT(*index_.list("42", 1000), testing::SizeIs(moving.logins()));
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

/// Whatever it says, it is none of somebody else's that lives on.
TEST_F(LogoutTest, ARevokedSessionThatSomebodyWroteBackIsEndedWithTheOthers) {
  begin("mine", "42");
  begin("phone", "42");
  ASSERT_TRUE(store_.revoke(idOf("phone"), hours(1)));
  store_.put(idOf("phone"), R"({"cookie":{},"user":{"id":"7"}})", hours(1));
  EXPECT_EQ(post({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "all=1"}}).status, 204);
  EXPECT_FALSE(lives("phone"));
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

}  // namespace
}  // namespace sessiond
