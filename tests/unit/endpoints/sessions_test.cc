// More than 400 lines because the page and the endings of sessions share one fixture: a user who is logged in here and
// elsewhere.

#include "endpoints/account/sessions.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "endpoints/account/sessions_page.h"
#include "support/secrets.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const std::pair<std::string, std::string> kBrowser = {"HTTP_ACCEPT", "text/html"};
const std::string kCsrfCookie = "__Host-sessiond_csrf=" + std::string(32, 'n');

class SessionsTest : public EndpointFixture {
 protected:
  SessionsTest() { settings_.login.authenticators = {AuthenticatorKind::kHtpasswd}; }

  /// A login that sessiond made just now.
  void logIn(const std::string& id, const std::string& user, const std::string& program = "Firefox/Linux") {
    const std::string now = std::to_string(clock_.wallNow().time_since_epoch().count());
    put(id, user,
        R"(,"_sd":{"created":)" + now + R"(,"authenticated":)" + now + R"(,"address":"192.0.2.0/24","program":")" +
            program + R"(","login":"ada"})");
  }
  /// One that an application made.
  void put(const std::string& id, const std::string& user, const std::string& more = "") {
    store_.put(idOf(id), R"({"cookie":{},"user":{"id":")" + user + R"(","name":"Ada"})" + more + "}", hours(24));
    ASSERT_TRUE(noteSession(user, idOf(id)));
  }
  Response get(const std::string& id, Params more = {}) {
    more.emplace_back("HTTP_COOKIE", cookieFor(id));
    return ask(endpoint(), "GET", more);
  }
  Response post(const std::string& id, const std::string& body, Params more = {}) {
    more.insert(more.begin(), {"CONTENT_TYPE", "application/x-www-form-urlencoded"});
    more.emplace_back("HTTP_COOKIE", kCsrfCookie + "; " + cookieFor(id));
    more.push_back(kBrowser);
    return ask(endpoint(), "POST", more, body + "&csrf=" + token());
  }
  Response del(const std::string& id, const std::string& path, Params more = {}) {
    more.insert(more.begin(), {"HTTP_COOKIE", cookieFor(id)});
    more.emplace_back("SESSIOND_URI", path);
    const std::size_t query = path.find('?');
    if (query != std::string::npos) more.emplace_back("QUERY_STRING", path.substr(query + 1));
    return ask(endpoint(), "DELETE", more);
  }
  std::string token() {
    const Params params = {{"HTTP_COOKIE", kCsrfCookie}, {"SESSIOND_SCHEME", "https"}};
    const std::vector<Param> views = viewsOf(params);
    Request request;
    request.params = views;
    return csrf_.issue(request).token;
  }
  /// What the browser sends with the next request.
  static std::string noteIn(const Response& response) {
    const std::vector<std::string> cookies = setCookies(response);
    return cookies.empty() ? "(none)" : cookies.back().substr(0, cookies.back().find(';'));
  }
  Response pageWith(const std::string& note) {
    return ask(endpoint(), "GET", {kBrowser, {"HTTP_COOKIE", cookieFor("mine") + "; " + note}});
  }
  std::string handle(const std::string& id) { return handles_.of(idOf(id)); }
  bool lives(const std::string& id) { return store_.value(idOf(id)).has_value(); }
  SessionsEndpoint& endpoint() {
    if (!endpoint_) {
      endpoint_.emplace(SessionsParts{.settings = settings_,
                                      .pages = book_,
                                      .finder = *finder_,
                                      .list = list_,
                                      .ender = ender_,
                                      .csrf = csrf_,
                                      .clock = clock_,
                                      .metrics = metrics_});
    }
    return *endpoint_;
  }

  const PageBook book_ = pageBook();
  const std::unique_ptr<SessionFinder> finder_ = sessionFinder(store_);
  SessionHandles handles_{secrets_};
  SessionList list_{{settings_.session, store_, finder_.get(), index_, handles_, clock_}};
  SessionEnder ender_{{.settings = settings_.session,
                       .tombstones = TombstoneLifetime::from(settings_.session, settings_.cookie, settings_.logout),
                       .store = store_,
                       .index = index_,
                       .log_key = log_key_,
                       .clock = clock_,
                       .metrics = metrics_}};
  CsrfGuard csrf_{secrets_, SecureOption::kAuto, clock_};
  std::optional<SessionsEndpoint> endpoint_;
};

TEST_F(SessionsTest, WhatIsGoneHidesNothingThatLives) {
  logIn("mine", "42");
  logIn("phone", "42", "Chrome/Android");
  put("application", "42");
  ASSERT_TRUE(index_.add({.user_id = "42", .id = idOf("application"), .life = hours(72)}))
      << "among those that are gone";
  const auto destroyMany = [this](std::size_t many) {
    for (std::size_t i = 0; i < many; ++i) {
      const SessionId id = idOf("gone " + std::to_string(i));
      ASSERT_TRUE(index_.add({.user_id = "42", .id = id, .life = hours(48)}));
    }
  };
  destroyMany(2 * (SessionList::kMost - 1) + 10);
  EXPECT_THAT(get("mine").body, AllOf(HasSubstr(handle("phone")), HasSubstr(handle("application"))));
  const auto left = index_.list("42", 10 * SessionList::kMost);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->size(), 3U + 10U) << "what lives stays, and a page that is not full is left alone";
  destroyMany(2 * SessionList::kMost);
  EXPECT_EQ(del("mine", "/sessions/" + handle("phone")).status, 204);
  EXPECT_FALSE(lives("phone"));
  destroyMany(SessionList::kRounds * SessionList::kMost);
  logIn("tablet", "42");
  EXPECT_THAT(get("mine").body, Not(HasSubstr(handle("tablet")))) << "nobody looks for ever";
  EXPECT_THAT(get("mine").body, HasSubstr(handle("tablet"))) << "but the next one goes on";
}

TEST_F(SessionsTest, ShowsTheUsersOwnSessionsToPeople) {
  logIn("mine", "42");
  logIn("phone", "42", "Chrome/Android");
  put("application", "42");
  logIn("stranger", "7", "Edge/Windows");
  const Response page = get("mine", {kBrowser});
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("Wherever you are logged in as <bdi>Ada</bdi>."));
  EXPECT_THAT(page.body, HasSubstr("This browser"));
  EXPECT_THAT(page.body, HasSubstr("<bdi>Firefox</bdi> on <bdi>Linux</bdi>"));
  EXPECT_THAT(page.body, HasSubstr("<bdi>Chrome</bdi> on <bdi>Android</bdi>"));
  EXPECT_THAT(page.body, HasSubstr("192.0.2.0/24"));
  EXPECT_THAT(page.body, HasSubstr("Unknown program"));
  EXPECT_THAT(page.body, HasSubstr("Begun by another application"));
  EXPECT_THAT(page.body, Not(HasSubstr("Edge")));
  EXPECT_THAT(page.body, HasSubstr("value=\"" + handle("phone") + "\""));
  EXPECT_THAT(page.body, Not(HasSubstr("value=\"" + handle("mine") + "\""))) << "no end for one's own";
  EXPECT_THAT(page.body, HasSubstr("value=\"others\""));
}

TEST_F(SessionsTest, NeverShowsAnId) {
  logIn("mine-secret-id", "42");
  logIn("other-secret-id", "42");
  for (const Params& params : {Params{kBrowser}, Params{}}) {
    const Response response = get("mine-secret-id", params);
    EXPECT_THAT(response.body + response.headers.lines(), Not(HasSubstr("secret-id")));
  }
}

TEST_F(SessionsTest, TellsProgramsTheSame) {
  logIn("mine", "42");
  const std::string then = std::to_string(clock_.wallNow().time_since_epoch().count());
  clock_.advance(minutes(5));
  put("application", "42");
  const Response response = get("mine");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_EQ(response.body, R"({"sessions":[{"handle":")" + handle("mine") +
                               R"(","this_device":true,"program":"Firefox","system":"Linux","address":"192.0.2.0/24",)"
                               R"("created":)" +
                               then + R"(,"last_used":null},{"handle":")" + handle("application") +
                               R"(","this_device":false,"program":null,"system":null,"address":null,"created":null,)"
                               R"("last_used":null}]})"
                               "\n");
}

TEST_F(SessionsTest, WhatHasEndedOrIsSomebodyElsesNowIsNotListed) {
  logIn("mine", "42");
  for (const std::string id : {"gone", "revoked", "damaged", "now 7's", "logged out"}) logIn(id, "42");
  store_.erase(idOf("gone"));
  ASSERT_TRUE(store_.revoke(idOf("revoked"), hours(1)));
  store_.put(idOf("revoked"), *store_.value(idOf("mine")), hours(1));
  store_.put(idOf("damaged"), "{", hours(1));
  logIn("now 7's", "7");
  store_.put(idOf("logged out"), R"({"cookie":{}})", hours(1));
  const auto listed = list_.of("42", idOf("mine"));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().id, idOf("mine"));
  for (const std::string id : {"gone", "revoked", "damaged", "now 7's", "logged out"}) {
    EXPECT_EQ(del("mine", "/sessions/" + handle(id)).status, 404) << id;
  }
  EXPECT_TRUE(lives("now 7's"));
}

TEST_F(SessionsTest, WhatEveryCheckRefusesForItsAgeIsNotListed) {
  settings_.session.absolute_timeout = hours(8);
  logIn("mine", "42");
  const std::string before = std::to_string((clock_.wallNow() - hours(9)).time_since_epoch().count());
  put("aged", "42", R"(,"_sd":{"created":)" + before + "}");
  const auto listed = list_.of("42", idOf("mine"));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().id, idOf("mine"));
}

TEST_F(SessionsTest, WhatIsFromBeforeEverybodyWasLoggedOutIsNotListed) {
  logIn("old", "42");
  store_.putEpoch(1);
  put("mine", "42", R"(,"_sd":{"created":1,"epoch":1})");
  put("application", "42");
  const std::string json = get("mine").body;
  EXPECT_THAT(json, HasSubstr(handle("application")));
  EXPECT_THAT(json, Not(HasSubstr(handle("old"))));
}

TEST_F(SessionsTest, ShowsFiftyAndSaysHowManyMore) {
  for (int i = 0; i < 60; ++i) logIn("s" + std::to_string(i), "42");
  const Response page = get("s7", {kBrowser});
  std::size_t rows = 0;
  for (std::size_t at = page.body.find("<li>"); at != std::string::npos; at = page.body.find("<li>", at + 1)) ++rows;
  EXPECT_EQ(rows, kMostShown);
  EXPECT_THAT(page.body, HasSubstr("and <bdi>10</bdi> more"));
}

TEST_F(SessionsTest, AFormEndsOne) {
  logIn("mine", "42");
  logIn("phone", "42");
  const Response response = post("mine", "end=" + handle("phone"));
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(header(response, "Location"), "/sessions");
  EXPECT_EQ(header(response, "X-Session-Logout"), "final");
  EXPECT_FALSE(lives("phone"));
  EXPECT_TRUE(store_.tombstoneTtl(idOf("phone")));
  EXPECT_TRUE(lives("mine"));
  EXPECT_THAT(pageWith(noteIn(response)).body, HasSubstr("The session has ended."));
  EXPECT_EQ(count("sessiond_session_ends_total", "success"), 1U);
}

TEST_F(SessionsTest, APageThatIsOlderThanTheFirstSecretEndsOneToo) {
  logIn("mine", "42");
  logIn("phone", "42");
  const std::string on_page = handle("phone");
  const std::vector<Secret> rotated = secretsOf({"a newer secret", "first secret"});
  handles_ = SessionHandles(rotated);
  ASSERT_NE(handle("phone"), on_page);
  EXPECT_EQ(post("mine", "end=" + on_page).status, 303);
  EXPECT_FALSE(lives("phone"));
  EXPECT_TRUE(lives("mine"));
}

TEST_F(SessionsTest, AFormEndsAllOthers) {
  logIn("mine", "42");
  for (const std::string id : {"a", "b"}) logIn(id, "42");
  put("application", "42");
  logIn("stranger", "7");
  const Response response = post("mine", "end=others");
  EXPECT_EQ(header(response, "Location"), "/sessions");
  EXPECT_THAT(pageWith(noteIn(response)).body, HasSubstr("All other sessions have ended."));
  for (const std::string id : {"a", "b", "application"}) EXPECT_FALSE(lives(id)) << id;
  EXPECT_TRUE(lives("mine"));
  EXPECT_TRUE(lives("stranger"));
}

TEST_F(SessionsTest, TheAddressCannotSayThatAnythingHasEnded) {
  logIn("mine", "42");
  for (const char* query : {"done=one", "done=others"}) {
    EXPECT_THAT(get("mine", {kBrowser, {"QUERY_STRING", query}}).body, Not(HasSubstr("ended."))) << query;
  }
  EXPECT_THAT(pageWith("sessiond_done=one").body, Not(HasSubstr("ended."))) << "another host's cookie, without __Host-";
}

TEST_F(SessionsTest, WhatHasEndedIsSaidOnce) {
  logIn("mine", "42");
  logIn("phone", "42");
  const std::string note = noteIn(post("mine", "end=" + handle("phone")));
  const Response page = pageWith(note);
  EXPECT_THAT(setCookies(page), Contains(HasSubstr("__Host-sessiond_done=; ")));
  logIn("tablet", "42");
  const std::string others = noteIn(post("mine", "end=others"));
  logIn("again", "42");
  EXPECT_THAT(pageWith(others).body, Not(HasSubstr("ended."))) << "no longer true";
}

TEST_F(SessionsTest, SaysThatATombstoneIsMissing) {
  logIn("mine", "42");
  for (const std::string id : {"a", "b", "c", "d"}) logIn(id, "42");
  store_.beFull(true);
  EXPECT_EQ(header(post("mine", "end=" + handle("a")), "X-Session-Logout"), "unburied");
  EXPECT_EQ(header(del("mine", "/sessions/" + handle("b")), "X-Session-Logout"), "unburied");
  EXPECT_EQ(header(del("mine", "/sessions?others=1"), "X-Session-Logout"), "unburied");
  store_.beFull(false);
  logIn("e", "42");
  EXPECT_EQ(header(del("mine", "/sessions?others=1"), "X-Session-Logout"), "final");
}

TEST_F(SessionsTest, AProgramEndsOneOrAllOthers) {
  logIn("mine", "42");
  for (const std::string id : {"a", "b", "c"}) logIn(id, "42");
  EXPECT_EQ(del("mine", "/sessions/" + handle("a")).status, 204);
  EXPECT_FALSE(lives("a"));
  EXPECT_TRUE(lives("b"));
  EXPECT_EQ(del("mine", "/sessions?others=1").status, 204);
  EXPECT_FALSE(lives("b"));
  EXPECT_FALSE(lives("c"));
  EXPECT_TRUE(lives("mine"));
}

TEST_F(SessionsTest, SomebodyElsesHandleIsAsGoodAsNone) {
  logIn("mine", "42");
  logIn("stranger", "7");
  const Response theirs = del("mine", "/sessions/" + handle("stranger"));
  const Response none = del("mine", "/sessions/AAAAAAAAAAAAAAAA");
  EXPECT_EQ(theirs.status, 404);
  EXPECT_EQ(theirs.body, "{\"error\":\"unknown_session\"}\n");
  EXPECT_EQ(theirs.body, none.body);
  const Response page = post("mine", "end=" + handle("stranger"));
  EXPECT_EQ(page.status, 404);
  EXPECT_THAT(page.body, HasSubstr("That session has ended already."));
  EXPECT_TRUE(lives("stranger"));
}

TEST_F(SessionsTest, OnesOwnEndsByLoggingOut) {
  logIn("mine", "42");
  EXPECT_EQ(header(post("mine", "end=" + handle("mine")), "Location"), "/logout");
  EXPECT_EQ(del("mine", "/sessions/" + handle("mine")).status, 409);
  EXPECT_TRUE(lives("mine"));
}

TEST_F(SessionsTest, EndingAnotherTakesARecentLogin) {
  logIn("mine", "42");
  logIn("phone", "42");
  clock_.advance(seconds(601));
  EXPECT_EQ(get("mine").status, 200) << "looking does not";
  for (const std::string& what : {handle("phone"), std::string("others")}) {
    const Response page = post("mine", "end=" + what);
    EXPECT_EQ(page.status, 303);
    EXPECT_EQ(header(page, "Location"), "/login?rd=%2Fsessions&why=stale");
  }
  EXPECT_EQ(del("mine", "/sessions/" + handle("phone")).body, "{\"error\":\"stale\"}\n");
  EXPECT_EQ(del("mine", "/sessions?others=1").status, 401);
  EXPECT_TRUE(lives("phone"));
  put("application", "42");
  EXPECT_EQ(del("application", "/sessions?others=1").status, 401) << "nobody knows when that login was";
  const std::string now = std::to_string(clock_.wallNow().time_since_epoch().count());
  put("replaced", "42", R"(,"_sd":{"created":)" + now + R"(,"authenticated":)" + now + R"(,"user":"7"})");
  EXPECT_EQ(del("replaced", "/sessions?others=1").status, 401) << "another user's login";
}

TEST_F(SessionsTest, WhereNobodyLogsInHereOrTheSiteSaysSoAnyLoginWillDo) {
  for (const bool no_login : {true, false}) {
    settings_.login.authenticators.clear();
    if (!no_login) settings_.login.authenticators = {AuthenticatorKind::kHtpasswd};
    settings_.sessions.max_auth_age = no_login ? seconds(600) : seconds(0);
    const std::string other = no_login ? "phone" : "tablet";
    put("mine", "42");
    put(other, "42");
    EXPECT_EQ(del("mine", "/sessions/" + handle(other)).status, 204);
    EXPECT_FALSE(lives(other));
  }
}

TEST_F(SessionsTest, NobodyIsLedToTheLoginAndBack) {
  EXPECT_EQ(header(get("nobody", {kBrowser}), "Location"), "/login?rd=%2Fsessions");
  EXPECT_EQ(get("nobody").status, 401);
  store_.put(idOf("anonymous"), R"({"cookie":{}})", hours(1));
  EXPECT_EQ(get("anonymous").status, 401);
  EXPECT_EQ(del("anonymous", "/sessions?others=1").status, 401);
}

TEST_F(SessionsTest, WhoHasNoIdSeesOnlyThisSession) {
  store_.put(idOf("mine"), R"({"cookie":{},"user":"ada"})", hours(1));
  store_.put(idOf("other"), R"({"cookie":{},"user":"bob"})", hours(1));
  EXPECT_THAT(get("mine").body, HasSubstr(handle("mine")));
  ASSERT_TRUE(noteSession("", idOf("other")));
  settings_.sessions.max_auth_age = seconds(0);
  EXPECT_EQ(del("mine", "/sessions/" + handle("other")).status, 404);
  EXPECT_EQ(del("mine", "/sessions?others=1").status, 404) << "nobody knows which";
  EXPECT_TRUE(lives("other"));
}

TEST_F(SessionsTest, OtherSitesEndNothing) {
  logIn("mine", "42");
  logIn("phone", "42");
  const std::pair<std::string, std::string> foreign = {"HTTP_ORIGIN", "https://evil.example"};
  EXPECT_EQ(post("mine", "end=others", {foreign}).status, 403);
  EXPECT_EQ(del("mine", "/sessions?others=1", {foreign}).status, 403);
  EXPECT_TRUE(lives("phone"));
}

TEST_F(SessionsTest, AFormWithoutItsTokenEndsNothing) {
  logIn("mine", "42");
  logIn("phone", "42");
  const Params form = {{"HTTP_COOKIE", kCsrfCookie + "; " + cookieFor("mine")},
                       {"CONTENT_TYPE", "application/x-www-form-urlencoded"},
                       kBrowser};
  const Response page = ask(endpoint(), "POST", form, "end=others&csrf=AAAA");
  EXPECT_EQ(page.status, 403);
  EXPECT_THAT(page.body, HasSubstr("Nothing was ended"));
  EXPECT_TRUE(lives("phone"));
}

TEST_F(SessionsTest, WhatCannotBeReadEndsNothing) {
  logIn("mine", "42");
  EXPECT_EQ(post("mine", "x=1").status, 400);
  EXPECT_EQ(post("mine", "end=a&end=others").status, 400);
  EXPECT_EQ(post("mine", "end=others", {{"CONTENT_TYPE", "text/plain"}}).status, 415);
  EXPECT_EQ(post("mine", "end=" + std::string(9000, 'x')).status, 413);
  for (const std::string path : {"/sessions", "/sessions?others=2", "/sessions/others", "/elsewhere", "/sessionsx"}) {
    EXPECT_EQ(del("mine", path).status, 400) << path;
  }
  const Response response = ask(endpoint(), "PUT");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD, POST, DELETE");
}

TEST_F(SessionsTest, ClaimsNothingWhileRedisIsAway) {
  logIn("mine", "42");
  logIn("phone", "42");
  const auto expectUnavailable = [&] {
    const Response page = get("mine", {kBrowser});
    EXPECT_EQ(page.status, 503);
    EXPECT_EQ(header(page, "Retry-After"), "5");
    EXPECT_THAT(page.body, HasSubstr("Your sessions cannot be shown or ended right now."));
    EXPECT_EQ(get("mine").body, "{\"error\":\"unavailable\"}\n");
    EXPECT_EQ(post("mine", "end=" + handle("phone")).status, 503);
    EXPECT_EQ(post("mine", "end=others").status, 503);
    EXPECT_EQ(del("mine", "/sessions?others=1").status, 503);
  };
  store_.failWith(StoreError::kTimeout);
  expectUnavailable();
  store_.failWith(std::nullopt);
  index_.failWith(StoreError::kUnavailable);
  expectUnavailable();
  index_.failWith(std::nullopt);
  EXPECT_TRUE(lives("phone"));
}

TEST(SessionsPage, SaysAgesInTheLargestUnit) {
  const auto age = [](std::chrono::milliseconds time) {
    const Age found = ageOf(time);
    return std::to_string(found.count) + " " + std::string(found.unit);
  };
  EXPECT_EQ(age(seconds(0)), "1 minutes");
  EXPECT_EQ(age(minutes(59)), "59 minutes");
  EXPECT_EQ(age(minutes(61)), "1 hours");
  EXPECT_EQ(age(hours(47)), "47 hours");
  EXPECT_EQ(age(hours(49)), "2 days");
}

/// Who plants cookies in front of the genuine one makes it unseen, not dead.
TEST_F(SessionsTest, WhatWasNotLookedAtIsNotCalledNobodys) {
  logIn("mine", "7");
  std::string planted;
  for (int i = 0; i < 9; ++i) planted += "connect.sid=s%3Aplanted." + std::string(43, 'x') + "; ";
  const auto said = [&](const std::string& cookies) {
    return ask(endpoint(), "GET", {{"HTTP_COOKIE", cookies + cookieFor("mine")}});
  };
  EXPECT_EQ(said(planted).status, 401);
  EXPECT_NE(said(planted).body.find("too_many"), std::string::npos) << said(planted).body;
  EXPECT_NE(said("a=" + std::string(20'000, 'x') + "; ").body.find("too_large"), std::string::npos);
}

}  // namespace
}  // namespace sessiond
