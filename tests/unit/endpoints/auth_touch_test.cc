// Checks that extend a session.

#include <gtest/gtest.h>

#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

TEST_F(AuthEndpointTest, ARefusedCheckDoesNotTouchAndSendsNoCookie) {
  settings_.cookie.rolling = true;
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  const std::string cookie = "connect.sid=" + older.sign(idOf("s1"));
  const Response refused = ask({{"HTTP_COOKIE", cookie}, {"SESSIOND_POLICY", "admin"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.lines(), "X-Session-Status: forbidden\r\n");
  EXPECT_TRUE(throttle_.ask("s1", hours(1), clock_.steadyNow()).due) << "the session's life was extended";
}

TEST_F(AuthEndpointTest, RollsTheCookieWhenTheSessionIsTouched) {
  settings_.cookie.rolling = true;
  store("s1", R"({"cookie":{"originalMaxAge":3600000,"httpOnly":true,"path":"/app"},"user":{"id":"7"}})");
  const Response first = askWith("s1");
  EXPECT_NE(
      first.headers.lines().find("Set-Cookie: connect.sid=" + cookieOf("s1") +
                                 "; Max-Age=3600; Path=/app; Expires=Thu, 01 Jan 2026 01:00:00 GMT; HttpOnly\r\n"),
      std::string::npos)
      << first.headers.lines();
  EXPECT_EQ(askWith("s1").headers.lines().find("Set-Cookie"), std::string::npos);
  clock_.advance(seconds(61));
  EXPECT_NE(askWith("s1").headers.lines().find("Expires=Thu, 01 Jan 2026 01:01:01 GMT"), std::string::npos);
}

TEST_F(AuthEndpointTest, AsksForATouchThatFailedAgainHalfwayToTheNextOne) {
  settings_.cookie.rolling = true;  // the cookie shows when a touch was asked for
  for (const auto& [id, lifetime, half] :
       {std::tuple("long", "3600000", seconds(30)), {"short", "20000", seconds(1)}}) {
    const FoundSession session =
        found(id, std::string(R"({"cookie":{"originalMaxAge":)") + lifetime + R"(},"user":{"id":"7"}})");
    const auto touches = [&, id = id] {
      remember(id, session);
      return askWith(id).headers.lines().find("Set-Cookie") != std::string::npos;
    };
    EXPECT_TRUE(touches());
    EXPECT_FALSE(touches());
    throttle_.forget(id);
    clock_.advance(half - milliseconds(1));
    EXPECT_FALSE(touches()) << "it was asked before its time";
    clock_.advance(milliseconds(1));
    EXPECT_TRUE(touches()) << id;
  }
}

TEST_F(AuthEndpointTest, DoesNotTouchWhereTheLocationSaysSo) {
  settings_.cookie.rolling = true;
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")}, {"SESSIOND_TOUCH", "off"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos);
  EXPECT_TRUE(throttle_.ask("s1", hours(1), clock_.steadyNow()).due);
}

TEST_F(AuthEndpointTest, ATouchIsMadeBeforeTheCheckIsAnswered) {
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  source_.before_touch = [this] { EXPECT_EQ(concluded_, 0); };
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches, (std::vector<std::pair<std::string, seconds>>{{"s1", hours(1)}}));
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches.size(), 1U) << "not due";
}

TEST_F(AuthEndpointTest, ATouchOfASessionInMemoryIsMadeBeforeTheCheckIsAnswered) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  source_.before_touch = [this] { EXPECT_EQ(concluded_, 0); };
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(route_, Route::kLoad);
  EXPECT_EQ(source_.touches.size(), 1U);
  EXPECT_TRUE(source_.batches.empty()) << "nothing had to be loaded";
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(route_, Route::kAnswered);
}

TEST_F(AuthEndpointTest, ATouchThatNoLaneHasRoomForIsDueAgain) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  const std::string cookies = "connect.sid=" + cookieOf("s1");
  const std::vector<Param> params = {{"HTTP_COOKIE", cookies}};
  Exchange exchange;
  exchange.request = {.role = Role::kResponder, .params = params, .body = {}};
  ASSERT_EQ(endpoint().receive(exchange), Route::kLoad);
  endpoint().turnAway(exchange);
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches.size(), 1U);
}

TEST_F(AuthEndpointTest, ATouchThatThereIsNoMemoryToAskForIsDueAgain) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  loop_.no_memory = true;
  EXPECT_THROW(askWith("s1"), std::bad_alloc);
  loop_.no_memory = false;
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches.size(), 1U);
}

TEST_F(AuthEndpointTest, ASessionThatHasChangedWhenItIsTouchedIsReadAgain) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  store("s1", R"({"cookie":{"originalMaxAge":45000},"user":{"id":"8"}})");
  source_.outcomes = {TouchOutcome::kChanged};
  const Response response = askWith("s1");
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 8\r\n"), std::string::npos);
  EXPECT_EQ(source_.touches, (std::vector<std::pair<std::string, seconds>>{{"s1", hours(1)}, {"s1", seconds(45)}}));
}

TEST_F(AuthEndpointTest, ASessionThatChangesAllTheTimeIsReadAgainOnce) {
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  source_.outcomes = {TouchOutcome::kChanged, TouchOutcome::kChanged, TouchOutcome::kChanged};
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches.size(), 2U);
}

TEST_F(AuthEndpointTest, ACookieRollsOnlyWithATouchThatWasMade) {
  settings_.cookie.rolling = true;
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  source_.outcomes = {TouchOutcome::kChanged, TouchOutcome::kChanged};
  EXPECT_EQ(askWith("s1").headers.lines().find("Set-Cookie"), std::string::npos);
}

TEST_F(AuthEndpointTest, ASessionThatIsGoneWhenItIsTouchedIsRefusedOrTheNextCookieCounts) {
  const FoundSession ended = found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  remember("s1", ended);
  source_.outcomes = {TouchOutcome::kGone};
  EXPECT_EQ(askWith("s1").status, 401);

  clock_.advance(seconds(61));
  remember("s1", ended);
  store("s2", kAda);
  source_.outcomes = {TouchOutcome::kGone};
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1") + "; connect.sid=" + cookieOf("s2")}});
  EXPECT_EQ(response.status, 204) << "the second cookie had not been looked at";
}

TEST_F(AuthEndpointTest, ATouchNeverReachesBeyondTheAbsoluteTimeout) {
  settings_.session.absolute_timeout = hours(8);
  const auto created = std::to_string(clock_.wallNow().time_since_epoch().count());
  store("s1", R"({"cookie":{"originalMaxAge":86400000},"user":{"id":"7"},"_sd":{"created":)" + created + "}}");
  clock_.advance(hours(7));
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(source_.touches, (std::vector<std::pair<std::string, seconds>>{{"s1", hours(1)}}));
}

}  // namespace
}  // namespace sessiond
