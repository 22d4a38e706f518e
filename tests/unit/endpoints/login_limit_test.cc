// Logging in with as many sessions as a user may have.

#include <gtest/gtest.h>

#include "unit/endpoints/login_fixture.h"

namespace sessiond {
namespace {

TEST_F(LoginTest, BeyondTheLimitThoseThatWereNotUsedForLongestEnd) {
  settings_.session.per_user.max = 2;
  build();
  std::vector<SessionId> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(idIn(setCookies(postJson(kGoodJson)).at(0)));
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_FALSE(store_.value(ids[0]));
  EXPECT_FALSE(store_.value(ids[1]));
  EXPECT_TRUE(store_.tombstoneTtl(ids[1]));
  EXPECT_TRUE(store_.value(ids[2]));
  EXPECT_TRUE(store_.value(ids[3]));
}

TEST_F(LoginTest, AtTheLimitALoginIsRefusedIfTheSiteWantsSo) {
  settings_.session.per_user = {.max = 2, .when_full = WhenFull::kRefuse};
  build();
  const SessionId first = idIn(setCookies(postJson(kGoodJson)).at(0));
  const SessionId second = idIn(setCookies(postJson(kGoodJson)).at(0));
  const Response refused = postJson(kGoodJson);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body, "{\"error\":\"too_many_sessions\"}\n");
  EXPECT_THAT(setCookies(refused), IsEmpty());
  EXPECT_TRUE(store_.value(first));
  EXPECT_TRUE(store_.value(second));
  EXPECT_EQ(count("sessiond_logins_total", "too_many_sessions"), 1U);
  // The browser's own session ends by a login anyway.
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_COOKIE", "connect.sid=" + signer_.sign(first)}}).status, 200);
}

TEST_F(LoginTest, WhatIsNoSessionOfTheUsersNowTakesNobodysPlace) {
  for (const WhenFull when_full : {WhenFull::kRefuse, WhenFull::kEndOldest}) {
    settings_.session.per_user = {.max = 3, .when_full = when_full};
    build();
    const SessionId mine = idIn(setCookies(postJson(kGoodJson)).at(0));
    for (const char* id : {"sold", "given up", "spoilt"}) ASSERT_TRUE(noteSession("42", idOf(id)));
    store_.put(idOf("sold"), R"({"cookie":{},"user":{"id":"7"}})", hours(1));
    store_.put(idOf("given up"), R"({"cookie":{},"user":null})", hours(1));
    store_.put(idOf("spoilt"), "{", hours(1));
    EXPECT_EQ(postForm(kGoodForm).status, 303);
    EXPECT_EQ(postForm(kGoodForm).status, 303);
    EXPECT_TRUE(store_.value(mine)) << "nobody's place was needed";
    for (const char* id : {"sold", "given up"}) EXPECT_TRUE(store_.value(idOf(id))) << id;
    if (when_full == WhenFull::kRefuse) {
      const Response full = postForm(kGoodForm);
      EXPECT_EQ(full.status, 409);
      EXPECT_THAT(full.body, HasSubstr(handles_.of(mine)));
    }
    ASSERT_TRUE(ender_->endAllOf("42", "test", {}));
  }
}

/// Otherwise it would be one that nobody ends any more, once it can be read again.
TEST_F(LoginTest, WhatCannotBeReadEndsForALogin) {
  settings_.session.per_user = {.max = 2, .when_full = WhenFull::kRefuse};
  build();
  const std::string much(settings_.session.max_bytes, 'x');
  store_.put(idOf("too large"), R"({"cookie":{},"user":{"id":"42"},"much":")" + much + "\"}", hours(1));
  store_.putWrongType(idOf("no string"));
  store_.put(idOf("over"), R"({"cookie":{"originalMaxAge":0},"user":{"id":"42"}})", hours(1));
  for (const char* id : {"too large", "no string", "over", "gone"}) ASSERT_TRUE(noteSession("42", idOf(id)));
  EXPECT_EQ(postJson(kGoodJson).status, 200);
  for (const char* id : {"too large", "no string", "over"}) {
    EXPECT_FALSE(store_.value(idOf(id))) << id;
    EXPECT_TRUE(store_.tombstoneTtl(idOf(id))) << id;
  }
}

TEST_F(LoginTest, WhatNoCheckLetsPassTakesNobodysPlace) {
  settings_.session.per_user = {.max = 2, .when_full = WhenFull::kRefuse};
  settings_.session.absolute_timeout = hours(8);
  stands_ = [](std::uint64_t tag) { return tag != 0x1111111111111111; };
  build();
  const auto put = [&](const char* id, std::int64_t age, const char* auth) {
    const std::string made = std::to_string(clock_.wallNow().time_since_epoch().count() - age);
    store_.put(idOf(id),
               R"({"cookie":{},"user":{"id":"42"},"_sd":{"created":)" + made + R"(,"auth":"htpasswd:)" + auth +
                   R"(","login":"ada"}})",
               hours(1));
    ASSERT_TRUE(noteSession("42", idOf(id)));
  };
  put("too old", std::chrono::milliseconds(hours(9)).count(), "2222222222222222");
  put("of another password", 1000, "1111111111111111");
  EXPECT_EQ(postJson(kGoodJson).status, 200);
  EXPECT_EQ(postJson(kGoodJson).status, 200);
  EXPECT_EQ(postJson(kGoodJson).status, 409);
  for (const char* id : {"too old", "of another password"}) {
    EXPECT_FALSE(store_.value(idOf(id))) << "it would come back to life with the old password";
    EXPECT_TRUE(store_.tombstoneTtl(idOf(id)));
  }
}

TEST_F(LoginTest, ADamagedIndexIsSaidToBeOneWithItsRemedy) {
  for (const std::uint32_t max : {0U, 2U}) {
    settings_.session.per_user.max = max;
    build();
    for (const StoreError error : {StoreError::kCorrupt, StoreError::kUnavailable}) {
      index_.failWith(error);
      testing::internal::CaptureStderr();
      EXPECT_EQ(postJson(kGoodJson).status, 503);
      const std::string log = testing::internal::GetCapturedStderr();
      for (const char* remedy : {"delete that key", "sessionctl session revoke --user ID --scan"})
        EXPECT_EQ(log.find(remedy) != std::string::npos, error == StoreError::kCorrupt) << max << remedy;
    }
    index_.failWith(std::nullopt);
  }
}

TEST_F(LoginTest, ALoginIsFiledUnderTheIdThatItsChecksFind) {
  settings_.session.user_id_at = "/user/email";
  settings_.session.per_user.max = 2;
  authenticator_.json = R"({"id":"42","name":"ada","email":"ada@example.org"})";
  build();
  std::vector<SessionId> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(idIn(setCookies(postJson(kGoodJson)).at(0)));
    clock_.advance(seconds(1));
  }
  EXPECT_THAT(*index_.list("ada@example.org", 10), testing::UnorderedElementsAre(ids[2], ids[3]));
  EXPECT_THAT(*index_.list("42", 10), IsEmpty());
  EXPECT_FALSE(store_.value(ids[1]));
}

TEST_F(LoginTest, WhoHasNoIdThereLogsInNowhere) {
  settings_.session.user_id_at = "/user/email";
  build();
  testing::internal::CaptureStderr();
  const std::size_t calls = store_.calls();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(postJson(kGoodJson).status, 401);
  EXPECT_EQ(store_.calls(), calls) << "nothing was stored";
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("a user has no id at session.user_id_at"));
  EXPECT_EQ(count("sessiond_logins_total", "damaged_entry"), 3U);
}

TEST_F(LoginTest, WhoseSessionEveryCheckWouldRefuseIsNotLoggedIn) {
  settings_.session.max_bytes = 1024;
  authenticator_.json = R"({"id":"42","name":")" + std::string(1000, 'x') + "\"}";
  build();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(postJson(kGoodJson).status, 401);
  EXPECT_EQ(postForm(kGoodForm).status, 401);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("the session of a user would be refused by every check; the login is refused"));
  EXPECT_THAT(log, HasSubstr("why=\"it is larger than session.max_bytes, 1024 bytes\""));
  EXPECT_EQ(count("sessiond_logins_total", "damaged_entry"), 4U);
  EXPECT_THAT(*index_.list("42", 10), IsEmpty());
}

TEST_F(LoginTest, NorIsWhomNoCheckCanNameToTheApplications) {
  const std::pair<const char*, const char*> users[] = {{R"({"id":" 1"})", "X-User-Id"},
                                                       {R"({"id":"a\r\nb"})", "X-User-Id"},
                                                       {R"({"id":7,"roles":"a,b"})", "X-User-Roles"},
                                                       {R"({"id":7,"roles":["a,b"]})", "X-User-Roles"},
                                                       {R"({"id":7,"roles":{"a":1}})", "X-User-Roles"}};
  for (const auto& [json, header] : users) {
    authenticator_.json = json;
    build();
    testing::internal::CaptureStderr();
    EXPECT_EQ(postJson(kGoodJson).status, 401) << json;
    EXPECT_THAT(testing::internal::GetCapturedStderr(),
                HasSubstr("why=\"no value that can be sent as it stands: " + std::string(header) + "\""))
        << json;
  }
  EXPECT_EQ(count("sessiond_logins_total", "damaged_entry"), 5U);
}

TEST_F(LoginTest, ARightPasswordThatFindsNoRoomCostsTheNextTryNothing) {
  settings_.session.per_user = {.max = 1, .when_full = WhenFull::kRefuse};
  build();
  const SessionId other = idIn(setCookies(postJson(kGoodJson)).at(0));
  const Params elsewhere = {{"SESSIOND_ADDR", "198.51.100.7"}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(postForm("user=ada&password=wrong", elsewhere).status, 401);
  clock_.advance(settings_.login.throttle.stranger_first_wait);
  const Response page = postForm(kGoodForm, elsewhere);
  ASSERT_EQ(page.status, 409);
  const std::string end = "end=" + handles_.of(other) + "&ticket=" + fieldIn(page, "ticket");
  EXPECT_EQ(postForm(end, elsewhere).status, 200);
  EXPECT_EQ(postForm(kGoodForm, elsewhere).status, 303);
}

TEST_F(LoginTest, TheLimitsPageEndsASessionOfWhoGaveTheRightPassword) {
  settings_.session.per_user = {.max = 1, .when_full = WhenFull::kRefuse};
  build();
  const SessionId other = idIn(setCookies(postJson(kGoodJson)).at(0));
  const Response page = postForm(kGoodForm + "&rd=/a");
  EXPECT_EQ(page.status, 409);
  EXPECT_THAT(page.body, HasSubstr("You are logged in in as many places as are allowed."));
  EXPECT_EQ(actionIn(page), "/login?rd=%2Fa");
  EXPECT_THAT(page.body, Not(HasSubstr(other.bytes())));
  const std::string end = "end=" + handles_.of(other) + "&ticket=" + fieldIn(page, "ticket");
  EXPECT_EQ(postForm("end=" + handles_.of(other) + "&ticket=forged.ticket").status, 403);
  clock_.advance(EndSessionTickets::kLifetime);
  EXPECT_EQ(postForm(end).status, 403) << "too late";
  EXPECT_TRUE(store_.value(other));
  const std::string ticket = fieldIn(postForm(kGoodForm), "ticket");
  EXPECT_EQ(postForm("end=AAAAAAAAAAAAAAAA&ticket=" + ticket).status, 404);
  const Params without_token = {{"HTTP_COOKIE", csrf_cookie_}, {"CONTENT_TYPE", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(ask(*endpoint_, "POST", without_token, "end=" + handles_.of(other) + "&ticket=" + ticket).status, 403);
  EXPECT_TRUE(store_.value(other));
  const Response ended = postForm("end=" + handles_.of(other) + "&ticket=" + ticket, {{"QUERY_STRING", "rd=%2Fa"}});
  EXPECT_EQ(ended.status, 200);
  EXPECT_THAT(ended.body, HasSubstr("The session has ended."));
  EXPECT_FALSE(store_.value(other));
  EXPECT_EQ(count("sessiond_session_ends_total", "success"), 1U);
  EXPECT_EQ(count("sessiond_session_ends_total", "refused"), 4U);
  EXPECT_EQ(postForm(kGoodForm).status, 303);
}

TEST_F(LoginTest, WhoMadeRoomIsNotAskedForTheirNameAgain) {
  settings_.session.per_user = {.max = 1, .when_full = WhenFull::kRefuse};
  build();
  const SessionId other = idIn(setCookies(postJson(kGoodJson)).at(0));
  const Response page = postForm(kGoodForm);
  EXPECT_EQ(fieldIn(page, "user"), "ada");
  const std::string form = "end=" + handles_.of(other) + "&ticket=" + fieldIn(page, "ticket");
  EXPECT_EQ(fieldIn(postForm("user=ada&end=none&ticket=" + fieldIn(page, "ticket")), "user"), "ada");
  EXPECT_EQ(fieldIn(postForm("user=%22%3E%3Cb%3E&ticket=forged"), "user"), "&quot;&gt;&lt;b&gt;");
  EXPECT_EQ(fieldIn(postForm("user=a%0Ab&ticket=forged"), "user"), "");
  store_.failWith(StoreError::kUnavailable);
  EXPECT_EQ(fieldIn(postForm("user=ada&" + form), "user"), "ada");
  store_.failWith(std::nullopt);
  EXPECT_EQ(fieldIn(postForm("user=ada&" + form), "user"), "ada");
  EXPECT_FALSE(store_.value(other));
}

TEST(EndSessionTickets, AreGoodForOneUserForSomeMinutes) {
  FakeClock clock;
  std::vector<Secret> secrets;
  secrets.emplace_back(std::string("one"));
  const EndSessionTickets tickets(secrets, clock);
  const std::string user("4:2\0", 4);
  const std::string ticket = tickets.issue(user);
  EXPECT_EQ(tickets.read(ticket), user);
  for (const std::size_t at : {std::size_t{0}, ticket.find('.') + 2, ticket.size() - 2}) {
    std::string spoiled = ticket;
    spoiled[at] = spoiled[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(tickets.read(spoiled), std::nullopt);
  }
  EXPECT_EQ(tickets.read(""), std::nullopt);
  EXPECT_EQ(tickets.read("."), std::nullopt);
  clock.advance(EndSessionTickets::kLifetime - std::chrono::milliseconds(1));
  EXPECT_EQ(tickets.read(ticket), user);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(tickets.read(ticket), std::nullopt);
}

}  // namespace
}  // namespace sessiond
