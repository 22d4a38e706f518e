#include "endpoints/auth/auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
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

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What stands in the store for an id.
struct FakeStored {
  Presence presence = Presence::kUnknown;
  std::string json = {};
};

/// Sessions by id; what is not here is unknown. Answers at once.
class FakeLaneStore final : public LaneStore {
 public:
  struct Contents {
    std::map<std::string, FakeStored> sessions;
    std::vector<std::size_t> batches;
    std::vector<std::pair<std::string, seconds>> touches;
    std::function<void()> before_touch;
    std::vector<TouchOutcome> outcomes;  ///< of the next touches; behind them: touched
  };

  explicit FakeLaneStore(Contents& contents) : contents_(contents) {}

  void send(StoreBatch& batch, SteadyTime, Client& client) override {
    if (!batch.loads.empty()) contents_.batches.push_back(batch.loads.size());
    for (SessionLoad& load : batch.loads) {
      const FakeStored& stored = contents_.sessions[load.id->bytes()];
      if (stored.presence == Presence::kUnavailable) continue;
      load.result = StoredSession{.revoked = stored.presence == Presence::kRevoked};
      if (stored.presence == Presence::kPresent) load.result->json = stored.json;
      if (load.wants_ttl) load.result->ttl = hours(1);
    }
    for (KeyTouch& touch : batch.touches) {
      if (contents_.before_touch) contents_.before_touch();
      contents_.touches.emplace_back(touch.id->bytes(), touch.ttl);
      touch.result = TouchOutcome::kTouched;
      if (contents_.outcomes.empty()) continue;
      touch.result = contents_.outcomes.front();
      contents_.outcomes.erase(contents_.outcomes.begin());
    }
    client.answered(batch);
  }

 private:
  Contents& contents_;
};

class NoLoop final : public EventLoop {
 public:
  bool watch(int, Interest, Waiter&) override { return true; }
  void unwatch(int, Waiter&) override {}
  void callAt(SteadyTime, Waiter&) override {}
  void forget(Waiter&) override {}
};

std::vector<Secret> secretsOf(const std::vector<std::string>& texts) {
  std::vector<Secret> secrets;
  for (const std::string& text : texts) secrets.emplace_back(std::string(text));
  return secrets;
}

class AuthEndpointTest : public testing::Test, public Loader::Lane {
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
      endpoint_.emplace(settings_, parts());
    }
    return *endpoint_;
  }

  AuthParts parts() {
    reader_.emplace(*extractor_, TombstoneLifetime{}, revoked_, epoch_, log_names_, metrics_,
                    [](const SessionId&, seconds) {});
    return {.signer = signer_,
            .extractor = *extractor_,
            .cache = cache_,
            .reader = *reader_,
            .throttle = throttle_,
            .late_touches = late_touches_,
            .loader_metrics = loader_metrics_,
            .make_lane_store = [this](EventLoop&) { return std::make_unique<FakeLaneStore>(source_); },
            .budget = milliseconds(750),
            .clock = clock_,
            .metrics = metrics_,
            .refusals = refusals_};
  }
  Loader& loader() {
    if (!loader_) loader_ = endpoint().makeLoader(loop_, *this);
    return *loader_;
  }

  void concluded(Exchange&) override { ++concluded_; }
  void failed(Exchange&) override { FAIL() << "an exception"; }

  void store(const std::string& id, const std::string& json) {
    source_.sessions[id] = {.presence = Presence::kPresent, .json = json};
  }
  /// Keeps it in memory as if it had been loaded, to be found by its cookie or by its id alone.
  void remember(const std::string& id, const FoundSession& found, bool by_cookie = true) {
    trust_.prove(trust_.epoch() == 0 ? trust_.beginEpoch() : trust_.epoch(), clock_.steadyNow());
    const SessionId session_id = *SessionId::fromBytes(id);
    const auto note = cache_.note(session_id, clock_.steadyNow());
    cache_.keep(session_id, note, found, by_cookie ? cookieOf(id) : "", true, clock_.steadyNow());
  }
  FoundSession found(const std::string& id, const std::string& json, bool by_cookie = true) {
    endpoint();
    return {.presence = Presence::kPresent,
            .session =
                KnownSession::make(*SessionId::fromBytes(id), extractor_->extract(json), by_cookie ? cookieOf(id) : ""),
            .ends = clock_.steadyNow() + hours(1)};
  }

  std::string cookieOf(const std::string& id) { return signer_.sign(*SessionId::fromBytes(id)); }

  Response ask(std::vector<std::pair<std::string, std::string>> params, Role role = Role::kResponder) {
    std::vector<Param> views;
    for (const auto& [name, value] : params) views.push_back({name, value});
    Exchange exchange;
    exchange.request = {.role = role, .params = views, .body = {}};
    route_ = endpoint().receive(exchange);
    if (route_ == Route::kLoad) {
      const int before = concluded_;
      loader().load(exchange);
      loader().flush();
      EXPECT_EQ(concluded_, before + 1);
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
  FakeLaneStore::Contents source_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  std::optional<FactsReader> reader_;
  TouchThrottle throttle_{seconds(60)};
  LateTouches late_touches_;
  LoaderMetrics loader_metrics_{metrics_};
  NoLoop loop_;
  SiteSettings settings_;
  std::optional<FactsExtractor> extractor_;
  std::optional<AuthEndpoint> endpoint_;
  std::unique_ptr<Loader> loader_;
  int concluded_ = 0;
  Route route_ = Route::kWork;
  RefusalLog* refusals_ = nullptr;
};

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
  EXPECT_TRUE(throttle_.ask("s1", hours(1), clock_.steadyNow()).due) << "the session's life was extended";
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
  EXPECT_FALSE(cache_.find(old_cookie, clock_.steadyNow())) << "the next one has to be renewed as well";
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
  EXPECT_TRUE(throttle_.ask("s1", hours(1), clock_.steadyNow()).due);
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
  remember("s1", {.presence = Presence::kRevoked});
  EXPECT_EQ(askWith("s1").status, 401);
  EXPECT_EQ(route_, Route::kAnswered);
  EXPECT_TRUE(source_.batches.empty());
}

TEST_F(AuthEndpointTest, ADamagedSessionInMemoryDoesNotHideALaterCookie) {
  store("s1", kAda);
  for (const char* damaged : {"[]", "null"}) {
    remember("bad", found("bad", damaged));
    const Response response =
        ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("bad") + "; connect.sid=" + cookieOf("s1")}});
    EXPECT_EQ(response.status, 204) << damaged;
  }
}

TEST_F(AuthEndpointTest, ASessionInMemoryDoesNotOvertakeAnEarlierCookieThatMustBeLoaded) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  remember("s2", found("s2", R"({"cookie":{},"user":{"id":"8"}})"));
  const Response response = ask({{"HTTP_COOKIE", "connect.sid=" + cookieOf("s1") + "; connect.sid=" + cookieOf("s2")}});
  EXPECT_EQ(route_, Route::kLoad);
  EXPECT_NE(response.headers.lines().find("X-User-Id: 7\r\n"), std::string::npos);
}

TEST_F(AuthEndpointTest, NorDoesOneThatAnOlderSecretSigned) {
  store("s1", kAda);
  store("s2", R"({"cookie":{},"user":{"id":"8"}})");
  remember("s2", found("s2", R"({"cookie":{},"user":{"id":"8"}})"));
  const CookieSigner older(std::span<const Secret>(secrets_).subspan(1));
  const std::string later = older.sign(*SessionId::fromBytes("s2"));
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
