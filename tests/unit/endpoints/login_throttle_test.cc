// Logging in where passwords have been wrong: who has to wait, who is told, and what the log says.

#include <gtest/gtest.h>

#include "unit/endpoints/login_fixture.h"

namespace sessiond {
namespace {

TEST_F(LoginTest, AfterFiveWrongPasswordsAStrangerHasToWaitEvenWithTheRightOne) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(postForm("user=ada&password=x").status, 401);
  const int calls = authenticator_.calls;
  const Response page = postForm(kGoodForm + "&rd=/a");
  EXPECT_EQ(page.status, 429);
  EXPECT_EQ(header(page, "Retry-After"), "30");
  EXPECT_THAT(page.body, HasSubstr("There were too many wrong tries for this name or from this network. Please wait "
                                   "<bdi>1</bdi> min, then try again."));
  EXPECT_THAT(page.body, HasSubstr("href=\"/login?rd=%2Fa\""));
  const Response json = postJson(kGoodJson);
  EXPECT_EQ(json.status, 429);
  EXPECT_EQ(header(json, "Retry-After"), "30");
  EXPECT_EQ(json.body, "{\"error\":\"too_many_tries\"}\n");
  EXPECT_EQ(authenticator_.calls, calls) << "no password is looked at";
  EXPECT_EQ(count("sessiond_logins_total", "throttled"), 2U);
  clock_.advance(seconds(30));
  EXPECT_EQ(postJson(kGoodJson).status, 200);
}

TEST_F(LoginTest, AnUnknownNameIsThrottledInTheSameWords) {
  const std::string known = R"({"user":"ada","password":"x"})";
  const std::string unknown = R"({"user":"bob","password":"x"})";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(postJson(known).body, postJson(unknown).body);
  const Response one = postJson(known);
  const Response other = postJson(unknown);
  EXPECT_EQ(one.status, 429);
  EXPECT_EQ(one.body, other.body);
  EXPECT_EQ(one.headers.lines(), other.headers.lines());
}

TEST_F(LoginTest, AllSpellingsOfANameShareOneBudget) {
  settings_.login.case_insensitive = true;
  build();
  const auto attempt = [this](const std::string& spelling) {
    return postJson(R"({"user":")" + spelling + R"(","password":"x"})").status;
  };
  for (const char* spelling : {"ada", " ada", "ADA ", "Ada\\u00a0", "\\u200bada"})
    EXPECT_EQ(attempt(spelling), 401) << spelling;
  EXPECT_EQ(postJson(kGoodJson).status, 429);
  for (const char* spelling : {"ren\u00e9", "rene\u0301", "REN\u00c9", "Rene\u0301\u200e", "\u3000ren\u00e9"})
    EXPECT_EQ(attempt(spelling), 401) << spelling;
  EXPECT_EQ(attempt("RENE\u0301"), 429);
  clock_.advance(hours(1));
  EXPECT_EQ(postJson(R"({"user":"ADA","password":"a&b c"})").status, 200);
}

TEST_F(LoginTest, ADeviceThatLoggedInBeforeIsNotLockedOutByStrangers) {
  const Params elsewhere = {{"SESSIOND_ADDR", "198.51.100.9"}};
  const Response first = postJson(kGoodJson, elsewhere);
  ASSERT_EQ(setCookies(first).size(), 2U);
  const std::string device = setCookies(first)[1];
  EXPECT_THAT(device, MatchesRegex("__Host-sd_device=[A-Za-z0-9_-]{75}; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT; "
                                   "HttpOnly; Secure; SameSite=Lax"));
  for (int i = 0; i < 50; ++i) postJson(R"({"user":"ada","password":"x"})", {{"SESSIOND_ADDR", "203.0.113.9"}});
  const Params travelling = {{"SESSIOND_ADDR", "203.0.113.10"}};
  EXPECT_EQ(postJson(kGoodJson, travelling).status, 429);
  const Params known = {{"SESSIOND_ADDR", "203.0.113.10"}, {"HTTP_COOKIE", device.substr(0, device.find(';'))}};
  EXPECT_EQ(postJson(kGoodJson, known).status, 200);
  EXPECT_EQ(postJson(kGoodJson, elsewhere).status, 200) << "and neither is the place";
  EXPECT_EQ(postJson(R"({"user":"bob","password":"x"})", known).status, 401) << "of no use for another user";
}

TEST_F(LoginTest, ManyPlantedDeviceCookiesDoNotHideTheGenuineOne) {
  const Params first = {{"SESSIOND_ADDR", "198.51.100.9"}, {"SESSIOND_SCHEME", "http"}};
  const std::string device = setCookies(postJson(kGoodJson, first)).at(1);
  for (int i = 0; i < 6; ++i) postJson(R"({"user":"ada","password":"x"})");
  std::string cookies;
  for (int i = 0; i < 30; ++i) cookies += "sd_device=" + std::string(75, static_cast<char>('a' + i % 26)) + "; ";
  Params params = {{"SESSIOND_SCHEME", "http"}, {"HTTP_COOKIE", cookies}};
  EXPECT_EQ(postJson(kGoodJson, params).status, 429);
  params[1].second += device.substr(0, device.find(';'));
  EXPECT_EQ(postJson(kGoodJson, params).status, 200);
}

TEST_F(LoginTest, NobodyButTheWebServerSaysWhereATryComesFrom) {
  settings_.login.throttle.place_failures = 3;
  build();
  const auto attempt = [this](int i, const std::string& address) {
    const std::string body = R"({"user":"user)" + std::to_string(i) + R"(","password":"x"})";
    return postJson(body, {{"SESSIOND_ADDR", address},
                           {"HTTP_X_FORWARDED_FOR", "203.0.113." + std::to_string(i)},
                           {"HTTP_FORWARDED", "for=203.0.113." + std::to_string(i)}})
        .status;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(attempt(i, "2001:db8:0:1::" + std::to_string(i)), 401);
  EXPECT_EQ(attempt(3, "2001:db8:0:1:ffff::1"), 429) << "the same /64";
  EXPECT_EQ(attempt(4, "2001:db8:0:2::1"), 401) << "another one";
  for (int i = 5; i < 8; ++i) EXPECT_EQ(attempt(i, "192.0.2." + std::to_string(i)), 401);
  EXPECT_EQ(attempt(8, "::ffff:192.0.2.200"), 429) << "one network, however it is written";
}

TEST_F(LoginTest, OverHttpTheDeviceCookieHasAnotherName) {
  EXPECT_THAT(setCookies(postJson(kGoodJson, {{"SESSIOND_SCHEME", "http"}})).at(1),
              MatchesRegex("sd_device=[A-Za-z0-9_-]{75}; Path=/; Expires=[^;]*; HttpOnly; SameSite=Lax"));
}

TEST_F(LoginTest, TellsAfterTheLoginOfThreeWrongPasswordsAndMore) {
  for (int i = 0; i < 2; ++i) postJson(R"({"user":"ada","password":"x"})");
  EXPECT_THAT(postJson(kGoodJson).body, Not(HasSubstr("failed_attempts")));
  for (int i = 0; i < 3; ++i) postJson(R"({"user":"ada","password":"x"})");
  EXPECT_THAT(postJson(kGoodJson).body,
              HasSubstr(R"(,"redirect":"/start","failed_attempts":{"count":3,"last":1767225600000}})"));
}

TEST_F(LoginTest, AFormLeadsOverAPageThatTellsOfThreeWrongPasswordsAndMore) {
  for (int i = 0; i < 2; ++i) postForm("user=ada&password=x");
  EXPECT_EQ(header(postForm(kGoodForm + "&rd=/a"), "Location"), "/a");
  for (int i = 0; i < 3; ++i) postForm("user=ada&password=x");
  clock_.advance(minutes(1));
  const Response login = postForm(kGoodForm + "&rd=/a");
  EXPECT_EQ(login.status, 303);
  EXPECT_EQ(header(login, "Location"), "/login?rd=%2Fa");
  std::string cookies;
  for (const std::string& cookie : setCookies(login)) cookies += cookie.substr(0, cookie.find(';')) + "; ";
  EXPECT_THAT(cookies, HasSubstr("; __Host-sessiond_tries=3.1767225600000; "));
  const Response page = get({{"HTTP_COOKIE", cookies}, {"QUERY_STRING", "rd=%2Fa"}});
  EXPECT_THAT(page.body,
              HasSubstr("Wrong passwords for your name since your last login: <bdi>3</bdi>. The last one: "
                        "<bdi><time datetime=\"2026-01-01T00:00Z\">1 January 2026, 00:00 UTC</time></bdi>."));
  EXPECT_THAT(page.body, HasSubstr("href=\"/a\""));
  EXPECT_THAT(setCookies(page),
              testing::Contains(StartsWith("__Host-sessiond_tries=; Path=/; Expires=Thu, 01 Jan 1970")));
}

TEST_F(LoginTest, ANoteOfWrongPasswordsThatNobodyWroteIsNotShown) {
  const std::string session = cookieFor("mine");
  store_.put(idOf("mine"), R"({"cookie":{},"user":{"id":"42","name":"ada"}})", hours(1));
  const auto page = [&](const std::string& note) {
    return get({{"HTTP_COOKIE", session + "; __Host-sessiond_tries=" + note}}).body;
  };
  EXPECT_THAT(page("4.1767225600000"), HasSubstr("Wrong passwords"));
  for (const char* note : {"", "4", "4.", ".5", "-1.5", "4.-5", "<b>.5", "4.4102444800001", "99999999999999999999.5"})
    EXPECT_THAT(page(note), Not(HasSubstr("Wrong passwords"))) << note;
}

TEST_F(LoginTest, WhereTriesCannotBeCountedNoPasswordIsLookedAt) {
  attempts_.failAfter(1);
  const Response response = postJson(kGoodJson);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "5");
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, ATryThatNobodyDecidedCostsNothing) {
  authenticator_.failure = AuthenticationFailure::kUnavailable;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(postJson(kGoodJson).status, 503);
  authenticator_.failure.reset();
  store_.failWith(StoreError::kUnavailable);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(postJson(kGoodJson).status, 503);
  store_.failWith(std::nullopt);
  EXPECT_EQ(postJson(kGoodJson).status, 200);
}

TEST_F(LoginTest, ATryWhosePasswordSomebodyMayHaveLookedAtIsSpentWhateverBecameOfIt) {
  authenticator_.failure = AuthenticationFailure::kNoVerdict;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(postJson(kGoodJson).status, 503);
  const int calls = authenticator_.calls;
  EXPECT_EQ(postJson(kGoodJson).status, 429);
  EXPECT_EQ(authenticator_.calls, calls);
  const Params device = {{"HTTP_COOKIE", "__Host-sd_device=" + devices_.issue("ada", "")}};
  for (int i = 0; i < 9; ++i) EXPECT_EQ(postJson(kGoodJson, device).status, 503) << "a device has tries of its own";
  authenticator_.failure.reset();
  const Response login = postJson(kGoodJson, device);
  EXPECT_EQ(login.status, 200);
  EXPECT_THAT(login.body, Not(HasSubstr("failed_attempts"))) << "nobody knows that they were wrong";
}

TEST_F(LoginTest, RefusalsThatCostNothingAreSummedUpInTheLog) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 8000; ++i) postJson(kGoodJson, {{"HTTP_ORIGIN", "null"}});
  const std::string first = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 1) << first.substr(0, 1000);
  EXPECT_THAT(first, HasSubstr("audit login_refused reason=cross_site"));
  EXPECT_EQ(count("sessiond_logins_total", "cross_site"), 8000U);
  clock_.advance(LogSummary::kInterval);
  testing::internal::CaptureStderr();
  postJson(kGoodJson, {{"HTTP_ORIGIN", "null"}});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(" count=8000"));
}

TEST_F(LoginTest, WrongPasswordsHaveALineEachWithTheAddressIfThatIsWanted) {
  audit_addresses_ = AuditAddresses::kFull;
  build();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) postJson(R"({"user":"ada","password":"x"})");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 3);
  EXPECT_THAT(log, HasSubstr("audit login_refused reason=wrong_password user=" + pseudonym(log_key_, "ada") +
                             " address=192.0.2.17"));
}

/// What the lane does with a POST: where it goes, and the answer when it goes nowhere.
struct LoginTriageTest : LoginTest {
  LoginTriageTest() { openPage(); }

  Route triage(const std::string& body, const Params& more = {}) {
    Params params = {{"REQUEST_METHOD", "POST"},
                     {"SESSIOND_SCHEME", "https"},
                     {"SESSIOND_HOST", "site.example"},
                     {"SESSIOND_ADDR", "192.0.2.17"},
                     {"CONTENT_TYPE", body.starts_with("{") ? "application/json" : "application/x-www-form-urlencoded"},
                     {"HTTP_COOKIE", csrf_cookie_}};
    for (const auto& [name, value] : more) {
      std::erase_if(params, [&name = name](const auto& param) { return param.first == name; });
      params.emplace_back(name, value);
    }
    const std::vector<Param> views = viewsOf(params);
    Exchange exchange;
    exchange.request.params = views;
    exchange.request.body = body;
    const Route route = endpoint_->triage(exchange);
    answer_ = std::move(exchange.response);
    return route;
  }
  std::string form() const { return kGoodForm + "&rd=/a&csrf=" + token_; }
  /// Until even the right password is refused.
  void guess() {
    for (int i = 0; i < 5; ++i) postJson(R"({"user":"ada","password":"x"})");
    ASSERT_EQ(postJson(kGoodJson).status, 429);
  }

  Response answer_;
};

TEST_F(LoginTriageTest, ADeviceThatReturnsIsKnownBeforeItWaits) {
  const auto with = [](const std::string& cookie) { return Params{{"HTTP_COOKIE", cookie}}; };
  const std::string adas = "__Host-sd_device=" + devices_.issue("ada", "");
  EXPECT_EQ(triage(kGoodJson, with(adas)), Route::kReturning);
  EXPECT_EQ(triage(R"({"user":" ada ","password":"wrong"})", with("__Host-sd_device=x; " + adas)), Route::kReturning);
  EXPECT_EQ(triage(R"({"user":"grace","password":"a&b c"})", with(adas)), Route::kPassword);
  EXPECT_EQ(triage(kGoodJson, with("")), Route::kPassword);
  EXPECT_EQ(triage(kGoodJson, with("__Host-sd_device=junk")), Route::kPassword);
  EXPECT_EQ(triage("{junk", with(adas)), Route::kPassword);
}

TEST_F(LoginTriageTest, SoIsWhoComesFromANetworkThatTheUserLoggedInFrom) {
  EXPECT_EQ(triage(kGoodJson), Route::kPassword) << "the first time it is a stranger's";
  ASSERT_EQ(postJson(kGoodJson).status, 200);
  EXPECT_EQ(triage(kGoodJson), Route::kReturning);
  EXPECT_EQ(triage(R"({"user":" ada ","password":"wrong"})"), Route::kReturning);
  EXPECT_EQ(triage(kGoodJson, {{"SESSIOND_ADDR", "192.0.2.200"}}), Route::kReturning) << "the same /24";
  EXPECT_EQ(triage(kGoodJson, {{"SESSIOND_ADDR", "198.51.100.9"}}), Route::kPassword);
  EXPECT_EQ(triage(R"({"user":"grace","password":"a&b c"})"), Route::kPassword);
  EXPECT_EQ(triage(kGoodForm + "&csrf=another"), Route::kPassword) << "its password is not looked at";
}

TEST_F(LoginTriageTest, ADeviceThatWasRefusedAMomentAgoHearsItAgainFromTheLane) {
  const Params device = {{"HTTP_COOKIE", "__Host-sd_device=" + devices_.issue("ada", "")}};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(postJson(R"({"user":"ada","password":"x"})", device).status, 401);
  EXPECT_EQ(triage(kGoodJson, device), Route::kReturning) << "it has not been refused yet";
  const Response worker = postJson(kGoodJson, device);
  EXPECT_EQ(worker.status, 429);
  EXPECT_EQ(triage(kGoodJson, device), Route::kAnswered);
  EXPECT_EQ(answer_.status, worker.status);
  EXPECT_EQ(answer_.headers.lines(), worker.headers.lines());
  EXPECT_EQ(answer_.body, worker.body);
  EXPECT_EQ(triage(form(), {{"HTTP_COOKIE", device.front().second + "; " + csrf_cookie_}}), Route::kAnswered);
  const Params other = {{"HTTP_COOKIE", "__Host-sd_device=" + devices_.issue("ada", "")}};
  EXPECT_EQ(triage(kGoodJson, other), Route::kReturning);
  EXPECT_EQ(triage(kGoodJson), Route::kPassword) << "and nobody else is";
  clock_.advance(RefusalMemory::kLifetime);
  EXPECT_EQ(triage(kGoodJson, device), Route::kReturning) << "now the store says";
}

TEST_F(LoginTriageTest, NoPlaceIsKeptForADeviceWhosePasswordIsNotLookedAt) {
  const std::string device = "__Host-sd_device=" + devices_.issue("ada", "");
  const Params page = {{"HTTP_COOKIE", device + "; " + csrf_cookie_}};
  EXPECT_EQ(triage(form(), page), Route::kReturning);
  EXPECT_EQ(triage(kGoodForm + "&csrf=another", page), Route::kPassword);
  EXPECT_EQ(triage(form(), {{"HTTP_COOKIE", device}}), Route::kPassword);
  EXPECT_EQ(triage(R"({"user":"ada","password":")" + std::string(600, 'x') + "\"}", page), Route::kPassword);
}

TEST_F(LoginTriageTest, WhoWasRefusedAMomentAgoHearsItAgainFromTheLane) {
  EXPECT_EQ(triage(kGoodJson), Route::kPassword);
  guess();
  const int calls = authenticator_.calls;
  const std::uint64_t throttled = count("sessiond_logins_total", "throttled");
  for (const std::string& body : {kGoodJson, form()}) {
    EXPECT_EQ(triage(body), Route::kAnswered);
    const Response worker = body.starts_with("{") ? postJson(body) : postForm(kGoodForm + "&rd=/a");
    EXPECT_EQ(answer_.status, 429);
    EXPECT_EQ(answer_.status, worker.status);
    EXPECT_EQ(answer_.headers.lines(), worker.headers.lines());
    EXPECT_EQ(answer_.body, worker.body);
  }
  EXPECT_EQ(authenticator_.calls, calls);
  EXPECT_EQ(count("sessiond_logins_total", "throttled"), throttled + 4);
  clock_.advance(RefusalMemory::kLifetime);
  EXPECT_EQ(triage(kGoodJson), Route::kPassword) << "now the store says";
}

TEST_F(LoginTriageTest, APageThatIsTooLargeForTheLaneIsAWorkers) {
  settings_.pages.site_name = std::string(16 * 1024, 'x');
  build();
  openPage();
  guess();
  EXPECT_EQ(triage(form()), Route::kPassword);
  EXPECT_EQ(count("sessiond_logins_total", "throttled"), 1U) << "it is counted by the worker";
  EXPECT_EQ(triage(kGoodJson), Route::kAnswered);
}

TEST_F(LoginTriageTest, SoDoStrangersFromElsewhereWhetherThereIsSuchAUserOrNot) {
  for (const std::string user : {"ada", "nobody"}) {
    const std::string body = R"({"user":")" + user + R"(","password":"x"})";
    for (int i = 0; i < 6; ++i) postJson(body);
    EXPECT_EQ(triage(body, {{"SESSIOND_ADDR", "198.51.100.9"}}), Route::kAnswered);
    EXPECT_EQ(answer_.status, 429);
    EXPECT_THAT(answer_.headers.lines(), HasSubstr("Retry-After: 30\r\n"));
    EXPECT_EQ(answer_.body, "{\"error\":\"too_many_tries\"}\n");
  }
}

TEST_F(LoginTriageTest, WhoIsRefusedForAnythingElseIsNotTheOneWhoAsksTheStoreAnew) {
  guess();
  clock_.advance(StrangerMemory::kFresh);
  EXPECT_EQ(triage(kGoodForm + "&csrf=another"), Route::kPassword);
  EXPECT_EQ(triage(form()), Route::kPassword) << "this one does";
  EXPECT_EQ(triage(form()), Route::kAnswered);
}

TEST_F(LoginTriageTest, TheLaneRefusesNobodyElse) {
  ASSERT_EQ(postJson(kGoodJson, {{"SESSIOND_ADDR", "198.51.100.9"}}).status, 200);
  guess();
  EXPECT_EQ(triage(kGoodJson, {{"SESSIOND_ADDR", "198.51.100.9"}}), Route::kReturning) << "a known place";
  EXPECT_EQ(triage(R"({"user":"bob","password":"x"})"), Route::kPassword);
  const std::string adas = "__Host-sd_device=" + devices_.issue("ada", "");
  EXPECT_EQ(triage(kGoodJson, {{"HTTP_COOKIE", adas}}), Route::kReturning);
  std::string planted;
  for (int i = 0; i < 30; ++i) planted += "__Host-sd_device=" + std::string(75, static_cast<char>('a' + i % 26)) + "; ";
  EXPECT_EQ(triage(kGoodJson, {{"HTTP_COOKIE", planted + adas}}), Route::kPassword) << "a worker looks at all of them";
  const std::string large = "large=" + std::string(kMaxCookieHeaderBytes, 'x') + "; ";
  EXPECT_EQ(triage(kGoodJson, {{"HTTP_COOKIE", large + adas}}), Route::kPassword);
  for (const std::string& nobodys :
       {std::string("__Host-sd_device=x"), "__Host-sd_device=" + devices_.issue("bob", "")})
    EXPECT_EQ(triage(kGoodJson, {{"HTTP_COOKIE", nobodys}}), Route::kAnswered) << "no device of hers";
}

TEST_F(LoginTriageTest, AFormWithManyNoncesIsAWorkers) {
  guess();
  EXPECT_EQ(triage(form(), {{"HTTP_COOKIE", csrf_cookie_}}), Route::kAnswered);
  std::string planted;
  for (std::size_t i = 0; i < kMaxCookieValues; ++i) planted += "__Host-sessiond_csrf=planted; ";
  EXPECT_EQ(triage(form(), {{"HTTP_COOKIE", planted + csrf_cookie_}}), Route::kPassword);
  EXPECT_EQ(triage(kGoodJson, {{"HTTP_COOKIE", planted + csrf_cookie_}}), Route::kAnswered) << "it needs none";
}

TEST_F(LoginTriageTest, WhatIsRefusedForAnythingElseIsAWorkers) {
  guess();
  EXPECT_EQ(triage(kGoodJson, {{"HTTP_ORIGIN", "https://elsewhere.example"}}), Route::kPassword);
  EXPECT_EQ(triage(kGoodJson, {{"CONTENT_TYPE", "text/plain"}}), Route::kPassword);
  EXPECT_EQ(triage("{\"user\":\"ada\"}"), Route::kPassword);
  EXPECT_EQ(triage(R"({"user":"ada","password":")" + std::string(600, 'x') + "\"}"), Route::kPassword);
  EXPECT_EQ(triage(kGoodForm + "&csrf=another"), Route::kPassword);
  EXPECT_EQ(triage(form(), {{"HTTP_COOKIE", ""}}), Route::kPassword);
  EXPECT_EQ(triage(form() + "&ticket=x"), Route::kPassword);
}

}  // namespace
}  // namespace sessiond
