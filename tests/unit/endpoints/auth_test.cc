#include "endpoints/auth/auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/log.h"
#include "http/safe_redirect.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/scripted_pending.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Sessions by id; what is not here is unknown. Peeks at nothing unless told to.
class FakeFactsSource final : public FactsSource {
 public:
  std::optional<FoundSession> peek(std::string_view cookie, SteadyTime) override {
    const auto known = peeked.find(std::string(cookie));
    if (known == peeked.end()) return std::nullopt;
    return known->second;
  }
  std::optional<FoundSession> peek(const SessionId& id, SteadyTime) override {
    const auto known = fresh.find(id.bytes());
    if (known == fresh.end()) return std::nullopt;
    return known->second;
  }

  void load(std::span<FactsLoad> loads) override {
    batches.push_back(loads.size());
    for (FactsLoad& load : loads) {
      cookies_of_newest_secret.emplace_back(load.cookie);
      const auto known = sessions.find(load.id->bytes());
      load.found = known == sessions.end() ? FoundSession{.presence = Presence::kUnknown} : known->second;
    }
  }

  /// Fills in at the second advance, or fails with half of it filled in.
  std::unique_ptr<Pending> beginLoad(std::span<FactsLoad> loads) override {
    if (!begins) return nullptr;
    return std::make_unique<ScriptedPending>([this, loads, advances = 0]() mutable {
      if (++advances == 1) return Pending::State::kWaiting;
      load(fails ? loads.first(loads.size() / 2) : loads);
      return fails ? Pending::State::kFailed : Pending::State::kDone;
    });
  }

  bool begins = false;
  bool fails = false;
  std::map<std::string, FoundSession> peeked;  ///< by cookie
  std::map<std::string, FoundSession> fresh;   ///< by id
  std::map<std::string, FoundSession> sessions;
  std::vector<std::size_t> batches;
  std::vector<std::string> cookies_of_newest_secret;
};

std::vector<Secret> secretsOf(const std::vector<std::string>& texts) {
  std::vector<Secret> secrets;
  for (const std::string& text : texts) secrets.emplace_back(std::string(text));
  return secrets;
}

class AuthEndpointTest : public testing::Test {
 protected:
  AuthEndpointTest() {
    settings_.identity = {{.name = "X-User-Id", .from = "/user/id", .required = true},
                          {.name = "X-User-Roles", .from = "/user/roles"}};
    settings_.policies = {{.name = "default"},
                          {.name = "admin", .roles_any = {"admin"}},
                          {.name = "open", .require_session = false},
                          {.name = "fresh", .max_auth_age = hours(1)}};
    settings_.cookie.same_site = SameSite::kUnset;
  }

  /// The endpoint is made at the first use, so that a test can change the settings before.
  AuthEndpoint& endpoint() {
    if (!endpoint_) {
      extractor_.emplace(settings_.extractionRules());
      endpoint_.emplace(settings_, AuthParts{signer_, *extractor_, source_, throttle_, touches_, clock_, metrics_});
    }
    return *endpoint_;
  }

  void store(const std::string& id, const std::string& json) {
    endpoint();
    source_.sessions[id] = found(id, json);
  }
  FoundSession found(const std::string& id, const std::string& json) {
    return {Presence::kPresent, KnownSession::make(*SessionId::fromBytes(id), extractor_->extract(json), cookieOf(id))};
  }

  std::string cookieOf(const std::string& id) { return signer_.sign(*SessionId::fromBytes(id)); }

  Response ask(std::vector<std::pair<std::string, std::string>> params, Role role = Role::kResponder) {
    std::vector<Param> views;
    for (const auto& [name, value] : params) views.push_back({name, value});
    Exchange exchange;
    exchange.request = {.role = role, .params = views, .body = {}};
    route_ = endpoint().receive(exchange);
    if (route_ == Route::kLoad) {
      Exchange* const batch[] = {&exchange};
      endpoint().load(batch);
      endpoint().conclude(exchange);
    }
    return exchange.response;
  }
  Response askWith(const std::string& id, const std::string& policy = "") {
    return ask(
        {{"HTTP_COOKIE", "connect.sid=" + cookieOf(id)}, {"SESSIOND_POLICY", policy}, {"SESSIOND_URI", "/a?b=1&c=2"}});
  }

  static constexpr const char* kAda = R"({"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},)"
                                      R"("user":{"id":"7","roles":["staff","ops"]}})";

  FakeClock clock_;
  MetricsRegistry metrics_;
  std::vector<Secret> secrets_ = secretsOf({"the newest secret of all the secrets", "an older secret, still good"});
  CookieSigner signer_{secrets_};
  FakeFactsSource source_;
  MemorySessionStore store_{clock_};
  TouchThrottle throttle_{seconds(60)};
  TouchWriter touches_{store_, throttle_, metrics_};
  SiteSettings settings_;
  std::optional<FactsExtractor> extractor_;
  std::optional<AuthEndpoint> endpoint_;
  Route route_ = Route::kWork;
};

TEST_F(AuthEndpointTest, ACookieThatHasToBeVerifiedIsAnsweredFromMemoryAllTheSame) {
  endpoint();
  source_.fresh["s1"] = found("s1", kAda);
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
      {{"SESSIOND_CLAIMS", "refuse"}, {"HTTP_X_USER_ID", "666"}}, {{"SESSIOND_POLICY", "adminn"}}};
  for (const std::vector<std::pair<std::string, std::string>>& params : floods) {
    const std::string first = linesOf(params, 8000);
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1) << first.substr(0, 1000);
    EXPECT_THAT(first, testing::HasSubstr(" count=1\n"));
  }
  clock_.advance(LogSummary::kInterval);
  for (const std::vector<std::pair<std::string, std::string>>& params : floods)
    EXPECT_THAT(linesOf(params, 1), testing::HasSubstr(" count=8000\n"));
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
  source_.sessions["revoked"] = {.presence = Presence::kRevoked};
  source_.sessions["down"] = {.presence = Presence::kUnavailable};
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
  source_.sessions["down"] = {.presence = Presence::kUnavailable};
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
  source_.sessions["down"] = {.presence = Presence::kUnavailable};
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

TEST_F(AuthEndpointTest, ARefusedCheckDoesNotTouchAndSendsNoCookie) {
  settings_.cookie.rolling = true;
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  const std::string cookie = "connect.sid=" + older.sign(*SessionId::fromBytes("s1"));
  const Response refused = ask({{"HTTP_COOKIE", cookie}, {"SESSIOND_POLICY", "admin"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.headers.lines(), "X-Session-Status: forbidden\r\n");
  EXPECT_TRUE(throttle_.due("s1", hours(1), clock_.steadyNow())) << "the session's life was extended";
}

TEST_F(AuthEndpointTest, WhatWasNotLookedAtIsNeitherClearedNorCalledDead) {
  store("s1", kAda);
  const std::string dead = "connect.sid=" + cookieOf("gone") + "; ";
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += dead;
  const std::string genuine = "connect.sid=" + cookieOf("s1");
  const std::string large = "x=" + std::string(kMaxCookieHeaderBytes, 'x');
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{eight + genuine}, "too_many"}, {{eight, genuine}, "too_many"},
      {{eight + dead}, "too_many"},    {{dead + dead, large}, "too_large"},
      {{large}, "too_large"},          {{eight + dead, large + genuine}, "too_many"}};
  for (const auto& [lines, word] : cases) {
    std::vector<std::pair<std::string, std::string>> params;
    for (const std::string& line : lines) params.emplace_back("HTTP_COOKIE", line);
    const Response response = ask(params);
    EXPECT_EQ(response.status, 401) << word;
    EXPECT_TRUE(response.headers.lines().starts_with("X-Session-Status: " + word + "\r\n")) << response.headers.lines();
    EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos) << word;
    params.emplace_back("SESSIOND_POLICY", "open");
    EXPECT_EQ(ask(params).status, 204) << "public pages stay open";
  }
  EXPECT_EQ(metrics_.counter("sessiond_checks_total", "", {{"outcome", "too_many"}}).read(), 8U);
  EXPECT_EQ(metrics_.counter("sessiond_checks_total", "", {{"outcome", "too_large"}}).read(), 4U);
}

TEST_F(AuthEndpointTest, AWinnerAmongTheCookiesThatWereLookedAtIsEnough) {
  store("s1", kAda);
  std::string cookies = "connect.sid=" + cookieOf("s1");
  for (int i = 0; i < 20; ++i) cookies += "; connect.sid=" + cookieOf("gone");
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies}}).status, 204);
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies}, {"HTTP_COOKIE", std::string(kMaxCookieHeaderBytes, 'x')}}).status, 204);
}

TEST_F(AuthEndpointTest, TheLogTellsOfALimitOnceAMinute) {
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "connect.sid=junk; ";
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) ask({{"HTTP_COOKIE", nine}});
  clock_.advance(std::chrono::minutes(1));
  for (int i = 0; i < 5; ++i) ask({{"HTTP_COOKIE", std::string(kMaxCookieHeaderBytes + 1, 'x')}});
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log;
  EXPECT_NE(log.find("more cookies of the session's name than are looked at"), std::string::npos);
  EXPECT_NE(log.find("limit=16384"), std::string::npos);
}

TEST_F(AuthEndpointTest, TheClearedCookieFollowsTheScheme) {
  const std::string dead = "connect.sid=" + cookieOf("gone");
  const auto cleared = [&](const std::string& scheme) {
    return ask({{"HTTP_COOKIE", dead + "; " + dead}, {"SESSIOND_SCHEME", scheme}}).headers.lines();
  };
  EXPECT_NE(cleared("https").find("Set-Cookie: connect.sid=; "), std::string::npos);
  EXPECT_NE(cleared("https").find("; Secure"), std::string::npos);
  EXPECT_NE(cleared("http").find("Set-Cookie: connect.sid=; "), std::string::npos);
  EXPECT_EQ(cleared("http").find("; Secure"), std::string::npos);
}

TEST_F(AuthEndpointTest, BesideACorruptSessionNoCookieIsCleared) {
  store("corrupt", "{");
  const std::string dead = "connect.sid=" + cookieOf("gone");
  const std::string damaged = "connect.sid=" + cookieOf("corrupt");
  for (const std::string& cookies : {dead + "; " + damaged, damaged + "; " + dead}) {
    const Response response = ask({{"HTTP_COOKIE", cookies}});
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos) << response.headers.lines();
  }
}

TEST_F(AuthEndpointTest, ACookieThatEndsWithTheBrowserIsNotRolled) {
  settings_.cookie.rolling = true;
  store("s1", kAda);
  EXPECT_EQ(askWith("s1").headers.lines().find("Set-Cookie"), std::string::npos);
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

TEST_F(AuthEndpointTest, TheFirstCookieThatVerifiesAndExistsWins) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  const Response response = ask({{"HTTP_COOKIE", "a=b; connect.sid=junk; connect.sid=" + cookieOf("gone")},
                                 {"HTTP_COOKIE", "connect.sid=" + cookieOf("s2") + "; connect.sid=" + cookieOf("s1")}});
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 8\r\n"), std::string::npos);
  EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos);
}

TEST_F(AuthEndpointTest, ClearsSeveralDeadCookiesButNotASingleOne) {
  EXPECT_EQ(askWith("gone").headers.lines().find("Set-Cookie"), std::string::npos);
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=junk; connect.sid=" + cookieOf("gone")}});
  EXPECT_EQ(response.status, 401);
  EXPECT_NE(response.headers.lines().find("Set-Cookie: connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"),
            std::string::npos);
}

TEST_F(AuthEndpointTest, SignsACookieAnewThatAnOlderSecretVerified) {
  store("s1", kAda);
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  const std::string old_cookie = older.sign(*SessionId::fromBytes("s1"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + old_cookie}});
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(response.headers.lines().find("Set-Cookie: connect.sid=" + cookieOf("s1") + "; Path=/; HttpOnly\r\n"),
            std::string::npos);
  EXPECT_EQ(metrics_.counter("sessiond_secret_hits_total", "", {{"secret", "1"}}).read(), 1U);
  EXPECT_EQ(source_.cookies_of_newest_secret, std::vector<std::string>{""});
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
    store(id, std::string(R"({"cookie":{"originalMaxAge":)") + lifetime + R"(},"user":{"id":"7"}})");
    const auto touches = [&] { return askWith(id).headers.lines().find("Set-Cookie") != std::string::npos; };
    EXPECT_TRUE(touches());
    EXPECT_FALSE(touches());
    throttle_.forget(id);
    clock_.advance(half - milliseconds(1));
    EXPECT_FALSE(touches()) << "it was asked before its time";
    clock_.advance(milliseconds(1));
    EXPECT_TRUE(touches()) << id;
  }
}

TEST_F(AuthEndpointTest, WalksEightCookiesAndNoMore) {
  store("s1", kAda);
  std::string cookies;
  for (int i = 0; i < 7; ++i) cookies += "connect.sid=" + cookieOf("gone" + std::to_string(i)) + "; ";
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies + "connect.sid=" + cookieOf("s1")}}).status, 204);
  EXPECT_EQ(ask({{"HTTP_COOKIE", cookies + "connect.sid=junk; connect.sid=" + cookieOf("s1")}}).status, 401);
}

TEST_F(AuthEndpointTest, DoesNotTouchWhereTheLocationSaysSo) {
  settings_.cookie.rolling = true;
  store("s1", R"({"cookie":{"originalMaxAge":3600000},"user":{"id":"7"}})");
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1")}, {"SESSIOND_TOUCH", "off"}});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.headers.lines().find("Set-Cookie"), std::string::npos);
  EXPECT_TRUE(throttle_.due("s1", hours(1), clock_.steadyNow()));
}

TEST_F(AuthEndpointTest, AnswersFromMemoryOnTheLane) {
  store("s1", kAda);
  source_.peeked[cookieOf("s1")] = found("s1", kAda);
  EXPECT_EQ(askWith("s1").status, 204);
  EXPECT_EQ(route_, Route::kAnswered);
  source_.peeked[cookieOf("s1")] = {.presence = Presence::kRevoked};
  EXPECT_EQ(askWith("s1").status, 401);
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_TRUE(source_.batches.empty());
}

TEST_F(AuthEndpointTest, ADamagedSessionInMemoryDoesNotHideALaterCookie) {
  store("s1", kAda);
  for (const char* damaged : {"[]", "null"}) {
    source_.peeked[cookieOf("bad")] = found("bad", damaged);
    const Response response =
        ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("bad") + "; connect.sid=" + cookieOf("s1")}});
    EXPECT_EQ(response.status, 204) << damaged;
  }
}

TEST_F(AuthEndpointTest, ASessionInMemoryDoesNotOvertakeAnEarlierCookieThatMustBeLoaded) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  source_.peeked[cookieOf("s2")] = found("s2", R"({"cookie":{},"user":{"id":"8"}})");
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1") + "; connect.sid=" + cookieOf("s2")}});
  EXPECT_EQ(route_, Route::kLoad);
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
  Exchange* const batch[] = {&exchanges[0], &exchanges[1]};
  endpoint().load(batch);
  for (Exchange& exchange : exchanges) endpoint().conclude(exchange);
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
  AuthEndpoint endpoint(settings_,
                        AuthParts{signer_, *extractor_, source_, throttle_, touches_, clock_, metrics_, &refusals});
  testing::internal::CaptureStderr();
  const auto check = [&](const std::string& cookie, const std::string& policy) {
    const Param params[] = {{"HTTP_COOKIE", cookie}, {"SESSIOND_POLICY", policy}};
    Exchange exchange;
    exchange.request.params = params;
    if (endpoint.receive(exchange) != Route::kLoad) return;
    Exchange* const batch[] = {&exchange};
    endpoint.load(batch);
    endpoint.conclude(exchange);
  };
  check("connect.sid=" + cookieOf("s1"), "admin");
  check("connect.sid=" + cookieOf("gone"), "");
  check("", "nope");
  check("connect.sid=" + cookieOf("s1"), "default");
  check("", "open");
  setUpLog(LogOptions{});
  const std::string text = testing::internal::GetCapturedStderr();
  const auto line = [&](const std::string& rest) {
    return text.find("auth: refused " + rest + "\n") != std::string::npos;
  };
  EXPECT_TRUE(line("status=forbidden policy=admin location_policy=admin session=" + pseudonym(key, "s1"))) << text;
  EXPECT_TRUE(line("status=unknown policy=default location_policy=\"\" session=" + pseudonym(key, "gone"))) << text;
  EXPECT_TRUE(line("status=misconfigured policy=\"\" location_policy=nope session=\"\"")) << text;
  EXPECT_EQ(text.find("status=valid"), std::string::npos);
  EXPECT_EQ(text.find("status=missing"), std::string::npos) << "nobody was admitted";
}

/// Three checks of a batch, of which one has two cookies.
class BegunCheckTest : public AuthEndpointTest {
 protected:
  BegunCheckTest() {
    store("s1", kAda);
    store("s2", R"({"cookie":{},"user":{"id":"8"}})");
    source_.sessions["revoked"] = {.presence = Presence::kRevoked};
    cookies_ = {"connect.sid=" + cookieOf("s1"), "connect.sid=" + cookieOf("gone") + "; connect.sid=" + cookieOf("s2"),
                "connect.sid=" + cookieOf("revoked")};
  }

  void receive() {
    for (std::size_t i = 0; i < kChecks; ++i) {
      params_[i] = {{"HTTP_COOKIE", cookies_[i]}};
      exchanges_[i] = Exchange{};
      exchanges_[i].request.params = params_[i];
      ASSERT_EQ(endpoint().receive(exchanges_[i]), Route::kLoad);
    }
  }
  std::vector<std::string> conclude() {
    std::vector<std::string> answers;
    for (Exchange& exchange : exchanges_) {
      endpoint().conclude(exchange);
      answers.push_back(std::to_string(exchange.response.status) + " " +
                        std::string(exchange.response.headers.lines()));
    }
    return answers;
  }
  std::vector<std::string> concludeAfterLoad() {
    receive();
    endpoint().load(batch_);
    return conclude();
  }
  std::uint64_t secretHits() { return metrics_.counter("sessiond_secret_hits_total", "", {{"secret", "0"}}).read(); }

  static constexpr std::size_t kChecks = 3;
  std::array<std::string, kChecks> cookies_;
  std::array<std::vector<Param>, kChecks> params_;
  std::array<Exchange, kChecks> exchanges_;
  const std::array<Exchange*, kChecks> batch_ = {&exchanges_[0], &exchanges_[1], &exchanges_[2]};
};

TEST_F(BegunCheckTest, AnswersWhatACheckWithALoadAnswers) {
  const std::vector<std::string> expected = concludeAfterLoad();
  EXPECT_EQ(expected[0].substr(0, 3), "204");
  EXPECT_EQ(expected[1].substr(0, 3), "204");
  EXPECT_EQ(expected[2].substr(0, 3), "401");
  source_.begins = true;
  receive();
  {
    const auto pending = endpoint().beginLoad(batch_);
    ASSERT_TRUE(pending);
    EXPECT_EQ(pending->fd(), 42);
    EXPECT_EQ(pending->deadline(), SteadyTime(seconds(42)));
    EXPECT_EQ(pending->advance(), Pending::State::kWaiting);
    EXPECT_EQ(pending->advance(), Pending::State::kDone);
  }
  EXPECT_EQ(conclude(), expected);
  EXPECT_EQ(source_.batches, (std::vector<std::size_t>{4, 4}));
}

TEST_F(BegunCheckTest, IsNotBegunWhereTheSourceDoesNot) {
  receive();
  EXPECT_FALSE(endpoint().beginLoad(batch_));
}

TEST_F(BegunCheckTest, IsLoadedAfterItFailedAsIfItHadNotBeenBegun) {
  const std::vector<std::string> expected = concludeAfterLoad();
  const std::uint64_t hits = secretHits();
  source_.begins = true;
  source_.fails = true;
  receive();
  {
    const auto pending = endpoint().beginLoad(batch_);
    ASSERT_TRUE(pending);
    pending->advance();
    EXPECT_EQ(pending->advance(), Pending::State::kFailed);
  }
  source_.sessions.erase("s1");  // what a failed load has seen does not count
  endpoint().load(batch_);
  const std::vector<std::string> answers = conclude();
  EXPECT_EQ(answers[0].substr(0, 3), "401");
  EXPECT_EQ(answers[1], expected[1]);
  EXPECT_EQ(answers[2], expected[2]);
  EXPECT_EQ(secretHits(), 2 * hits);
}

TEST_F(BegunCheckTest, AnswersThatTheStoreCannotSayWhenItIsConcludedAfterAFailure) {
  source_.begins = true;
  source_.fails = true;
  receive();
  {
    const auto pending = endpoint().beginLoad(batch_);
    ASSERT_TRUE(pending);
    pending->advance();
    EXPECT_EQ(pending->advance(), Pending::State::kFailed);
  }
  for (const std::string& answer : conclude()) EXPECT_EQ(answer.substr(0, 3), "503");
}

TEST_F(BegunCheckTest, IsLoadedAfterItWasGivenUp) {
  const std::vector<std::string> expected = concludeAfterLoad();
  source_.begins = true;
  receive();
  EXPECT_EQ(endpoint().beginLoad(batch_)->advance(), Pending::State::kWaiting);
  endpoint().load(batch_);
  EXPECT_EQ(conclude(), expected);
}

}  // namespace
}  // namespace sessiond
