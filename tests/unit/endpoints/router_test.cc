#include "endpoints/router.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/log.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.addQuick("health", [](const Request&) { return Response(200); });
    router_.addPassword(
        "login",
        [](const Request& request) {
          Response response(303);
          response.add("Location", request.paramOrEmpty("QUERY_STRING"));
          return response;
        },
        {},
        [](Exchange& exchange) {
          const std::string_view query = exchange.request.paramOrEmpty("QUERY_STRING");
          if (query == "refused") {
            exchange.response = Response(429);
            return Route::kAnswered;
          }
          return query == "returning" ? Route::kReturning : Route::kPassword;
        });
  }

  static std::vector<Secret> secrets() {
    std::vector<Secret> made;
    made.emplace_back(std::string("a secret for the router's tests"));
    return made;
  }

  Route receive(std::span<const Param> params) {
    exchange_.request = {.role = Role::kResponder, .params = params, .body = {}};
    return router_.receive(exchange_);
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  CookieSigner signer_{secrets()};
  const SiteSettings settings_;
  FactsExtractor extractor_{settings_.extractionRules()};
  CacheTrust trust_{std::chrono::seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  FactsReader reader_{extractor_,
                      TombstoneLifetime{},
                      revoked_,
                      epoch_,
                      log_names_,
                      metrics_,
                      [](const SessionId&, std::chrono::seconds) {}};
  TouchThrottle throttle_{std::chrono::seconds(60)};
  LateTouches late_touches_;
  LoaderMetrics loader_metrics_{metrics_};
  AuthEndpoint auth_{settings_,
                     {.signer = signer_,
                      .extractor = extractor_,
                      .loader = {.cache = cache_,
                                 .reader = reader_,
                                 .throttle = throttle_,
                                 .late = late_touches_,
                                 .metrics = loader_metrics_,
                                 .clock = clock_,
                                 .budget = {}},
                      .make_lane_store = {},
                      .metrics = metrics_}};
  Router router_{auth_, clock_};
  Exchange exchange_;
};

TEST_F(RouterTest, AnswersQuickEndpointsOnTheLane) {
  const Param params[] = {{"SESSIOND_ENDPOINT", "health"}};
  EXPECT_EQ(receive(params), Route::kAnswered);
  EXPECT_EQ(exchange_.response.status, 200);
}

TEST_F(RouterTest, GivesSlowEndpointsToAWorker) {
  const Param params[] = {{"QUERY_STRING", "/there"}, {"SESSIOND_ENDPOINT", "login"}};
  ASSERT_EQ(receive(params), Route::kWork);
  router_.work(exchange_);
  EXPECT_EQ(exchange_.response.status, 303);
  EXPECT_EQ(exchange_.response.headers.lines(), "Location: /there\r\n");
}

TEST_F(RouterTest, GivesWhatBringsAPasswordToAWorkerForPasswords) {
  const Param posted[] = {{"SESSIOND_ENDPOINT", "login"}, {"REQUEST_METHOD", "POST"}};
  EXPECT_EQ(receive(posted), Route::kPassword);
  router_.work(exchange_);
  EXPECT_EQ(exchange_.response.status, 303);
  const Param again[] = {{"SESSIOND_ENDPOINT", "login"}, {"REQUEST_METHOD", "POST"}, {"QUERY_STRING", "returning"}};
  EXPECT_EQ(receive(again), Route::kReturning);
  const Param refused[] = {{"SESSIOND_ENDPOINT", "login"}, {"REQUEST_METHOD", "POST"}, {"QUERY_STRING", "refused"}};
  EXPECT_EQ(receive(refused), Route::kAnswered);
  EXPECT_EQ(exchange_.response.status, 429);
  const Param shown[] = {{"SESSIOND_ENDPOINT", "login"}, {"REQUEST_METHOD", "GET"}};
  EXPECT_EQ(receive(shown), Route::kWork);
}

TEST_F(RouterTest, TurnsAwayInTheEndpointsOwnWordsIfItHasAny) {
  router_.addSlow(
      "logout", [](const Request&) { return Response(303); },
      [](const Request& request) {
        Response response(503);
        response.body = request.paramOrEmpty("QUERY_STRING");
        return response;
      });
  const std::vector<Param> logout = {{"SESSIOND_ENDPOINT", "logout"}, {"QUERY_STRING", "x"}};
  EXPECT_EQ(receive(logout), Route::kWork);
  router_.turnAway(exchange_);
  EXPECT_EQ(exchange_.response.body, "x");
  const std::vector<Param> login = {{"SESSIOND_ENDPOINT", "login"}};
  receive(login);
  exchange_.response = Response(503);
  router_.turnAway(exchange_);
  EXPECT_EQ(exchange_.response.status, 503);
}

TEST_F(RouterTest, WhatIsSaidOfWhoIsTurnedAwayNamesTheRequest) {
  router_.addSlow(
      "logout", [](const Request&) { return Response(303); },
      [](const Request&) {
        audit("logout", {});
        return Response(503);
      });
  const std::vector<Param> logout = {{"SESSIOND_ENDPOINT", "logout"}, {"SESSIOND_REQUEST_ID", "0a1b"}};
  receive(logout);
  testing::internal::CaptureStderr();
  router_.turnAway(exchange_);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("audit logout request_id=0a1b\n"), std::string::npos) << log;
}

TEST_F(RouterTest, AFloodForNoKnownEndpointIsALineInTheLogAndThenOneWithHowMany) {
  const std::vector<Param> unknown = {{"SESSIOND_ENDPOINT", "nobody"}};
  for (const std::vector<Param>& params : {std::vector<Param>(), unknown}) {
    testing::internal::CaptureStderr();
    for (int i = 0; i < 5000; ++i) receive(params);
    clock_.advance(LogSummary::kInterval);
    receive(params);
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 2) << log.substr(0, 1000);
    EXPECT_NE(log.find(" count=5000\n"), std::string::npos) << log.substr(0, 1000);
  }
}

/// What goes to a worker costs the lane nothing, and a logout is not to wait for others' refusals.
TEST_F(RouterTest, WhatTheLaneAnswersGivesWayUnlessItIsACheck) {
  router_.addSlow("logout", [](const Request&) { return Response(204); });
  const auto givesWay = [this](std::string_view name, std::string_view value, std::string_view method) {
    const Param params[] = {{"QUERY_STRING", "auth"}, {name, value}, {"REQUEST_METHOD", method}};
    return router_.givesWay({.role = Role::kResponder, .params = params, .body = {}});
  };
  EXPECT_FALSE(givesWay("SESSIOND_ENDPOINT", "auth", "GET"));
  EXPECT_FALSE(givesWay("SESSIOND_ENDPOINT", "logout", "POST"));
  EXPECT_FALSE(givesWay("SESSIOND_ENDPOINT", "login", "GET"));
  EXPECT_TRUE(givesWay("SESSIOND_ENDPOINT", "login", "POST"));
  EXPECT_TRUE(givesWay("SESSIOND_ENDPOINT", "health", "GET"));
  EXPECT_TRUE(givesWay("SESSIOND_ENDPOINT", "nobody", "GET"));
  EXPECT_TRUE(givesWay("HTTP_SESSIOND_ENDPOINT", "auth", "GET"));
}

TEST_F(RouterTest, GivesChecksToAuth) {
  const Param params[] = {{"SESSIOND_ENDPOINT", "auth"}};
  EXPECT_EQ(receive(params), Route::kAnswered);
  EXPECT_EQ(exchange_.response.status, 401);
}

TEST_F(RouterTest, ARequestForNoKnownEndpointIsAnErrorAndNeverA2xx) {
  EXPECT_EQ(receive({}), Route::kAnswered);
  EXPECT_EQ(exchange_.response.status, 500);
  for (const char* name : {"", "Auth", "auth ", "sessions", "HTTP_X"}) {
    const Param params[] = {{"SESSIOND_ENDPOINT", name}};
    EXPECT_EQ(receive(params), Route::kAnswered) << name;
    EXPECT_EQ(exchange_.response.status, 500) << name;
  }
}

TEST_F(RouterTest, TheWordsForNoKnownEndpointAreKeptByNoCacheAndTakenForNothingElse) {
  receive({});
  EXPECT_EQ(
      exchange_.response.headers.lines(),
      "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  EXPECT_EQ(exchange_.response.body,
            "sessiond: the web server's configuration names no endpoint that is served here\n");
}

TEST_F(RouterTest, AHeaderOfTheClientNamesNoEndpoint) {
  const Param params[] = {{"HTTP_SESSIOND_ENDPOINT", "health"}};
  receive(params);
  EXPECT_EQ(exchange_.response.status, 500);
}

}  // namespace
}  // namespace sessiond
