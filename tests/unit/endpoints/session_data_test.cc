#include "endpoints/api/session_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "endpoints/api/api_answers.h"
#include "session/session_patch.h"
#include "support/passing_store.h"
#include "unit/endpoints/endpoint_fixture.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::MatchesRegex;

const std::string kCookie = R"("cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"})";
const std::string kPatchType = "application/merge-patch+json";

/// A store in which something happens right before a session is replaced, or right after.
class BusyStore final : public PassingStore {
 public:
  using PassingStore::PassingStore;
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override {
    ++replaces;
    if (before) before();
    auto outcome = store_.replace(id, expected, next);
    if (after) outcome = after();
    return outcome;
  }

  int replaces = 0;
  std::function<void()> before;
  std::function<Expected<ReplaceOutcome, StoreError>()> after;
};

class SessionDataTest : public EndpointFixture {
 protected:
  SessionDataTest() { build(); }
  void build(std::size_t max_bytes = 256 * 1024, bool may_change_user = true) {
    settings_.session.max_bytes = max_bytes;
    settings_.session.idle_timeout = seconds(3600);
    settings_.session.absolute_timeout = hours(8);
    settings_.identity = {{.name = "X-User-Id", .from = "/user/id", .required = true}};
    settings_.policies = {SessionPolicy{.name = "default", .roles_any = {"admin"}}};
    finder_ = sessionFinder(busy_);
    endpoint_ = std::make_unique<SessionDataEndpoint>(SessionDataParts{
        .finder = *finder_,
        .store = busy_,
        .clock = clock_,
        .max_bytes = max_bytes,
        .read_only = may_change_user ? std::vector<JsonPointer>() : decidingPlaces(settings_.extractionRules())});
  }

  void put(std::string_view id, const std::string& members) {
    store_.put(idOf(id), "{" + kCookie + (members.empty() ? "" : ",") + members + "}", hours(1));
  }
  Response get(const Params& more = {}) {
    Params params = {{"HTTP_COOKIE", cookieFor("mine")}};
    params.insert(params.end(), more.begin(), more.end());
    return ask(*endpoint_, "GET", params);
  }
  Response patch(const std::string& body, const Params& more = {}) {
    Params params = {{"HTTP_COOKIE", cookieFor("mine")}, {"CONTENT_TYPE", kPatchType}};
    params.insert(params.end(), more.begin(), more.end());
    return ask(*endpoint_, "PATCH", params, body);
  }
  std::string said(const Response& response) { return std::to_string(response.status) + " " + response.body; }
  std::string stored(std::string_view id = "mine") { return store_.value(idOf(id)).value_or("(none)"); }
  std::string tag() { return header(get(), "ETag"); }

  BusyStore busy_{store_};
  std::unique_ptr<SessionFinder> finder_;
  std::unique_ptr<SessionDataEndpoint> endpoint_;
};

TEST_F(SessionDataTest, ShowsTheDataAsItIsWrittenWithoutWhatIsNotTheApplications) {
  put("mine", R"("user":{"id":7},"n":1.50,"_sd":{"created":1},"cart":[ 1 ])");
  store_.put(idOf("mine"), R"({"n":12345678901234567890.10,)" + kCookie + R"(,"_sd":{},"cart":[ 1 ]})", hours(1));
  const Response response = get();
  EXPECT_EQ(said(response), R"(200 {"n":12345678901234567890.10,"cart":[ 1 ]})");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
  EXPECT_THAT(header(response, "ETag"), MatchesRegex("\"[A-Za-z0-9_-]{22}\""));
  EXPECT_EQ(setCookies(response).size(), 0U);
}

TEST_F(SessionDataTest, AsksNoPolicyAndTakesAnonymousSessions) {
  put("mine", R"("user":{"name":"no id, no role"})");
  EXPECT_EQ(get().status, 200);
  put("mine", R"("cart":[1])");
  EXPECT_EQ(said(get()), R"(200 {"cart":[1]})");
  EXPECT_EQ(said(patch(R"({"cart":null,"seen":true})")), R"(200 {"seen":true})");
}

TEST_F(SessionDataTest, RefusesWhatTheSessionCheckRefuses) {
  const auto refusal = [this](const std::string& cookie) {
    const Response response = ask(*endpoint_, "GET", {{"HTTP_COOKIE", cookie}});
    EXPECT_EQ(response.status, 401) << cookie;
    EXPECT_EQ(header(response, "WWW-Authenticate"), "Session");
    const std::string word = header(response, "X-Session-Status");
    EXPECT_EQ(response.body, "{\"error\":\"unauthenticated\",\"reason\":\"" + word + "\"}\n");
    return word;
  };
  EXPECT_EQ(refusal(""), "missing");
  EXPECT_EQ(refusal("connect.sid=junk"), "malformed");
  EXPECT_EQ(refusal("connect.sid=s%3Amine.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), "forged");
  EXPECT_EQ(refusal(cookieFor("mine")), "unknown");
  store_.put(idOf("mine"), "{}", hours(1));
  EXPECT_EQ(refusal(cookieFor("mine")), "corrupt");
  store_.put(idOf("mine"), "{" + kCookie + R"(,"user":{"id":1,"id":2}})", hours(1));
  EXPECT_EQ(refusal(cookieFor("mine")), "corrupt");
  store_.putWrongType(idOf("mine"));
  EXPECT_EQ(refusal(cookieFor("mine")), "corrupt");
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":0}})", hours(1));
  EXPECT_EQ(refusal(cookieFor("mine")), "expired");
  put("mine", R"("user":{"id":1})");
  ASSERT_TRUE(store_.revoke(idOf("mine"), hours(1)));
  EXPECT_EQ(refusal(cookieFor("mine")), "revoked");
  put("mine", R"("user":{"id":1})");
  EXPECT_EQ(refusal(cookieFor("mine")), "revoked");
  EXPECT_EQ(stored(), "(none)");
}

TEST_F(SessionDataTest, TheAbsoluteTimeoutHoldsForAnonymousSessionsToo) {
  const auto created = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wallNow().time_since_epoch());
  for (const std::string user : {R"("user":{"id":1},)", ""}) {
    put("mine", user + R"("_sd":{"created":)" + std::to_string((created - hours(8)).count()) + "}");
    EXPECT_EQ(get().status, 200);
    put("mine", user + R"("_sd":{"created":)" + std::to_string((created - hours(8)).count() - 1) + "}");
    EXPECT_EQ(header(get(), "X-Session-Status"), "expired");
    EXPECT_EQ(patch(R"({"a":1})").status, 401);
  }
}

TEST_F(SessionDataTest, TheFirstCookieThatLeadsToASessionWins) {
  put("one", R"("n":1)");
  put("two", R"("n":2)");
  const std::string junk = "connect.sid=junk; " + cookieFor("gone") + "; ";
  EXPECT_EQ(said(ask(*endpoint_, "GET", {{"HTTP_COOKIE", junk + cookieFor("two") + "; " + cookieFor("one")}})),
            R"(200 {"n":2})");
  const Params params = {{"HTTP_COOKIE", junk + cookieFor("one") + "; " + cookieFor("two")},
                         {"CONTENT_TYPE", kPatchType}};
  EXPECT_EQ(said(ask(*endpoint_, "PATCH", params, R"({"n":3})")), R"(200 {"n":3})");
  EXPECT_THAT(stored("two"), HasSubstr(R"("n":2)"));
}

TEST_F(SessionDataTest, SaysSoWhenTheStoreCannotSay) {
  put("mine", R"("n":1)");
  for (const StoreError error : {StoreError::kUnavailable, StoreError::kTimeout}) {
    store_.failWith(error);
    for (const Response& response : {get(), patch(R"({"n":2})")}) {
      EXPECT_EQ(response.status, 503);
      EXPECT_EQ(header(response, "Retry-After"), "5");
    }
    store_.failWith(std::nullopt);
  }
  busy_.after = [] { return Unexpected(StoreError::kTimeout); };
  EXPECT_EQ(patch(R"({"n":2})").status, 503);
}

TEST_F(SessionDataTest, AChangeTouchesNothingElse) {
  const std::string before =
      R"({"n":1.50,"cookie":{"originalMaxAge":1.0e6,"x":"\/"},"user":{"id":7,"k":-0},"_sd":{"z":0}})";
  store_.put(idOf("mine"), before, seconds(777));
  const Response response = patch(R"({"user":{"k":null,"plan":"pro"},"new":0.10})");
  EXPECT_EQ(said(response), R"(200 {"n":1.50,"user":{"id":7,"plan":"pro"},"new":0.10})");
  EXPECT_EQ(header(response, "Content-Type"), "application/json");
  EXPECT_EQ(
      stored(),
      R"({"n":1.50,"cookie":{"originalMaxAge":1.0e6,"x":"\/"},"user":{"id":7,"plan":"pro"},"_sd":{"z":0},"new":0.10})");
  EXPECT_EQ(store_.ttl(idOf("mine")), seconds(777));
  EXPECT_EQ(header(response, "ETag"), tag());
}

TEST_F(SessionDataTest, AChangeThatChangesNothingWritesNothing) {
  put("mine", R"("n":1)");
  EXPECT_EQ(said(patch("{}")), R"(200 {"n":1})");
  EXPECT_EQ(said(patch(R"({"n":1,"gone":null})")), R"(200 {"n":1})");
  EXPECT_EQ(busy_.replaces, 0);
}

TEST_F(SessionDataTest, NeverOverwritesASaveThatCameInBetween) {
  put("mine", R"("n":1,"keep":true)");
  busy_.before = [this] {
    busy_.before = nullptr;
    put("mine", R"("n":2,"saved":"by Express")");
  };
  EXPECT_EQ(said(patch(R"({"patched":1})")), R"(200 {"n":2,"saved":"by Express","patched":1})");
  EXPECT_EQ(stored(), "{" + kCookie + R"(,"n":2,"saved":"by Express","patched":1})");
  EXPECT_EQ(busy_.replaces, 2);
}

TEST_F(SessionDataTest, GivesUpWithoutWritingWhenItCannotWin) {
  put("mine", R"("n":0)");
  int saves = 0;
  busy_.before = [&] { put("mine", R"("n":)" + std::to_string(++saves)); };
  const Response response = patch(R"({"patched":1})");
  EXPECT_EQ(said(response),
            "409 {\"error\":\"conflict\",\"reason\":\"others kept changing the session; nothing was written\"}\n");
  EXPECT_EQ(saves, 100);
  EXPECT_EQ(stored(), "{" + kCookie + R"(,"n":100})");
}

TEST_F(SessionDataTest, GivesUpAfterTwoSeconds) {
  put("mine", R"("n":0)");
  int saves = 0;
  busy_.before = [&] {
    put("mine", R"("n":)" + std::to_string(++saves));
    clock_.advance(std::chrono::milliseconds(500));
  };
  EXPECT_EQ(patch(R"({"patched":1})").status, 409);
  EXPECT_EQ(saves, 4);
}

TEST_F(SessionDataTest, NeverBringsASessionBack) {
  put("mine", R"("n":0)");
  busy_.before = [this] { store_.erase(idOf("mine")); };
  const Response gone = patch(R"({"n":1})");
  EXPECT_EQ(gone.status, 401);
  EXPECT_EQ(header(gone, "X-Session-Status"), "unknown");
  EXPECT_EQ(stored(), "(none)");
  put("mine", R"("n":0)");
  busy_.before = [this] { ASSERT_TRUE(store_.revoke(idOf("mine"), hours(1))); };
  EXPECT_EQ(header(patch(R"({"n":1})"), "X-Session-Status"), "revoked");
  EXPECT_EQ(stored(), "(none)");
}

// RedisSessionStore::replace says "changed" when the answer to its own write was lost and it asked again.
TEST_F(SessionDataTest, KnowsItsOwnWriteAgain) {
  put("mine", R"("n":0)");
  busy_.after = [] { return ReplaceOutcome::kChanged; };
  EXPECT_EQ(said(patch(R"({"n":1})", {{"HTTP_IF_MATCH", tag()}})), R"(200 {"n":1})");
  EXPECT_EQ(busy_.replaces, 1);
}

TEST_F(SessionDataTest, IfMatchNamesTheDataThatMayBeChanged) {
  put("mine", R"("n":0)");
  const std::string first = tag();
  EXPECT_EQ(patch(R"({"n":1})", {{"HTTP_IF_MATCH", "\"old\", " + first}}).status, 200);
  const Response late = patch(R"({"n":2})", {{"HTTP_IF_MATCH", first}});
  EXPECT_EQ(said(late), "412 {\"error\":\"changed\",\"reason\":\"the session is no longer what If-Match names\"}\n");
  EXPECT_EQ(patch(R"({"n":3})", {{"HTTP_IF_MATCH", "W/" + tag()}}).status, 412);
  EXPECT_EQ(patch(R"({"n":3})", {{"HTTP_IF_MATCH", "nonsense"}}).status, 412);
  EXPECT_THAT(stored(), HasSubstr(R"("n":1)"));
  EXPECT_EQ(patch(R"({"n":4})", {{"HTTP_IF_MATCH", "*"}}).status, 200);
  EXPECT_EQ(patch(R"({"n":5})", {{"HTTP_IF_MATCH", ""}}).status, 200);
}

TEST_F(SessionDataTest, IfMatchIsHeldAgainstEveryStateThatIsTried) {
  put("mine", R"("n":0)");
  busy_.before = [this] { put("mine", R"("n":1)"); };
  EXPECT_EQ(patch(R"({"m":1})", {{"HTTP_IF_MATCH", tag()}}).status, 412);
  EXPECT_EQ(stored(), "{" + kCookie + R"(,"n":1})");
}

TEST_F(SessionDataTest, TheTagFollowsTheDataAndNothingElse) {
  put("mine", R"("n":0)");
  put("other", R"("n":0)");
  const std::string first = tag();
  store_.put(idOf("mine"), R"({"cookie":{"originalMaxAge":5000,"expires":"2030-01-01T00:00:00.000Z"},"n":0})",
             hours(1));
  EXPECT_EQ(tag(), first);
  EXPECT_NE(header(ask(*endpoint_, "GET", {{"HTTP_COOKIE", cookieFor("other")}}), "ETag"), first);
  put("mine", R"("n":0.0)");
  EXPECT_NE(tag(), first);
}

TEST_F(SessionDataTest, IfNoneMatchSavesTheBody) {
  put("mine", R"("n":0)");
  for (const std::string& field : {tag(), "W/" + tag(), std::string("*")}) {
    const Response response = get({{"HTTP_IF_NONE_MATCH", field}});
    EXPECT_EQ(said(response), "304 ") << field;
    EXPECT_EQ(header(response, "ETag"), tag());
  }
  EXPECT_EQ(get({{"HTTP_IF_NONE_MATCH", "\"other\""}}).status, 200);
}

TEST_F(SessionDataTest, TakesMergePatchesOnly) {
  put("mine", R"("n":0)");
  for (const char* type : {"", "application/json", "application/json-patch+json", "text/plain"}) {
    const Response response = patch("{}", {{"CONTENT_TYPE", type}});
    EXPECT_EQ(said(response),
              "415 {\"error\":\"unsupported_media_type\",\"reason\":\"a change is application/merge-patch+json\"}\n");
    EXPECT_EQ(header(response, "Accept-Patch"), kPatchType);
  }
  EXPECT_EQ(patch("{}", {{"CONTENT_TYPE", "Application/Merge-Patch+JSON; charset=utf-8"}}).status, 200);
}

TEST_F(SessionDataTest, SaysWhatIsWrongWithAPatch) {
  put("mine", R"("n":0)");
  const auto reason = [this](const std::string& body) {
    const Response response = patch(body);
    const std::size_t start = response.body.find("reason\":\"") + 9;
    return std::to_string(response.status) + " " + response.body.substr(start, response.body.find('"', start) - start);
  };
  EXPECT_EQ(reason(""), "400 the body is no JSON text in UTF-8");
  EXPECT_EQ(reason("{\"a\":}"), "400 the body is no JSON text in UTF-8");
  EXPECT_EQ(reason("{\"a\":\"\xFF\"}"), "400 the body is no JSON text in UTF-8");
  EXPECT_EQ(reason("[1]"), "400 the body must be a JSON object");
  EXPECT_EQ(reason("null"), "400 the body must be a JSON object");
  EXPECT_EQ(reason(R"({"a":{"b":1,"b":2}})"), "400 an object names a member twice");
  EXPECT_EQ(reason("{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}"),
            "400 the body is nested deeper than 64");
  for (const char* name : {"cookie", "_sd", "id", "req", "save", "__proto__", "constructor", "\\u0063ookie"}) {
    EXPECT_EQ(reason(std::string("{\"") + name + "\":null}"),
              "422 a top-level name is reserved, such as cookie, _sd, id or save")
        << name;
  }
  EXPECT_EQ(busy_.replaces, 0);
}

TEST_F(SessionDataTest, RefusesWhatIsTooLarge) {
  put("mine", R"("n":0)");
  const auto body = [](std::size_t size) { return R"({"a":")" + std::string(size - 8, 'x') + R"("})"; };
  EXPECT_EQ(patch(body(kMaxApiBodyBytes)).status, 200);
  EXPECT_EQ(said(patch(body(kMaxApiBodyBytes + 1))),
            "413 {\"error\":\"too_large\",\"reason\":\"the body is larger than 120 KiB\"}\n");
  put("mine", R"("n":0)");
  build(stored().size() + 6);
  EXPECT_EQ(said(patch(R"({"a":10})")),
            "413 {\"error\":\"too_large\",\"reason\":\"the session would become larger than session.max_bytes\"}\n");
  EXPECT_EQ(said(patch(R"({"a":1})")), "200 {\"n\":0,\"a\":1}");
}

TEST_F(SessionDataTest, HasNoOtherMethods) {
  for (const char* method : {"PUT", "POST", "DELETE", ""}) {
    const Response response = ask(*endpoint_, method);
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(header(response, "Allow"), "GET, HEAD, PATCH");
  }
  put("mine", R"("n":0)");
  EXPECT_EQ(ask(*endpoint_, "HEAD", {{"HTTP_COOKIE", cookieFor("mine")}}).status, 200);
}

TEST_F(SessionDataTest, MakesNobodyAnAdmin) {
  build(256 * 1024, false);
  put("mine", R"("cart":[1])");
  const Response refused = patch(R"({"user":{"id":1,"roles":["admin"]},"cart":[2]})");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("\"error\":\"read_only\""));
  EXPECT_EQ(said(get()), R"(200 {"cart":[1]})");
  EXPECT_EQ(said(patch(R"({"cart":[2]})")), R"(200 {"cart":[2]})");
}

}  // namespace
}  // namespace sessiond
