#include <gtest/gtest.h>

#include "unit/endpoints/auth_fixture.h"

namespace sessiond {
namespace {

TEST_F(AuthEndpointTest, ACookieThatHasToBeVerifiedIsAnsweredFromMemoryAllTheSame) {
  remember("s1", found("s1", kAda, false), false);
  throttle_.ask("s1", hours(24), clock_.steadyNow());
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_TRUE(source_.batches.empty());
}

TEST_F(AuthEndpointTest, AllowsALoggedInSessionWithEveryIdentityHeader) {
  store("s1", kAda);
  const Response response = askWith("s1");
  EXPECT_EQ(route_, Route::kLoad);
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.lines(), "X-Session-Status: valid\r\nX-User-Id: 7\r\nX-User-Roles: staff,ops\r\n");
  EXPECT_EQ(response.body, "");
}

TEST_F(AuthEndpointTest, TheLoginAddressLeadsBackOnlyAsFarAsLoginTakes) {
  const auto addressFor = [&](const std::string& uri) {
    const std::string lines = ask({{"SESSIOND_URI", uri}}).headers.lines();
    const std::size_t begin = lines.find("X-Session-Login: ") + 17;
    return lines.substr(begin, lines.find("\r\n", begin) - begin);
  };
  const std::string longest = "/" + std::string(kMaxRedirectBytes - 3, 'a');  // encoded: %2F and the rest
  EXPECT_EQ(addressFor(longest), "/login?rd=%2F" + longest.substr(1));
  EXPECT_EQ(addressFor(longest + "a"), "/login");
  EXPECT_EQ(addressFor("/" + std::string(kMaxRedirectBytes / 3, '"')), "/login");
  EXPECT_EQ(addressFor("/" + std::string(100000, 'a')), "/login");
}

TEST_F(AuthEndpointTest, ProgramsGetNoLoginAddress) {
  const Response response = ask({{"SESSIOND_URI", "/api"}, {"SESSIOND_AUDIENCE", "api"}});
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.lines(), "X-Session-Status: missing\r\nWWW-Authenticate: Session\r\n");
}

TEST_F(AuthEndpointTest, WhoSaysItselfWhoItIsIsRefusedWhereTheApplicationWouldHearIt) {
  store("s1", kAda);
  const std::pair<std::string, std::string> cookie = {"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")};
  const std::pair<std::string, std::string> claims = {"SESSIOND_CLAIMS", "refuse"};
  for (const char* policy : {"default", "open"}) {
    const Response refused = ask({cookie, claims, {"SESSIOND_POLICY", policy}, {"HTTP_X_USER_ID", "666"}});
    EXPECT_EQ(route_, Route::kAnswered);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.headers.lines(), "X-Session-Status: misconfigured\r\n");
  }
  EXPECT_EQ(ask({cookie, claims, {"HTTP_X_OTHER", "666"}}).status, 204);
  EXPECT_EQ(ask({cookie, {"HTTP_X_USER_ID", "666"}}).status, 204) << "the snippet overwrites it";
}

TEST_F(AuthEndpointTest, WhatAnybodyCanBringAboutAsOftenAsHeLikesIsSummedUpInTheLog) {
  const auto linesOf = [this](const std::vector<std::pair<std::string, std::string>>& params, int times) {
    testing::internal::CaptureStderr();
    for (int i = 0; i < times; ++i) ask(params);
    return testing::internal::GetCapturedStderr();
  };
  const std::vector<std::vector<std::pair<std::string, std::string>>> floods = {
      {{"SESSIOND_CLAIMS", "refuse"}, {"HTTP_X_USER_ID", "666"}},
      {{"SESSIOND_POLICY", "adminn"}},
      {{"SESSIOND_TOUCH", "Off"}}};
  for (const std::vector<std::pair<std::string, std::string>>& params : floods) {
    const std::string first = linesOf(params, 8000);
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1) << first.substr(0, 1000);
    EXPECT_THAT(first, testing::HasSubstr(" count=1\n"));
  }
  clock_.advance(LogSummary::kInterval);
  for (const std::vector<std::pair<std::string, std::string>>& params : floods)
    EXPECT_THAT(linesOf(params, 1), testing::HasSubstr(" count=8000\n"));
}

TEST_F(AuthEndpointTest, WhatAnAddressSaysBehindItsPathIsNotLogged) {
  testing::internal::CaptureStderr();
  ask({{"SESSIOND_CLAIMS", "refuse"}, {"HTTP_X_USER_ID", "666"}, {"SESSIOND_URI", "/reset?token=hush"}});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, testing::HasSubstr(" path=/reset "));
  EXPECT_THAT(log, testing::Not(testing::HasSubstr("hush")));
}

TEST_F(AuthEndpointTest, RefusesWithoutACookieOnTheLane) {
  const Response response = ask({{"SESSIOND_URI", "/a?b=1&c=%20d"}});
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.lines(),
            "X-Session-Status: missing\r\nWWW-Authenticate: Session\r\n"
            "X-Session-Login: /login?rd=%2Fa%3Fb%3D1%26c%3D%2520d\r\n");
}

TEST_F(AuthEndpointTest, RefusesForgedAndMalformedCookiesWithoutAskingTheStore) {
  std::string forged = cookieOf("s1");
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_EQ(ask({{"HTTP_COOKIE", "connect.sid=" + forged}}).headers.lines().substr(0, 26),
            "X-Session-Status: forged\r\n");
  EXPECT_EQ(ask({{"HTTP_COOKIE", "connect.sid=nonsense"}}).headers.lines().substr(0, 29),
            "X-Session-Status: malformed\r\n");
  EXPECT_TRUE(source_.batches.empty());
}

TEST_F(AuthEndpointTest, TellsApartWhyThereIsNoSession) {
  store("anonymous", R"({"cookie":{}})");
  store("corrupt", "[]");
  store("refused", R"({"cookie":{"originalMaxAge":0},"user":{"id":1}})");
  store("empty", "null");
  source_.sessions["revoked"] = {.absence = CheckStatus::kRevoked};
  source_.sessions["down"] = {.absence = CheckStatus::kUnavailable};
  const auto statusOf = [this](const std::string& id) {
    const Response response = askWith(id);
    return std::to_string(response.status) + " " +
           response.headers.lines().substr(18, response.headers.lines().find("\r\n") - 18);
  };
  EXPECT_EQ(statusOf("nobody"), "401 unknown");
  EXPECT_EQ(statusOf("anonymous"), "401 anonymous");
  EXPECT_EQ(statusOf("corrupt"), "401 corrupt");
  EXPECT_EQ(statusOf("refused"), "401 expired");
  EXPECT_EQ(statusOf("empty"), "401 unknown");
  EXPECT_EQ(statusOf("revoked"), "401 revoked");
  EXPECT_EQ(statusOf("down"), "503 unavailable");
}

TEST_F(AuthEndpointTest, NeverSendsACookieWhenTheStoreCannotSay) {
  source_.sessions["down"] = {.absence = CheckStatus::kUnavailable};
  const Response response =
      ask({{"HTTP_COOKIE", "connect.sid=broken; connect.sid=" + cookieOf("down") + "; connect.sid=" + cookieOf("s2")}});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.lines(), "X-Session-Status: unavailable\r\nRetry-After: 1\r\n");
}

TEST_F(AuthEndpointTest, ForbidsWhatThePolicyDoesNotAllow) {
  store("s1", kAda);
  EXPECT_EQ(askWith("s1", "admin").status, 403);
  EXPECT_EQ(askWith("s1", "admin").headers.lines(), "X-Session-Status: forbidden\r\n");
  store("root", R"({"cookie":{},"user":{"id":"1","roles":["admin"]}})");
  EXPECT_EQ(askWith("root", "admin").status, 204);
}

TEST_F(AuthEndpointTest, ForbidsUnderAPolicyThatDoesNotExist) {
  store("s1", kAda);
  const Response response = askWith("s1", "adminn");
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.headers.lines(), "X-Session-Status: misconfigured\r\n");
}

TEST_F(AuthEndpointTest, ForbidsWhereNginxMisspellsAWord) {
  store("s1", kAda);
  const auto askWith = [this](const std::string& name, const std::string& value) {
    return ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")}, {"SESSIOND_POLICY", "open"}, {name, value}});
  };
  testing::internal::CaptureStderr();
  for (const char* value : {"Off", "of", "no", "", "on "}) {
    EXPECT_EQ(askWith("SESSIOND_TOUCH", value).headers.lines(), "X-Session-Status: misconfigured\r\n") << value;
    EXPECT_EQ(route_, Route::kAnswered);
  }
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::HasSubstr("auth: nginx says a word that sessiond does not know; refused "
                                 "parameter=SESSIOND_TOUCH value=Off count=1\n"));
  EXPECT_EQ(askWith("SESSIOND_AUDIENCE", "apis").status, 403);
  for (const char* value : {"on", "off"}) EXPECT_EQ(askWith("SESSIOND_TOUCH", value).status, 204);
  for (const char* value : {"page", "api"}) EXPECT_EQ(askWith("SESSIOND_AUDIENCE", value).status, 204);
}

TEST_F(AuthEndpointTest, ForbidsASessionWithoutARequiredIdentityValue) {
  store("s1", R"({"cookie":{},"user":{"name":"ada"}})");
  EXPECT_EQ(askWith("s1").status, 403);
  EXPECT_EQ(askWith("s1").headers.lines(), "X-Session-Status: incomplete\r\n");
}

TEST_F(AuthEndpointTest, AnOptionalPolicyPassesNobodyWithEmptyHeaders) {
  store("anonymous", R"({"cookie":{},"roles":["admin"]})");
  const std::string nobody = "X-User-Id: \r\nX-User-Roles: \r\n";
  EXPECT_EQ(ask({{"SESSIOND_POLICY", "open"}}).status, 204);
  EXPECT_EQ(ask({{"SESSIOND_POLICY", "open"}}).headers.lines(), "X-Session-Status: missing\r\n" + nobody);
  EXPECT_EQ(askWith("anonymous", "open").headers.lines(), "X-Session-Status: anonymous\r\n" + nobody);
  EXPECT_EQ(askWith("gone", "open").headers.lines(), "X-Session-Status: unknown\r\n" + nobody);
}

TEST_F(AuthEndpointTest, AnOptionalPolicyPassesADamagedSessionAsNobodyAndCountsIt) {
  store("corrupt", "{");
  store("refused", R"({"cookie":{"originalMaxAge":0},"user":{"id":"1"}})");
  const std::string nobody = "X-User-Id: \r\nX-User-Roles: \r\n";
  const Response damaged = askWith("corrupt", "open");
  EXPECT_EQ(damaged.status, 204);
  EXPECT_EQ(damaged.headers.lines(), "X-Session-Status: corrupt\r\n" + nobody);
  EXPECT_EQ(metrics_.counter("sessiond_checks_total", "", {{"outcome", "corrupt"}}).read(), 1U);
  EXPECT_EQ(askWith("refused", "open").headers.lines(), "X-Session-Status: expired\r\n" + nobody);
  EXPECT_EQ(askWith("corrupt").status, 401);
}

TEST_F(AuthEndpointTest, AnOptionalPolicyRefusesWhenTheStoreCannotSay) {
  store("corrupt", "{");
  source_.sessions["down"] = {.absence = CheckStatus::kUnavailable};
  EXPECT_EQ(askWith("down", "open").status, 503);
  const Response both =
      ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("corrupt") + "; connect.sid=" + cookieOf("down")},
           {"SESSIOND_POLICY", "open"}});
  EXPECT_EQ(both.status, 503) << "a damaged session may stand before a good one that nobody can read";
}

TEST_F(AuthEndpointTest, AnOptionalPolicyGivesNobodysHeadersForAnExpiredSession) {
  settings_.session.absolute_timeout = hours(8);
  const auto created = std::to_string(clock_.wallNow().time_since_epoch().count());
  store("s1", R"({"cookie":{},"user":{"id":"7","roles":["staff"]},"_sd":{"created":)" + created + "}}");
  clock_.advance(hours(9));
  const Response response = askWith("s1", "open");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.lines(), "X-Session-Status: expired\r\nX-User-Id: \r\nX-User-Roles: \r\n");
}

TEST_F(AuthEndpointTest, AsksForANewLoginWhenItIsTooOldForThePolicy) {
  const auto login = std::to_string(clock_.wallNow().time_since_epoch().count());
  store("s1", R"({"cookie":{},"user":{"id":"7"},"_sd":{"created":)" + login + R"(,"authenticated":)" + login + "}}");
  EXPECT_EQ(askWith("s1", "fresh").status, 204);
  clock_.advance(hours(1) + seconds(1));
  EXPECT_EQ(askWith("s1", "fresh").status, 401);
  EXPECT_EQ(askWith("s1", "fresh").headers.lines().substr(0, 25), "X-Session-Status: stale\r\n");
  EXPECT_EQ(askWith("s1").status, 204);
}

TEST_F(AuthEndpointTest, NorASessionInMemory) {
  remember("s1", found("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")}, {"SESSIOND_TOUCH", "off"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_TRUE(source_.touches.empty());
}

TEST_F(AuthEndpointTest, AnswersFromMemoryOnTheLane) {
  remember("s1", found("s1", kAda));
  throttle_.ask("s1", hours(24), clock_.steadyNow());
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(route_, Route::kAnswered);
  clock_.advance(milliseconds(1));
  remember("s1", {.absence = CheckStatus::kRevoked});
  EXPECT_EQ(askWith("s1").status, 401);
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_TRUE(source_.batches.empty());
}

TEST_F(AuthEndpointTest, RefusesNobodyByASessionInMemory) {
  remember("s1", found("s1", R"({"cookie":{}})"));
  store("s1", kAda);
  EXPECT_EQ(askWith("s1").status, 204) << "the application has just logged them in";
  EXPECT_EQ(route_, Route::kLoad);
  remember("s2", found("s2", kAda));
  store("s2", kAda);
  EXPECT_EQ(askWith("s2", "admin").status, 403);
  EXPECT_EQ(source_.batches.size(), 2U) << "what was asked for is answered";
  source_.sessions["s2"].absence = CheckStatus::kUnavailable;
  clock_.advance(milliseconds(1));
  remember("s2", found("s2", kAda));
  EXPECT_EQ(askWith("s2", "admin").status, 503) << "nobody can tell";
  remember("s3", found("s3", R"({"cookie":{}})"));
  EXPECT_EQ(askWith("s3", "open").status, 204);
  EXPECT_EQ(source_.batches.size(), 3U) << "an anonymous visitor passes there";
}

TEST_F(AuthEndpointTest, NorDoesOneThatAnOlderSecretSigned) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  remember("s2", found("s2", R"({"cookie":{},"user":{"id":"8"}})"));
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  const std::string later = older.sign(idOf("s2"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1") + "; connect.sid=" + later}});
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 7\r\n"), std::string::npos);
}

TEST_F(AuthEndpointTest, LoadsAllChecksOfABatchAtOnce) {
  store("s1", kAda);
  const std::string cookies[] = {"connect.sid=" + cookieOf("s1"), "connect.sid=" + cookieOf("gone")};
  const Param params[] = {{"HTTP_COOKIE", cookies[0]}, {"HTTP_COOKIE", cookies[1]}};
  Exchange exchanges[2];
  for (std::size_t i = 0; i < 2; ++i) {
    exchanges[i].request.params = std::span(params).subspan(i, 1);
    ASSERT_EQ(endpoint().receive(exchanges[i]), Route::kLoad);
  }
  for (Exchange& exchange : exchanges) loader().load(exchange);
  EXPECT_EQ(concluded_, 0);
  loader().flush();
  EXPECT_EQ(concluded_, 2);
  EXPECT_EQ(exchanges[0].response.status, 204);
  EXPECT_EQ(exchanges[1].response.status, 401);
  EXPECT_EQ(source_.batches, std::vector<std::size_t>{2});
}

TEST_F(AuthEndpointTest, AnAuthorizerGetsVariables) {
  store("s1", kAda);
  const Response allowed = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")}}, Role::kAuthorizer);
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.headers.lines(),
            "X-Session-Status: valid\r\nVariable-X-User-Id: 7\r\nVariable-X-User-Roles: staff,ops\r\n");
  EXPECT_EQ(ask({}, Role::kAuthorizer).status, 401);
}

TEST_F(AuthEndpointTest, RefusesASessionBeyondTheAbsoluteTimeout) {
  settings_.session.absolute_timeout = hours(8);
  const auto created = std::to_string(clock_.wallNow().time_since_epoch().count());
  store("s1", R"({"cookie":{},"user":{"id":"7"},"_sd":{"created":)" + created + "}}");
  clock_.advance(hours(7));
  EXPECT_EQ(askWith("s1").status, 204);
  clock_.advance(hours(1) + seconds(1));
  EXPECT_EQ(askWith("s1").status, 401);
  EXPECT_EQ(askWith("s1").headers.lines().substr(0, 27), "X-Session-Status: expired\r\n");
}

TEST_F(AuthEndpointTest, CountsEveryCheckByItsOutcome) {
  store("s1", kAda);
  askWith("s1");
  askWith("s1", "admin");
  ask({});
  ask({{"SESSIOND_POLICY", "nope"}});
  const auto count = [this](const char* outcome) {
    return metrics_.counter("sessiond_checks_total", "", {{"outcome", outcome}}).read();
  };
  EXPECT_EQ(count("valid"), 1U);
  EXPECT_EQ(count("forbidden"), 1U);
  EXPECT_EQ(count("missing"), 1U);
  EXPECT_EQ(count("misconfigured"), 1U);
}

TEST_F(AuthEndpointTest, LogsWhyACheckWasRefused) {
  const HmacKey key{Secret(std::string("a key for names in the log, long"))};
  RefusalLog refusals(key);
  store("s1", kAda);
  refusals_ = &refusals;
  testing::internal::CaptureStderr();
  const auto check = [&](const std::string& cookie, const std::string& policy) {
    ask({{"HTTP_COOKIE", cookie}, {"SESSIOND_POLICY", policy}});
  };
  check("connect.sid=" + cookieOf("s1"), "admin");
  check("connect.sid=" + cookieOf("gone"), "");
  remember("left", {.absence = CheckStatus::kRevoked});
  check("connect.sid=" + cookieOf("left"), "");
  std::string forged = cookieOf("s1");
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  check("connect.sid=" + forged, "");
  check("", "nope");
  check("connect.sid=" + cookieOf("s1"), "default");
  check("", "open");
  setUpLog(LogSettings{});
  const std::string text = testing::internal::GetCapturedStderr();
  const auto line = [&](const std::string& rest) {
    return text.find("auth: refused " + rest + "\n") != std::string::npos;
  };
  EXPECT_TRUE(line("status=forbidden policy=admin location_policy=admin session=" + pseudonym(key, "s1"))) << text;
  EXPECT_TRUE(line("status=unknown policy=default location_policy=\"\" session=" + pseudonym(key, "gone"))) << text;
  EXPECT_TRUE(line("status=revoked policy=default location_policy=\"\" session=" + pseudonym(key, "left"))) << text;
  EXPECT_TRUE(line("status=forged policy=default location_policy=\"\" session=\"\"")) << text;
  EXPECT_TRUE(line("status=misconfigured policy=\"\" location_policy=nope session=\"\"")) << text;
  EXPECT_EQ(text.find("status=valid"), std::string::npos);
  EXPECT_EQ(text.find("status=missing"), std::string::npos) << "nobody was admitted";
}

}  // namespace
}  // namespace sessiond
