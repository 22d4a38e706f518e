// The cookie members were written by express-session 1.19's Cookie for the same options.

#include "session/new_session.h"

#include <gtest/gtest.h>

#include "session/facts_extractor.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;

const WallTime kMadeAt(milliseconds(1767225600000));
constexpr std::string_view kOwn =
    R"("_sd":{"created":1767225600000,"authenticated":1767225600000,"address":"192.0.2.0/24","login":"ada"}})";

std::string compose(const NewSessionCookie& cookie, std::string_view user = R"({"id":42})",
                    std::string_view user_at = "/user") {
  return composeSession(cookie, user, {.created = kMadeAt, .address = "192.0.2.0/24", .login = "ada"}, user_at);
}

TEST(NewSession, IsWhatExpressWouldHaveStored) {
  NewSessionCookie cookie;
  cookie.same_site = SameSite::kStrict;
  EXPECT_EQ(compose(cookie),
            R"({"cookie":{"originalMaxAge":null,"expires":null,"secure":false,"httpOnly":true,"path":"/",)"
            R"("sameSite":"strict"},"user":{"id":42},)" +
                std::string(kOwn));
}

TEST(NewSession, WritesEveryAttributeInExpressOrder) {
  NewSessionCookie cookie;
  cookie.original_max_age = milliseconds(86400000);
  cookie.expires = kMadeAt + milliseconds(86400000);
  cookie.secure = true;
  cookie.same_site = SameSite::kLax;
  cookie.domain = "example.org";
  cookie.partitioned = true;
  cookie.priority = CookiePriority::kHigh;
  EXPECT_EQ(compose(cookie),
            R"({"cookie":{"originalMaxAge":86400000,"partitioned":true,"priority":"high",)"
            R"("expires":"2026-01-02T00:00:00.000Z","secure":true,"httpOnly":true,"domain":"example.org","path":"/",)"
            R"("sameSite":"lax"},"user":{"id":42},)" +
                std::string(kOwn));
}

TEST(NewSession, SpellsTheOtherWords) {
  NewSessionCookie cookie;
  cookie.http_only = false;
  cookie.same_site = SameSite::kNone;
  cookie.priority = CookiePriority::kLow;
  cookie.path = "";
  EXPECT_TRUE(compose(cookie).starts_with(
      R"({"cookie":{"originalMaxAge":null,"priority":"low","expires":null,"secure":false,"httpOnly":false,)"
      R"("sameSite":"none"},)"));
  cookie.priority = CookiePriority::kMedium;
  cookie.same_site = SameSite::kUnset;
  EXPECT_TRUE(compose(cookie).starts_with(
      R"({"cookie":{"originalMaxAge":null,"priority":"medium","expires":null,"secure":false,"httpOnly":false},)"));
}

TEST(NewSession, PutsTheUserWhereTheCheckLooksForIt) {
  EXPECT_NE(compose({}, "7", "/passport/user").find(R"(},"passport":{"user":7},"_sd")"), std::string::npos);
  EXPECT_NE(compose({}, "7", "/a~1\"b").find(R"(},"a/\"b":7,"_sd")"), std::string::npos);
}

TEST(NewSession, EscapesAddressAndName) {
  EXPECT_NE(composeSession({}, "1", {.created = kMadeAt, .address = "\"\n", .login = "\\"})
                .find(R"("address":"\"\n","login":"\\"}})"),
            std::string::npos);
}

TEST(NewSession, SaysWhoseLoginItWas) {
  const std::string json =
      composeSession({}, R"({"id":42})", {.created = kMadeAt, .login = "ada", .epoch = 3, .user_id = "42"});
  EXPECT_NE(json.find(R"("login":"ada","user":"42","epoch":3}})"), std::string::npos) << json;
}

TEST(NewSession, IsReadBackAsItWasMeant) {
  ExtractionRules rules;
  rules.user_at = "/passport/user";
  rules.identity.resize(1);
  rules.identity.front().name = "X-Id";
  rules.identity.front().from = "/passport/user/id";
  NewSessionCookie cookie;
  cookie.original_max_age = milliseconds(1500);
  cookie.domain = "example.org";
  const SessionFacts facts = FactsExtractor(rules).extract(compose(cookie, R"({"id":"u1"})", "/passport/user"));
  EXPECT_EQ(facts.state, CheckStatus::kValid);
  EXPECT_EQ(facts.identity.lines(), "X-Id: u1\r\n");
  EXPECT_EQ(facts.created, kMadeAt);
  EXPECT_EQ(facts.authenticated, kMadeAt);
  EXPECT_EQ(facts.touch_ttl, std::chrono::seconds(2));
  EXPECT_EQ(facts.cookie.domain, "example.org");
}

TEST(NewSessionDeathTest, HasNoPlaceForAUserInItsOwnMembers) {
  EXPECT_DEATH((void)compose({}, "1", ""), "check failed");
  EXPECT_DEATH((void)compose({}, "1", "/cookie/user"), "check failed");
  EXPECT_DEATH((void)compose({}, "1", "/_sd"), "check failed");
  EXPECT_DEATH((void)compose({}, "1", "user"), "check failed");
}

TEST(IsoTime, IsWrittenAsToISOStringDoes) {
  EXPECT_EQ(formatIsoTime(WallTime()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(formatIsoTime(WallTime(milliseconds(1709210096007))), "2024-02-29T12:34:56.007Z");
  EXPECT_EQ(formatIsoTime(WallTime(milliseconds(253402300799999))), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(formatIsoTime(WallTime(milliseconds(253402300800000))), "+010000-01-01T00:00:00.000Z");
  EXPECT_EQ(formatIsoTime(WallTime(milliseconds(8640000000000000))), "+275760-09-13T00:00:00.000Z");
}

}  // namespace
}  // namespace sessiond
