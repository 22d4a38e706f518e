#include "endpoints/login/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/crypto.h"
#include "support/memory_attempt_store.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class FakeAuthenticator final : public Authenticator {
 public:
  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override {
    ++calls;
    if (failure) return Unexpected(*failure);
    if (credentials.name != "ada") return Unexpected(AuthenticationFailure::kUnknownUser);
    if (credentials.password != "a&b c") return Unexpected(AuthenticationFailure::kWrongPassword);
    return User{.json = R"({"id":"42","name":"ada","roles":["admin"]})", .id = "42"};
  }

  std::optional<AuthenticationFailure> failure;
  int calls = 0;
};

class LoginTest : public EndpointFixture {
 protected:
  /// Call after the configuration has been changed.
  void build() {
    pages_ = std::make_unique<PageBook>(pageBook());
    finder_ = sessionFinder(store_);
    csrf_ = std::make_unique<CsrfGuard>(secrets_, settings_.cookie.secure, clock_);
    ender_ = std::make_unique<SessionEnder>(
        SessionEnderParts{.settings = settings_.session,
                          .tombstones = TombstoneLifetime::from(settings_.session, settings_.cookie, settings_.logout),
                          .store = store_,
                          .index = index_,
                          .log_key = log_key_,
                          .clock = clock_,
                          .metrics = metrics_});
    gate_ = std::make_unique<LoginGate>(settings_.login.throttle, secrets_.front(), attempts_, attempts_, clock_);
    entrance_ = std::make_unique<PasswordEntrance>(EntranceParts{
        .settings = settings_, .gate = *gate_, .devices = devices_, .authenticator = authenticator_, .clock = clock_});
    audit_ = std::make_unique<LoginAudit>(audit_addresses_, log_key_, clock_);
    list_ = std::make_unique<SessionList>(SessionList::Parts{settings_.session, store_, index_, handles_, clock_});
    room_ = std::make_unique<SessionRoom>(
        SessionRoom::Parts{settings_, *pages_, *csrf_, index_, *ender_, *list_, tickets_});
    endpoint_ = std::make_unique<LoginEndpoint>(LoginParts{.settings = settings_,
                                                           .pages = *pages_,
                                                           .finder = *finder_,
                                                           .csrf = *csrf_,
                                                           .signer = signer_,
                                                           .ender = *ender_,
                                                           .starter = starter_,
                                                           .room = *room_,
                                                           .entrance = *entrance_,
                                                           .audit = *audit_,
                                                           .log_key = log_key_,
                                                           .clock = clock_,
                                                           .metrics = metrics_});
  }
  LoginTest() { build(); }

  Response get(const Params& params = {}) { return ask(*endpoint_, "GET", params); }

  static std::string fieldIn(const Response& page, const std::string& name) {
    const std::string start = "name=\"" + name + "\" value=\"";
    const std::size_t at = page.body.find(start);
    if (at == std::string::npos) return "(none)";
    return page.body.substr(at + start.size(), page.body.find('"', at + start.size()) - at - start.size());
  }

  /// Where the page's form is sent to.
  static std::string actionIn(const Response& page) {
    const std::string start = "<form method=\"post\" action=\"";
    const std::size_t at = page.body.find(start);
    if (at == std::string::npos) return "(none)";
    return page.body.substr(at + start.size(), page.body.find('"', at + start.size()) - at - start.size());
  }

  /// The page's token and cookie, as a browser has them when it sends the form.
  void openPage() {
    const Response page = get();
    token_ = fieldIn(page, "csrf");
    csrf_cookie_ = cookieIn(page);
  }
  /// What the browser sends back.
  static std::string cookieIn(const Response& response) {
    const std::string cookie = setCookies(response).at(0);
    return cookie.substr(0, cookie.find(';'));
  }
  Response postForm(const std::string& fields, Params more = {}) {
    if (token_.empty()) openPage();
    bool has_cookie = false;
    for (auto& [name, value] : more) {
      if (name != "HTTP_COOKIE") continue;
      has_cookie = true;
      value += "; " + csrf_cookie_;
    }
    if (!has_cookie) more.emplace_back("HTTP_COOKIE", csrf_cookie_);
    more.emplace_back("CONTENT_TYPE", "application/x-www-form-urlencoded");
    return ask(*endpoint_, "POST", more, fields + "&csrf=" + token_);
  }
  Response postJson(const std::string& body, Params more = {}) {
    more.emplace_back("CONTENT_TYPE", "application/json; charset=utf-8");
    return ask(*endpoint_, "POST", more, body);
  }

  FakeAuthenticator authenticator_;
  MemoryAttemptStore attempts_{clock_};
  const DeviceCookies devices_{secrets_, clock_};
  std::unique_ptr<LoginGate> gate_;
  std::unique_ptr<PasswordEntrance> entrance_;
  std::unique_ptr<LoginAudit> audit_;
  AuditAddresses audit_addresses_ = AuditAddresses::kHash;
  std::unique_ptr<PageBook> pages_;
  std::unique_ptr<SessionFinder> finder_;
  std::unique_ptr<CsrfGuard> csrf_;
  SessionHandles handles_{secrets_.front()};
  RoomTickets tickets_{secrets_, clock_};
  std::unique_ptr<SessionList> list_;
  std::unique_ptr<SessionRoom> room_;
  std::unique_ptr<SessionEnder> ender_;
  SessionStarter starter_{
      {.session = settings_.session, .cookie = settings_.cookie, .signer = signer_, .store = store_, .clock = clock_}};
  std::unique_ptr<LoginEndpoint> endpoint_;
  std::string token_;
  std::string csrf_cookie_;
};

const std::string kGoodForm = "user=ada&password=a%26b+c";
const std::string kGoodJson = R"({"user":"ada","password":"a&b c"})";

TEST_F(LoginTest, GetShowsThePageWithItsHeaders) {
  const Response page = get({{"QUERY_STRING", "rd=%2Fa%3Fb%3D1%26c%3D2"}});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(page, "Cache-Control"), "no-store");
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(page, "Referrer-Policy"), "same-origin");
  EXPECT_THAT(header(page, "Content-Security-Policy"),
              MatchesRegex("default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; script-src "
                           "'sha256-[A-Za-z0-9+/]{43}='; form-action 'self' "
                           "https://app.example; base-uri 'none'; frame-ancestors 'none'"));
  EXPECT_THAT(setCookies(page),
              ElementsAre(MatchesRegex("__Host-sessiond_csrf=[A-Za-z0-9_-]{32}; Path=/; HttpOnly; Secure; "
                                       "SameSite=Lax")));
  EXPECT_EQ(actionIn(page), "/login?rd=%2Fa%3Fb%3D1%26c%3D2");
  EXPECT_THAT(page.body, HasSubstr(R"(type="password" required autocomplete="current-password")"));
}

TEST_F(LoginTest, HeadIsGetWithoutABody) {
  const Response page = ask(*endpoint_, "HEAD");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.body, "");
}

TEST_F(LoginTest, OtherMethodsAreRefused) {
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "PATCH", "post", ""}) {
    const Response response = ask(*endpoint_, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD, POST");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  }
}

TEST_F(LoginTest, AHostileRedirectNeverGetsIntoThePage) {
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%2F%2Fevil.example"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%22%3E%3Cscript%3E"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=/a&rd=/b"}})), "/login");
  EXPECT_EQ(actionIn(get({{"QUERY_STRING", "rd=%"}})), "/login");
}

TEST_F(LoginTest, AFormThatIsRightMakesASessionAndLeadsOn) {
  const Response response = postForm(kGoodForm + "&rd=%2Fa%3Fb%3D1%26c%3D2");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/a?b=1&c=2");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(setCookies(response).size(), 3U);
  EXPECT_EQ(setCookies(response)[1], "sessiond_in=1; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_THAT(setCookies(response)[0], MatchesRegex("connect\\.sid=s%3A[^;]+; Path=/; HttpOnly; Secure; SameSite=Lax"));
  const SessionId id = idIn(setCookies(response)[0]);
  EXPECT_EQ(store_.value(id),
            R"({"cookie":{"originalMaxAge":null,"expires":null,"secure":true,"httpOnly":true,"path":"/",)"
            R"("sameSite":"lax"},"user":{"id":"42","name":"ada","roles":["admin"]},)"
            R"("_sd":{"created":1767225600000,"authenticated":1767225600000,"address":"192.0.2.0/24","login":"ada"}})");
  EXPECT_EQ(store_.ttl(id), hours(24));
  EXPECT_THAT(*index_.list("42", 1000), ElementsAre(id));
  EXPECT_EQ(count("sessiond_logins_total", "success"), 1U);
}

TEST_F(LoginTest, JsonGetsJson) {
  const Response response = postJson(R"({"user":"ada","password":"a&b c","rd":"https://app.example/x"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(
      response.body,
      "{\"user\":{\"id\":\"42\",\"name\":\"ada\",\"roles\":[\"admin\"]},\"redirect\":\"https://app.example/x\"}\n");
  EXPECT_TRUE(store_.value(idIn(setCookies(response).at(0))));
}

TEST_F(LoginTest, TheSessionLivesAsLongAsTheConfiguredCookie) {
  settings_.cookie.max_age = seconds(3600);
  build();
  const Response response = postJson(kGoodJson);
  EXPECT_THAT(setCookies(response).at(0), HasSubstr("; Max-Age=3600; Path=/; Expires=Thu, 01 Jan 2026 01:00:00 GMT; "));
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_THAT(*store_.value(id),
              StartsWith(R"({"cookie":{"originalMaxAge":3600000,"expires":"2026-01-01T01:00:00.000Z",)"));
  EXPECT_EQ(store_.ttl(id), hours(1));
}

TEST_F(LoginTest, TheUserStandsWhereUserAtPoints) {
  settings_.session.user_at = "/passport/user";
  build();
  EXPECT_THAT(*store_.value(idIn(setCookies(postJson(kGoodJson)).at(0))),
              HasSubstr(R"(,"passport":{"user":{"id":"42",)"));
}

TEST_F(LoginTest, ARefusedRedirectBecomesTheDefaultPage) {
  for (const char* rd : {"", "&rd=", "&rd=%2F%2Fevil.example", "&rd=https%3A%2F%2Fevil.example", "&rd=javascript%3A1",
                         "&rd=%2F%5Cevil.example", "&rd=%2Fa%250d%250ax"})
    EXPECT_EQ(header(postForm(kGoodForm + rd), "Location"), "/start") << rd;
}

TEST_F(LoginTest, TheQueryStringsRedirectServesWhenTheBodyHasNone) {
  EXPECT_EQ(header(postForm(kGoodForm + "&rd=", {{"QUERY_STRING", "rd=/q"}}), "Location"), "/q");
  EXPECT_EQ(header(postForm(kGoodForm + "&rd=/b", {{"QUERY_STRING", "rd=/q"}}), "Location"), "/b");
}

TEST_F(LoginTest, EveryLoginHasANewIdAndEndsTheBrowsersPreviousSessions) {
  const SessionId planted = idOf("planted");
  const SessionId other = idOf("other");
  store_.put(planted, R"({"cookie":{"originalMaxAge":null}})", hours(1));
  store_.put(other, R"({"cookie":{"originalMaxAge":null},"user":{"id":"42"}})", hours(1));
  ASSERT_TRUE(noteSession("42", other));
  const Response response =
      postForm(kGoodForm, {{"HTTP_COOKIE", cookieFor("planted") + "; " + cookieFor("other") + "; connect.sid=s:x.y"}});
  EXPECT_EQ(response.status, 303);
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_NE(id, planted);
  EXPECT_EQ(store_.value(planted), std::nullopt);
  EXPECT_EQ(store_.value(other), std::nullopt);
  EXPECT_EQ(store_.tombstoneTtl(planted), hours(48));
  EXPECT_THAT(*index_.list("42", 1000), ElementsAre(id));
}

TEST_F(LoginTest, ACookieThatNobodySignedEndsNothing) {
  const SessionId victim = idOf("victim");
  store_.put(victim, R"({"cookie":{}})", hours(1));
  postForm(kGoodForm, {{"HTTP_COOKIE", "connect.sid=s%3Avictim.w9sqPuS2bcVkiOlBAAzEUtlVHSW1rRkhYNYrzPX2y1M"}});
  EXPECT_TRUE(store_.value(victim));
}

TEST_F(LoginTest, WhatAKeyboardPutsAroundTheNameIsNoPartOfIt) {
  EXPECT_EQ(postForm("user=+ada%20&password=a%26b+c").status, 303);
  EXPECT_EQ(postJson(R"({"user":"ada\u00a0","password":"a&b c"})").status, 200);
}

TEST_F(LoginTest, TheLogTellsOfEveryLoginWhichSessionBeganButNamesNobody) {
  testing::internal::CaptureStderr();
  const Response response = postForm(kGoodForm);
  const std::string log = testing::internal::GetCapturedStderr();
  const SessionId id = idIn(setCookies(response).at(0));
  EXPECT_THAT(
      log, HasSubstr("audit login session=" + pseudonym(log_key_, id.bytes()) + " user=" + pseudonym(log_key_, "ada")));
  for (const std::string& secret : {std::string(id.bytes()), std::string("192.0.2.17")})
    EXPECT_THAT(log, Not(HasSubstr(secret)));
  EXPECT_THAT(log, Not(testing::ContainsRegex("[^0-9a-f]ada[^0-9a-f]"))) << "these letters may stand in a hash";
}

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
  EXPECT_THAT(cookies, HasSubstr("; sessiond_tries=3.1767225600000; "));
  const Response page = get({{"HTTP_COOKIE", cookies}, {"QUERY_STRING", "rd=%2Fa"}});
  EXPECT_THAT(page.body,
              HasSubstr("Wrong passwords for your name since your last login: <bdi>3</bdi>. The last one: "
                        "<bdi><time datetime=\"2026-01-01T00:00Z\">1 January 2026, 00:00 UTC</time></bdi>."));
  EXPECT_THAT(page.body, HasSubstr("href=\"/a\""));
  EXPECT_THAT(setCookies(page), testing::Contains(StartsWith("sessiond_tries=; Path=/; Expires=Thu, 01 Jan 1970")));
}

TEST_F(LoginTest, ANoteOfWrongPasswordsThatNobodyWroteIsNotShown) {
  const std::string session = cookieFor("mine");
  store_.put(idOf("mine"), R"({"cookie":{},"user":{"id":"42","name":"ada"}})", hours(1));
  const auto page = [&](const std::string& note) {
    return get({{"HTTP_COOKIE", session + "; sessiond_tries=" + note}}).body;
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

TEST_F(LoginTest, AFailedLoginLeavesThePreviousSessionAlone) {
  store_.put(idOf("mine"), R"({"cookie":{}})", hours(1));
  EXPECT_EQ(postForm("user=ada&password=x", {{"HTTP_COOKIE", cookieFor("mine")}}).status, 401);
  EXPECT_TRUE(store_.value(idOf("mine")));
}

TEST_F(LoginTest, UnknownUserWrongPasswordAndDamagedEntryGetTheSameAnswer) {
  openPage();
  const Response unknown = postForm("user=bob&password=x&rd=/a");
  const Response wrong = postForm("user=bob&password=y&rd=/a");
  authenticator_.failure = AuthenticationFailure::kDamaged;
  const Response damaged = postForm("user=bob&password=z&rd=/a");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.headers.lines(), wrong.headers.lines());
  EXPECT_EQ(unknown.body, wrong.body);
  EXPECT_EQ(unknown.headers.lines(), damaged.headers.lines());
  EXPECT_EQ(unknown.body, damaged.body);
  EXPECT_THAT(unknown.body, HasSubstr("<p class=\"error\" id=\"error\" role=\"alert\">Name or password is wrong.</p>"));
  EXPECT_EQ(actionIn(unknown), "/login?rd=%2Fa");
  EXPECT_EQ(fieldIn(unknown, "user"), "bob");
  EXPECT_THAT(unknown.body, Not(HasSubstr("password=x")));
  EXPECT_THAT(setCookies(unknown), IsEmpty());
  EXPECT_EQ(count("sessiond_logins_total", "unknown_user"), 2U);
  EXPECT_EQ(count("sessiond_logins_total", "damaged_entry"), 1U);
}

TEST_F(LoginTest, JsonRefusalsAreJson) {
  const Response wrong = postJson(R"({"user":"ada","password":"x"})");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(wrong.headers.lines(), "Content-Type: application/json\r\nCache-Control: no-store\r\n");
  EXPECT_EQ(wrong.body, "{\"error\":\"wrong_credentials\"}\n");
  EXPECT_EQ(postJson(R"({"user":"bob","password":"x"})").body, wrong.body);
}

TEST_F(LoginTest, WhatWasTypedIsEscapedInThePage) {
  const Response page = postForm("user=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&password=x");
  EXPECT_EQ(fieldIn(page, "user"), "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
}

TEST_F(LoginTest, AFormNeedsTheTokenOfItsOwnBrowser) {
  openPage();
  const auto post = [this](const std::string& body, const std::string& cookie) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"HTTP_COOKIE", cookie}},
               body);
  };
  EXPECT_EQ(post(kGoodForm, csrf_cookie_).status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=", csrf_cookie_).status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=" + token_, "").status, 403);
  EXPECT_EQ(post(kGoodForm + "&csrf=" + token_, "__Host-sessiond_csrf=" + std::string(32, 'A')).status, 403);
  EXPECT_EQ(authenticator_.calls, 0);
  const Response again = post(kGoodForm + "&csrf=" + token_ + "x&rd=/a", csrf_cookie_);
  EXPECT_EQ(again.status, 403);
  EXPECT_THAT(again.body, HasSubstr("This page was open for a long time. Nothing is lost: enter your password again."));
  EXPECT_EQ(actionIn(again), "/login?rd=%2Fa");
  EXPECT_EQ(post(kGoodForm + "&csrf=" + fieldIn(again, "csrf"), csrf_cookie_).status, 303);
}

TEST_F(LoginTest, NoCookieAndAnOldPageAreToldApart) {
  openPage();
  const auto post = [this](const std::string& cookie) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"HTTP_COOKIE", cookie}},
               kGoodForm + "&csrf=" + token_);
  };
  EXPECT_THAT(post("").body, HasSubstr("Your browser did not send back our cookie. Allow cookies for this site"));
  EXPECT_EQ(count("sessiond_logins_total", "no_cookie"), 1U);
  clock_.advance(hours(7 * 24) + minutes(1));
  EXPECT_THAT(post(csrf_cookie_).body, HasSubstr("This page was open for a long time."));
  EXPECT_EQ(count("sessiond_logins_total", "expired"), 1U);
  clock_.advance(-hours(8 * 24));
  EXPECT_THAT(post(csrf_cookie_).body, HasSubstr("This page was open for a long time."));
  EXPECT_EQ(count("sessiond_logins_total", "clock"), 1U);
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, JsonNeedsNoTokenButTheRightSite) {
  EXPECT_EQ(postJson(kGoodJson).status, 200);
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_ORIGIN", "https://site.example"}}).status, 200);
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_ORIGIN", "https://app.example"}}).status, 200);
  const Response foreign = postJson(kGoodJson, {{"HTTP_ORIGIN", "https://evil.example"}});
  EXPECT_EQ(foreign.status, 403);
  EXPECT_EQ(foreign.body, "{\"error\":\"cross_site\"}\n");
  EXPECT_EQ(postJson(kGoodJson, {{"HTTP_SEC_FETCH_SITE", "cross-site"}}).status, 403);
  EXPECT_EQ(authenticator_.calls, 3);
}

TEST_F(LoginTest, AFormOfAnotherSiteIsRefusedWithAPageOfOurs) {
  const Response response = postForm(kGoodForm, {{"HTTP_ORIGIN", "null"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("This login was started by another site. Please log in here."));
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, OnlyFormsAndJsonOfUpTo8KiBAreTaken) {
  const auto post = [this](const std::string& type, const std::string& body) {
    return ask(*endpoint_, "POST", {{"CONTENT_TYPE", type}}, body).status;
  };
  EXPECT_EQ(post("", kGoodJson), 415);
  EXPECT_EQ(post("text/plain", kGoodJson), 415);
  EXPECT_EQ(post("multipart/form-data; boundary=x", "--x--"), 415);
  EXPECT_EQ(post("application/json", kGoodJson), 200);
  EXPECT_EQ(post("APPLICATION/JSON", kGoodJson), 200);
  EXPECT_EQ(post("application/json", kGoodJson + std::string(8192 - kGoodJson.size(), ' ')), 200);
  EXPECT_EQ(post("application/json", kGoodJson + std::string(8193 - kGoodJson.size(), ' ')), 413);
  EXPECT_EQ(post("application/x-www-form-urlencoded", "user=" + std::string(8192, 'a')), 413);
  EXPECT_EQ(post("application/json", "{"), 400);
  EXPECT_EQ(post("application/x-www-form-urlencoded", "user=%"), 400);
}

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

TEST_F(LoginTest, TheSessionKeepsHowOftenEverybodyHadBeenLoggedOut) {
  const auto begun = [this] { return *store_.value(idIn(setCookies(postJson(kGoodJson)).at(0))); };
  EXPECT_THAT(begun(), Not(HasSubstr("epoch")));
  store_.putEpoch(7);
  EXPECT_THAT(begun(), HasSubstr(R"("epoch":7)"));
  store_.putEpoch(std::nullopt);
  EXPECT_EQ(postJson(kGoodJson).status, 503) << "nobody could tell whether it counts";
}

TEST_F(LoginTest, WhatIsNoSessionOfTheUsersNowTakesNobodysPlace) {
  for (const WhenFull when_full : {WhenFull::kRefuse, WhenFull::kEndOldest}) {
    settings_.session.per_user = {.max = 3, .when_full = when_full};
    build();
    const SessionId mine = idIn(setCookies(postJson(kGoodJson)).at(0));
    for (const char* id : {"sold", "spoilt"}) ASSERT_TRUE(noteSession("42", idOf(id)));
    store_.put(idOf("sold"), R"({"cookie":{},"user":{"id":"7"}})", hours(1));
    store_.put(idOf("spoilt"), "{", hours(1));
    EXPECT_EQ(postForm(kGoodForm).status, 303);
    EXPECT_EQ(postForm(kGoodForm).status, 303);
    EXPECT_TRUE(store_.value(mine)) << "nobody's place was needed";
    EXPECT_TRUE(store_.value(idOf("sold")));
    if (when_full == WhenFull::kRefuse) {
      const Response full = postForm(kGoodForm);
      EXPECT_EQ(full.status, 409);
      EXPECT_THAT(full.body, HasSubstr(handles_.of(mine)));
    }
    ASSERT_TRUE(ender_->endAllOf("42", "test", {}));
  }
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

TEST_F(LoginTest, ADeviceThatReturnsIsKnownBeforeItWaits) {
  const auto returns = [this](const std::string& cookie, const std::string& body) {
    const Params params = {{"REQUEST_METHOD", "POST"},
                           {"SESSIOND_SCHEME", "https"},
                           {"CONTENT_TYPE", "application/json"},
                           {"HTTP_COOKIE", cookie}};
    const std::vector<Param> views = viewsOf(params);
    Request request;
    request.params = views;
    request.body = body;
    return endpoint_->returns(request);
  };
  const std::string adas = "__Host-sd_device=" + devices_.issue("ada", "");
  EXPECT_TRUE(returns(adas, kGoodJson));
  EXPECT_TRUE(returns("__Host-sd_device=x; " + adas, R"({"user":" ada ","password":"wrong"})"));
  EXPECT_FALSE(returns(adas, R"({"user":"grace","password":"a&b c"})"));
  EXPECT_FALSE(returns("", kGoodJson));
  EXPECT_FALSE(returns("__Host-sd_device=junk", kGoodJson));
  EXPECT_FALSE(returns(adas, "junk"));
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
  clock_.advance(RoomTickets::kLifetime);
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
  EXPECT_EQ(postForm(kGoodForm).status, 303);
}

TEST(RoomTickets, AreGoodForOneUserForSomeMinutes) {
  FakeClock clock;
  std::vector<Secret> secrets;
  secrets.emplace_back(std::string("one"));
  const RoomTickets tickets(secrets, clock);
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
  clock.advance(RoomTickets::kLifetime - std::chrono::milliseconds(1));
  EXPECT_EQ(tickets.read(ticket), user);
  clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(tickets.read(ticket), std::nullopt);
}

TEST_F(LoginTest, RedisDownIs503AndNoCookie) {
  for (const StoreError error : {StoreError::kUnavailable, StoreError::kTimeout, StoreError::kCorrupt}) {
    store_.failWith(error);
    const Response response = postForm(kGoodForm + "&rd=/a");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(header(response, "Retry-After"), "5");
    EXPECT_THAT(setCookies(response), IsEmpty());
    EXPECT_THAT(response.body,
                HasSubstr("Logging in is not possible right now. Please wait <bdi>5</bdi> s, then try again."));
    EXPECT_EQ(actionIn(response), "/login?rd=%2Fa");
  }
  store_.failWith(std::nullopt);
  index_.failWith(StoreError::kUnavailable);
  const Response response = postJson(kGoodJson);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "{\"error\":\"unavailable\"}\n");
  EXPECT_EQ(store_.calls(), 6U) << "one was stored and ended again: no session without its index entry";
  EXPECT_EQ(count("sessiond_logins_total", "unavailable"), 4U);
}

TEST_F(LoginTest, WhoIsTurnedAwayIsToldSoAndAsksNobody) {
  const Params params = {{"CONTENT_TYPE", "application/x-www-form-urlencoded"}, {"QUERY_STRING", "rd=%2Fa"}};
  const TurnedAway<LoginEndpoint> endpoint{*endpoint_};
  const Response page = ask(endpoint, "POST", params, kGoodForm);
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(header(page, "Retry-After"), "5");
  EXPECT_THAT(page.body, HasSubstr("Logging in is not possible right now. Please wait <bdi>5</bdi> s"));
  EXPECT_EQ(actionIn(page), "/login?rd=%2Fa");
  EXPECT_EQ(ask(endpoint, "POST", {{"CONTENT_TYPE", "application/json"}}, kGoodJson).body,
            "{\"error\":\"unavailable\"}\n");
  EXPECT_EQ(store_.calls(), 0U);
  EXPECT_EQ(authenticator_.calls, 0);
}

TEST_F(LoginTest, AnAuthenticatorThatCannotTellIs503) {
  authenticator_.failure = AuthenticationFailure::kUnavailable;
  EXPECT_EQ(postJson(kGoodJson).status, 503);
}

TEST_F(LoginTest, OverHttpTheCookiesAreNotSecure) {
  const Response page = get({{"SESSIOND_SCHEME", "http"}});
  EXPECT_THAT(setCookies(page), ElementsAre(MatchesRegex("sessiond_csrf=[A-Za-z0-9_-]{32}; Path=/; HttpOnly; "
                                                         "SameSite=Lax")));
  EXPECT_THAT(setCookies(postJson(kGoodJson, {{"SESSIOND_SCHEME", "http"}})).at(0), Not(HasSubstr("Secure")));
}

TEST_F(LoginTest, AnErrorIsTiedToTheFieldsAndTheFocusIsWhereItIsMended) {
  const std::string first = get().body;
  EXPECT_THAT(first, HasSubstr("<title>Log in</title>"));
  EXPECT_THAT(first, HasSubstr("enterkeyhint=\"next\" autofocus>"));
  EXPECT_THAT(first, Not(HasSubstr("aria-invalid=\"true\"")));
  EXPECT_THAT(first, Not(HasSubstr("role=\"alert\"")));
  const std::string wrong = postForm("user=ada&password=x").body;
  EXPECT_THAT(wrong, HasSubstr("<title>Error: Log in</title>"));
  EXPECT_THAT(wrong, HasSubstr("enterkeyhint=\"next\" aria-invalid=\"true\" aria-describedby=\"error\">"));
  EXPECT_THAT(wrong, HasSubstr("enterkeyhint=\"go\" aria-invalid=\"true\" aria-describedby=\"error\" autofocus>"));
  authenticator_.failure = AuthenticationFailure::kUnavailable;
  const std::string busy = postForm("user=ada&password=x").body;
  EXPECT_THAT(busy, Not(HasSubstr("aria-invalid=\"true\""))) << "nothing is wrong with what was typed";
}

TEST_F(LoginTest, WhoIsLoggedInIsToldSo) {
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":null},"user":{"id":"42","name":"<Ada>"}})", hours(1));
  const Params mine = {{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", "rd=%2Fa%26b"}};
  const Response page = get(mine);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("You are logged in as <bdi>&lt;Ada&gt;</bdi>."));
  EXPECT_THAT(page.body, HasSubstr("href=\"/a&amp;b\""));
  EXPECT_THAT(page.body, HasSubstr("href=\"/login?switch=1&amp;rd=%2Fa%26b\""));
  EXPECT_THAT(setCookies(page), IsEmpty());
  const auto shows_form = [&](const std::string& query) {
    return actionIn(get({{"HTTP_COOKIE", cookieFor("mine")}, {"QUERY_STRING", query}})) != "(none)";
  };
  EXPECT_FALSE(shows_form("rd=%2F%2Fevil.example"));
  EXPECT_TRUE(shows_form("switch=1"));
  EXPECT_TRUE(shows_form("rd=%2Fa&why=stale"));
}

TEST_F(LoginTest, WhoMustLogInAgainIsToldWhyAndHasTheNameTypedAlready) {
  const Response login = postForm("user=ada+&password=a%26b+c");
  const Response page = get({{"HTTP_COOKIE", cookieIn(login)}, {"QUERY_STRING", "rd=%2Fa&why=stale"}});
  EXPECT_THAT(page.body, HasSubstr("needs a recent login"));
  EXPECT_EQ(fieldIn(page, "user"), "ada");
  EXPECT_THAT(page.body, HasSubstr("enterkeyhint=\"go\" autofocus>"));
  store_.put(idOf("express"), R"({"cookie":{"originalMaxAge":null},"user":{"id":"42"}})", hours(1));
  const Response other = get({{"HTTP_COOKIE", cookieFor("express")}, {"QUERY_STRING", "why=stale"}});
  EXPECT_THAT(other.body, HasSubstr("needs a recent login"));
  EXPECT_EQ(fieldIn(other, "user"), "");
  const Response nobody = get({{"QUERY_STRING", "why=stale"}});
  EXPECT_THAT(nobody.body, Not(HasSubstr("needs a recent login"))) << "nobody has logged in a while ago";
  EXPECT_EQ(fieldIn(nobody, "user"), "");
}

TEST_F(LoginTest, WhatIsLongerThanANameOrAPasswordMayBeIsNotCalledWrong) {
  const Response password = postForm("user=ada&password=" + std::string(512, 'x') + "&rd=/a");
  EXPECT_EQ(password.status, 400);
  EXPECT_THAT(password.body, HasSubstr("longer than any name (<bdi>256</bdi> bytes) or password (<bdi>511</bdi> bytes) "
                                       "may be. Nothing was cut off"));
  EXPECT_EQ(fieldIn(password, "user"), "ada");
  EXPECT_EQ(actionIn(password), "/login?rd=%2Fa");
  const Response name = postJson(R"({"user":")" + std::string(257, 'x') + R"(","password":"x"})");
  EXPECT_EQ(name.status, 400);
  EXPECT_EQ(name.body, "{\"error\":\"too_long\"}\n");
  EXPECT_EQ(authenticator_.calls, 0);
  EXPECT_EQ(count("sessiond_logins_total", "too_long"), 2U);
  EXPECT_EQ(postForm("user=ada&password=" + std::string(511, 'x')).status, 401);
  EXPECT_EQ(postForm("user=" + std::string(256, 'x') + "++&password=x").status, 401);
}

TEST_F(LoginTest, NoPageCutsOffWhatIsTyped) {
  EXPECT_THAT(get().body, Not(HasSubstr("maxlength")));
}

TEST_F(LoginTest, ASessionOfNobodyAndAStoreThatCannotTellLeadToTheForm) {
  store_.put(idOf("nobody"), R"({"cookie":{"originalMaxAge":null}})", hours(1));
  EXPECT_EQ(actionIn(get({{"HTTP_COOKIE", cookieFor("nobody")}})), "/login");
  for (const std::string user : {"false", "null", "\"\""}) {
    store_.put(idOf("nobody"), R"({"cookie":{"originalMaxAge":null},"user":)" + user + "}", hours(1));
    const Response page = get({{"HTTP_COOKIE", cookieFor("nobody")}});
    EXPECT_THAT(page.body, HasSubstr("type=\"password\"")) << user;
  }
  store_.failWith(StoreError::kUnavailable);
  EXPECT_EQ(actionIn(get({{"HTTP_COOKIE", cookieFor("nobody")}})), "/login");
}

TEST_F(LoginTest, ABrowserThatDidNotKeepTheSessionCookieIsToldSo) {
  const Response page = get({{"HTTP_COOKIE", "sessiond_in=1"}});
  EXPECT_THAT(page.body, HasSubstr("You were logged in, but your browser did not keep the cookie."));
  EXPECT_THAT(setCookies(page), Contains(HasSubstr("sessiond_in=; Path=/; Expires=Thu, 01 Jan 1970")));
  EXPECT_THAT(get({{"HTTP_COOKIE", "sessiond_in=1; connect.sid=gone"}}).body,
              Not(HasSubstr("did not keep the cookie")));
}

TEST_F(LoginTest, WhoseSessionHasEndedIsToldSoAndWhoHadNoneIsNot) {
  const std::string_view words = "The session in this browser has ended.";
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("gone")}}).body, HasSubstr(words));
  EXPECT_THAT(get({{"HTTP_COOKIE", cookieFor("gone")}, {"QUERY_STRING", "switch=1"}}).body, Not(HasSubstr(words)));
  EXPECT_THAT(get({{"HTTP_COOKIE", "connect.sid=of-nobody"}}).body, Not(HasSubstr(words)));
  EXPECT_THAT(get().body, Not(HasSubstr(words)));
}

TEST_F(LoginTest, WhoSendsMoreCookiesThanAreLookedAtIsToldSo) {
  std::string cookies;
  for (int i = 0; i < 9; ++i) cookies += "connect.sid=planted; ";
  EXPECT_THAT(get({{"HTTP_COOKIE", cookies}}).body, HasSubstr("more cookies to this site than are looked at"));
  const std::string bytes = "filler=" + std::string(17000, 'x');
  EXPECT_THAT(get({{"HTTP_COOKIE", bytes}}).body, HasSubstr("more cookies to this site than are looked at"));
}

TEST_F(LoginTest, AfterALostFormTheWayLeadsToItsPageAndNeverToWhatItWasSentTo) {
  const auto target = [this](const std::string& referer) {
    return actionIn(get({{"QUERY_STRING", "rd=%2Fsave&lost=1"}, {"HTTP_REFERER", referer}}));
  };
  EXPECT_EQ(target("https://site.example/form?x=1#y"), "/login?rd=%2Fform%3Fx%3D1");
  for (const char* referer : {"", "https://evil.example/form", "http://site.example/form", "https://site.example",
                              "https://site.example/login?rd=/a", "https://site.example//evil.example", "/form"})
    EXPECT_EQ(target(referer), "/login") << referer;
  EXPECT_THAT(get({{"QUERY_STRING", "rd=%2Fsave&lost=1"}}).body, HasSubstr("what you sent has not been saved"));
}

}  // namespace
}  // namespace sessiond
