#include "session/facts_extractor.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

IdentityHeader header(std::string name, std::string from, bool required = false) {
  IdentityHeader rule;
  rule.name = std::move(name);
  rule.from = std::move(from);
  rule.required = required;
  return rule;
}

ExtractionRules defaultRules() {
  ExtractionRules rules;
  rules.identity = {header("X-User-Id", "/user/id"), header("X-User-Roles", "/user/roles")};
  return rules;
}

std::string session(std::string_view members) {
  return "{\"cookie\":{\"originalMaxAge\":60000},"
         "\"_sd\":{\"created\":1767225600000,\"authenticated\":1767225600001}," +
         std::string(members) + "}";
}

SessionFacts extract(std::string_view members, ExtractionRules rules = defaultRules()) {
  return FactsExtractor(std::move(rules)).extract(session(members));
}

CheckStatus stateOf(std::string_view members, ExtractionRules rules = defaultRules()) {
  return extract(members, std::move(rules)).state;
}

TEST(FactsExtractor, TellsWhatACheckNeeds) {
  const SessionFacts facts = extract(R"("user":{"id":42,"roles":["admin","staff"]})");
  EXPECT_EQ(facts.state, CheckStatus::kValid);
  EXPECT_EQ(facts.identity.lines(), "X-User-Id: 42\r\nX-User-Roles: admin,staff\r\n");
  EXPECT_FALSE(facts.required_identity_missing);
  EXPECT_EQ(facts.identity_lost, 0U);
  EXPECT_EQ(facts.created, WallTime(milliseconds(1767225600000)));
  EXPECT_EQ(facts.authenticated, WallTime(milliseconds(1767225600001)));
  EXPECT_EQ(facts.touch_ttl, seconds(60));
  EXPECT_EQ(facts.cookie_max_age, milliseconds(60000));
  EXPECT_EQ(facts.cookie.path, "/");
}

TEST(FactsExtractor, AUserThatIsNullFalseOrEmptyIsNobody) {
  for (const char* members :
       {R"("user":null)", R"("user":false)", R"("user":"")", R"("x":1)", R"("User":{})", R"("user2":{})"}) {
    EXPECT_EQ(stateOf(members), CheckStatus::kAnonymous) << members;
  }
  for (const char* members : {R"("user":{})", R"("user":[])", R"("user":0)", R"("user":"0")", R"("user":true)",
                              R"("user":" ")", R"("user":"a")", R"("user":{"id":null})"}) {
    EXPECT_EQ(stateOf(members), CheckStatus::kValid) << members;
  }
}

TEST(FactsExtractor, LooksForTheUserWhereItIsTold) {
  ExtractionRules rules = defaultRules();
  rules.user_at = "/passport/user";
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("passport":{"user":7})")).state, CheckStatus::kValid);
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("passport":{})")).state, CheckStatus::kAnonymous);
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("passport":5)")).state, CheckStatus::kAnonymous);
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("user":{"id":1})")).state, CheckStatus::kAnonymous);
  rules.user_at = "/users/1";
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("users":[null,"b"])")).state, CheckStatus::kValid);
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("users":["a"])")).state, CheckStatus::kAnonymous);
  EXPECT_EQ(FactsExtractor(rules).extract(session(R"("users":{"1":"b"})")).state, CheckStatus::kValid);
}

TEST(FactsExtractor, NobodySendsEveryHeaderEmpty) {
  const FactsExtractor extractor(defaultRules());
  EXPECT_EQ(extractor.nobody().state, CheckStatus::kAnonymous);
  EXPECT_EQ(extractor.nobody().identity.lines(), "X-User-Id: \r\nX-User-Roles: \r\n");
}

TEST(FactsExtractor, AnAnonymousSessionSendsNothingOfItself) {
  ExtractionRules rules = defaultRules();
  rules.identity.push_back(header("X-Cart", "/cart", true));
  rules.identity.push_back(header("X-Theme", "/theme"));
  rules.policies = {SessionPolicy{}};
  const SessionFacts facts = extract(R"("cart":"c1\n","theme":"dark")", rules);
  EXPECT_EQ(facts.state, CheckStatus::kAnonymous);
  EXPECT_EQ(facts.identity.lines(), "X-User-Id: \r\nX-User-Roles: \r\nX-Cart: \r\nX-Theme: \r\n");
  EXPECT_EQ(facts.policies_met, 0U);
  EXPECT_FALSE(facts.required_identity_missing);
  EXPECT_FALSE(facts.refused_identity_lost);
  EXPECT_EQ(facts.identity_lost, 0U);
  EXPECT_EQ(facts.touch_ttl, seconds(60));
}

TEST(FactsExtractor, PassesOnWhatTheRecordIs) {
  const FactsExtractor extractor(defaultRules());
  EXPECT_EQ(extractor.extract("{}").state, CheckStatus::kCorrupt);
  EXPECT_EQ(extractor.extract("null").state, CheckStatus::kUnknown);
  EXPECT_EQ(extractor.extract("").state, CheckStatus::kUnknown);
  EXPECT_EQ(extractor.extract(R"({"cookie":{"originalMaxAge":0},"user":{"id":1}})").state, CheckStatus::kExpired);
  EXPECT_EQ(extractor.extract("null").identity.lines(), "");
}

TEST(FactsExtractor, ALongerNameThanAnybodyHasIsNoName) {
  const auto loginOf = [](std::size_t bytes) {
    const std::string name(bytes, 'x');
    return FactsExtractor(defaultRules())
        .extract(R"({"cookie":{},"user":{"id":1},"_sd":{"created":1,"auth":"redis:0000000000000001","login":")" + name +
                 R"("}})")
        .login;
  };
  EXPECT_EQ(loginOf(SessionFacts::kLongestLogin).size(), SessionFacts::kLongestLogin);
  EXPECT_EQ(loginOf(SessionFacts::kLongestLogin + 1), "");
}

TEST(FactsExtractor, ALoginSaysNothingAboutAnotherUserThanItsOwn) {
  const auto factsOf = [](const std::string& user, const std::string& whose = R"(,"user":"7")") {
    return FactsExtractor(defaultRules())
        .extract(R"({"cookie":{},"user":)" + user +
                 R"(,"_sd":{"created":1,"authenticated":2,"auth":"redis:00000000000000ff","login":"ada","epoch":3)" +
                 whose + "}}");
  };
  for (const SessionFacts& own :
       {factsOf(R"({"id":"7"})"), factsOf(R"({"id":7,"roles":["admin"]})"), factsOf(R"({"id":99})", "")}) {
    EXPECT_EQ(own.authenticated, WallTime(milliseconds(2)));
    EXPECT_EQ(own.keeper, UserKeeper::kStore);
    EXPECT_EQ(own.password_tag, 255U);
    EXPECT_EQ(own.login, "ada");
  }
  const SessionFacts another = factsOf(R"({"id":99})");
  EXPECT_EQ(another.state, CheckStatus::kValid);
  EXPECT_EQ(another.authenticated, std::nullopt);
  EXPECT_EQ(another.keeper, UserKeeper::kNobody);
  EXPECT_EQ(another.password_tag, 0U);
  EXPECT_EQ(another.login, "");
  EXPECT_EQ(another.created, WallTime(milliseconds(1))) << "the session's own";
  EXPECT_EQ(another.epoch, 3U) << "everybody's";
  const SessionFacts nameless = factsOf(R"({"name":"Ada"})");
  EXPECT_EQ(nameless.authenticated, std::nullopt);
  EXPECT_EQ(nameless.keeper, UserKeeper::kStore) << "who cannot be told apart is locked out with them";
}

TEST(FactsExtractor, UsesItsOwnLimitAndIdleTimeout) {
  ExtractionRules rules = defaultRules();
  const std::string json = R"({"cookie":{},"user":{"id":1}})";
  rules.idle_timeout = seconds(30);
  rules.max_bytes = json.size();
  EXPECT_EQ(FactsExtractor(rules).extract(json).touch_ttl, seconds(30));
  rules.max_bytes = json.size() - 1;
  EXPECT_EQ(FactsExtractor(rules).extract(json).state, CheckStatus::kCorrupt);
  EXPECT_EQ(FactsExtractor(rules).extract(json).damage, RecordDamage::kTooLarge);
  EXPECT_EQ(FactsExtractor(rules).maxBytes(), json.size() - 1);
}

TEST(FactsExtractor, SaysWhatIsWrongWithWhatIsCorrupt) {
  EXPECT_EQ(extract(R"("user":{"id":1})").damage, RecordDamage::kNone);
  EXPECT_EQ(extract(R"("user":{"id":1,"id":2})").damage, RecordDamage::kRepeatedName);
  EXPECT_EQ(extract(R"("user":{"id":1},"_sd":7)").damage, RecordDamage::kRepeatedName);
  EXPECT_EQ(FactsExtractor(defaultRules()).extract("[]").damage, RecordDamage::kNoCookie);
  EXPECT_EQ(FactsExtractor(defaultRules()).extract("null").damage, RecordDamage::kNone);
}

TEST(FactsExtractor, ALostValueLeavesItsHeaderEmptyAndIsNoted) {
  const SessionFacts facts = extract(R"("user":{"id":"1\r\nX-Evil: 1","roles":{"a":1}})");
  EXPECT_EQ(facts.state, CheckStatus::kValid);
  EXPECT_EQ(facts.identity.lines(), "X-User-Id: \r\nX-User-Roles: \r\n");
  EXPECT_EQ(facts.identity_lost, 0b11U);
  EXPECT_FALSE(facts.refused_identity_lost);
}

TEST(FactsExtractor, ALostIdOrRoleIsARefusal) {
  ExtractionRules rules;
  rules.identity = {identityHeader("X-User-Name", "/user/name"), identityHeader("X-User-Id", "/user/id"),
                    identityHeader("X-User-Roles", "/user/roles")};
  for (const char* members :
       {R"("user":{"id":" root"})", R"("user":{"id":"root "})", R"("user":{"id":"\u00011"})", R"("user":{"id":{}})",
        R"("user":{"id":1,"roles":["\u0001admin"]})", R"("user":{"id":1,"roles":"staff,admin"})"}) {
    EXPECT_TRUE(extract(members, rules).refused_identity_lost) << members;
  }
  const SessionFacts name = extract(R"("user":{"id":1,"name":" Ada"})", rules);
  EXPECT_FALSE(name.refused_identity_lost);
  EXPECT_EQ(name.identity_lost, 0b001U);
  EXPECT_EQ(name.identity.lines(), "X-User-Name: \r\nX-User-Id: 1\r\nX-User-Roles: \r\n");
}

TEST(FactsExtractor, NoLongNamePushesAnIdOrRolesOut) {
  ExtractionRules rules;
  rules.identity = {identityHeader("X-User-Name", "/user/name"), header("X-Tenant", "/user/tenant", true),
                    identityHeader("X-User-Id", "/user/id"), identityHeader("X-User-Roles", "/user/roles")};
  rules.identity_max_bytes = 8;
  const SessionFacts facts = extract(R"("user":{"name":"abcdefgh","tenant":"t","id":"42","roles":["a","b"]})", rules);
  EXPECT_EQ(facts.identity.lines(), "X-User-Name: \r\nX-Tenant: t\r\nX-User-Id: 42\r\nX-User-Roles: a,b\r\n");
  EXPECT_EQ(facts.identity_lost, 0b0001U);
  EXPECT_FALSE(facts.refused_identity_lost);
  EXPECT_FALSE(facts.required_identity_missing);
  rules.identity_max_bytes = 5;
  EXPECT_TRUE(extract(R"("user":{"tenant":"t","id":"42","roles":["a","b"]})", rules).required_identity_missing);
  rules.identity_max_bytes = 4;
  EXPECT_TRUE(extract(R"("user":{"tenant":"t","id":"42","roles":["a","b"]})", rules).refused_identity_lost);
}

TEST(FactsExtractor, ARequiredHeaderWithoutAValueIsMissing) {
  ExtractionRules rules;
  rules.identity = {header("X-User-Id", "/user/id", true)};
  EXPECT_FALSE(extract(R"("user":{"id":0})", rules).required_identity_missing);
  EXPECT_FALSE(extract(R"("user":{"id":false})", rules).required_identity_missing);
  for (const char* members : {R"("user":{})", R"("user":{"id":null})", R"("user":{"id":""})", R"("user":{"id":"  "})",
                              R"("user":{"id":"\u0001"})", R"("user":{"id":"a\nb"})", R"("user":{"id":{}})",
                              R"("user":{"id":[]})", R"("user":"text")"}) {
    EXPECT_TRUE(extract(members, rules).required_identity_missing) << members;
  }
  rules.identity_max_bytes = 3;
  EXPECT_FALSE(extract(R"("user":{"id":"abc"})", rules).required_identity_missing);
  EXPECT_TRUE(extract(R"("user":{"id":"abcd"})", rules).required_identity_missing);
}

TEST(FactsExtractor, LeavesOutWholeWhatExceedsTheBudget) {
  ExtractionRules rules;
  rules.identity = {header("A", "/user/a"), header("B", "/user/b"), header("C", "/user/c")};
  rules.identity_max_bytes = 10;
  const SessionFacts exact = extract(R"("user":{"a":"12345","b":"123","c":"12"})", rules);
  EXPECT_EQ(exact.identity.lines(), "A: 12345\r\nB: 123\r\nC: 12\r\n");
  EXPECT_EQ(exact.identity_lost, 0U);

  const SessionFacts beyond = extract(R"("user":{"a":"12345","b":"123456","c":"12345"})", rules);
  EXPECT_EQ(beyond.identity.lines(), "A: 12345\r\nB: \r\nC: 12345\r\n");
  EXPECT_EQ(beyond.identity_lost, 0b010U);
}

TEST(FactsExtractor, CountsTheBudgetAsSent) {
  ExtractionRules rules;
  rules.identity = {header("A", "/user/a")};
  rules.identity.front().encode = IdentityEncoding::kPercent;
  rules.identity_max_bytes = 6;
  EXPECT_EQ(extract("\"user\":{\"a\":\"\xC3\xA9\"}", rules).identity.lines(), "A: %C3%A9\r\n");
  rules.identity_max_bytes = 5;
  EXPECT_EQ(extract("\"user\":{\"a\":\"\xC3\xA9\"}", rules).identity.lines(), "A: \r\n");
}

TEST(FactsExtractor, NamesThatComeTwiceOnTheWayToIdentityAreCorrupt) {
  ExtractionRules rules = defaultRules();
  rules.identity.push_back(header("X-Mail", "/profile/mail"));
  SessionPolicy policy;
  policy.match = {{"/tenant/id", "1"}};
  rules.policies = {policy};
  for (const char* members :
       {R"("user":{"id":1},"user":{"id":2})", R"("user":{"id":1,"id":2})", R"("user":{"id":1,"\u0069d":2})",
        R"("user":{"id":1,"roles":[],"roles":["admin"]})", R"("user":{"id":1},"profile":{},"profile":{"mail":"x"})",
        R"("user":{"id":1},"profile":{"mail":"a","mail":"b"})", R"("user":{"id":1},"tenant":{"id":1},"tenant":{})",
        R"("user":{"id":1},"tenant":{"id":1,"id":2})", R"("user":null,"user":null)"}) {
    EXPECT_EQ(stateOf(members, rules), CheckStatus::kCorrupt) << members;
  }
  EXPECT_EQ(stateOf(R"("user":{"id":1,"x":1,"x":2},"y":1,"y":2,"tenant":{"z":1,"z":2})", rules), CheckStatus::kValid);
}

TEST(FactsExtractor, NamesThatComeTwiceInWhatIsSentAreCorrupt) {
  ExtractionRules rules;
  rules.identity = {header("X-Profile", "/user")};
  rules.identity.front().encode = IdentityEncoding::kBase64Url;
  EXPECT_EQ(stateOf(R"("user":{"id":1,"x":{"y":2}})", rules), CheckStatus::kValid);
  EXPECT_EQ(stateOf(R"("user":{"id":1,"x":[{"y":2,"y":3}]})", rules), CheckStatus::kCorrupt);
}

TEST(FactsExtractor, ReplacesLoneSurrogates) {
  EXPECT_EQ(extract(R"("user":{"id":"a\ud83d"})").identity.lines(), "X-User-Id: a\xEF\xBF\xBD\r\nX-User-Roles: \r\n");
}

TEST(FactsExtractor, KeepsTheTextOfNumbers) {
  EXPECT_EQ(extract(R"("user":{"id":9007199254740993})").identity.lines(),
            "X-User-Id: 9007199254740993\r\nX-User-Roles: \r\n");
}

// --- policies ---

std::uint64_t met(std::string_view members, std::vector<SessionPolicy> policies) {
  ExtractionRules rules = defaultRules();
  rules.policies = std::move(policies);
  return extract(members, std::move(rules)).policies_met;
}

SessionPolicy withRoles(std::vector<std::string> any, std::vector<std::string> all) {
  SessionPolicy policy;
  policy.roles_any = std::move(any);
  policy.roles_all = std::move(all);
  return policy;
}

SessionPolicy withMatch(std::vector<std::pair<std::string, std::string>> match) {
  SessionPolicy policy;
  policy.match = std::move(match);
  return policy;
}

TEST(FactsExtractor, NotesEachPolicyThatTheSessionMeets) {
  EXPECT_EQ(met(R"("user":{"roles":["a"]})", {SessionPolicy{}, withRoles({"b"}, {}), withRoles({"a", "b"}, {}),
                                              withRoles({}, {"a"}), withRoles({}, {"a", "b"})}),
            0b01101U);
}

TEST(FactsExtractor, AsksForAnyAndAllRolesTogether) {
  EXPECT_EQ(met(R"("user":{"roles":["a","c"]})",
                {withRoles({"a", "b"}, {"c"}), withRoles({"b"}, {"c"}), withRoles({"a"}, {"b"})}),
            0b001U);
}

TEST(FactsExtractor, TakesRolesForStringsOnly) {
  const std::vector<SessionPolicy> policies = {withRoles({"1"}, {}), withRoles({"true"}, {}), withRoles({"a"}, {})};
  EXPECT_EQ(met(R"("user":{"roles":[1,true,["a"],{"a":"a"}]})", policies), 0U);
  EXPECT_EQ(met(R"("user":{"roles":"a"})", policies), 0b100U);
  EXPECT_EQ(met(R"("user":{"roles":{"a":true}})", policies), 0U);
  EXPECT_EQ(met(R"("user":{})", policies), 0U);
  EXPECT_EQ(met(R"("user":{"roles":["A","a "]})", policies), 0U);
}

TEST(FactsExtractor, LooksForRolesWhereItIsTold) {
  ExtractionRules rules;
  rules.roles_at = "/groups";
  rules.policies = {withRoles({"a"}, {})};
  EXPECT_EQ(extract(R"("user":1,"groups":["a"])", rules).policies_met, 1U);
  EXPECT_EQ(extract(R"("user":{"roles":["a"]})", rules).policies_met, 0U);
}

TEST(FactsExtractor, MatchesScalarsByKindAndValue) {
  const auto matches = [](const char* members, const char* json) {
    return met(members, {withMatch({{"/user/x", json}})}) == 1;
  };
  EXPECT_TRUE(matches(R"("user":{"x":"a"})", "\"a\""));
  EXPECT_TRUE(matches(R"("user":{"x":"\u0061"})", "\"a\""));
  EXPECT_TRUE(matches(R"("user":{"x":1.0})", "1"));
  EXPECT_TRUE(matches(R"("user":{"x":true})", "true"));
  EXPECT_TRUE(matches(R"("user":{"x":null})", "null"));
  EXPECT_FALSE(matches(R"("user":{"x":"1"})", "1"));
  EXPECT_FALSE(matches(R"("user":{"x":1})", "\"1\""));
  EXPECT_FALSE(matches(R"("user":{"x":"true"})", "true"));
  EXPECT_FALSE(matches(R"("user":{"x":false})", "true"));
  EXPECT_FALSE(matches(R"("user":{})", "null"));
  EXPECT_FALSE(matches(R"("user":{"x":["a"]})", "\"a\""));
  EXPECT_FALSE(matches(R"("user":{"x":{}})", "\"a\""));
  EXPECT_FALSE(matches(R"("user":{"x":9007199254740993})", "9007199254740992"));
}

TEST(FactsExtractor, AsksForEveryMatch) {
  const SessionPolicy policy = withMatch({{"/user/a", "1"}, {"/b", "2"}});
  EXPECT_EQ(met(R"("user":{"a":1},"b":2)", {policy}), 1U);
  EXPECT_EQ(met(R"("user":{"a":1},"b":3)", {policy}), 0U);
  EXPECT_EQ(met(R"("user":{"a":0},"b":2)", {policy}), 0U);
}

TEST(FactsExtractor, HasABitForTheLastOfSixtyFourPolicies) {
  std::vector<SessionPolicy> policies(63, withRoles({"nobody"}, {}));
  policies.push_back(SessionPolicy{});
  EXPECT_EQ(met(R"("user":1)", policies), std::uint64_t{1} << 63);
}

TEST(FactsExtractorDeathTest, TakesRulesThatWereNotCheckedForABug) {
  ExtractionRules bad_pointer = defaultRules();
  bad_pointer.user_at = "user";
  EXPECT_DEATH(FactsExtractor{bad_pointer}, "check failed");
  ExtractionRules bad_name = defaultRules();
  bad_name.identity.front().name = "X User";
  EXPECT_DEATH(FactsExtractor{bad_name}, "check failed");
  ExtractionRules bad_match = defaultRules();
  bad_match.policies = {withMatch({{"/a", "{}"}})};
  EXPECT_DEATH(FactsExtractor{bad_match}, "check failed");
  ExtractionRules too_many_headers = defaultRules();
  too_many_headers.identity.resize(65, header("X", "/x"));
  EXPECT_DEATH(FactsExtractor{too_many_headers}, "check failed");
  ExtractionRules too_many = defaultRules();
  too_many.policies.resize(65);
  EXPECT_DEATH(FactsExtractor{too_many}, "check failed");
}

TEST(FactsExtractor, KeepsACachedSessionSmall) {
  const SessionFacts facts = extract(R"("user":{"id":"5f1d7f3a9c","roles":["admin","staff"]})");
  EXPECT_LE(sizeof(DecisionFacts), 72U);
  EXPECT_LE(facts.identity.lines().capacity(), facts.identity.lines().size() + 16);
}

TEST(FactsExtractor, NamesTheHeadersByWhichEveryCheckRefuses) {
  ExtractionRules rules;
  rules.identity = {identityHeader("X-User-Id", "/user/id"), identityHeader("X-User-Name", "/user/name"),
                    identityHeader("X-User-Roles", "/user/roles"), header("X-Mail", "/user/mail", true),
                    header("X-Tenant", "/tenant/id", true)};
  const FactsExtractor extractor(rules);
  const auto refusing = [&](std::string_view user) {
    return extractor.headersThatRefuse(extractor.extract(session("\"user\":" + std::string(user))));
  };
  EXPECT_EQ(refusing(R"({"id":7,"mail":"a@b"})"), "") << "the tenant may come from an application";
  EXPECT_EQ(refusing(R"({"id":7,"mail":"a@b","name":" x"})"), "") << "a name may be lost";
  EXPECT_EQ(refusing(R"({"id":" 1","roles":["a,b"],"mail":"a@b"})"), "X-User-Id X-User-Roles");
  EXPECT_EQ(refusing(R"({"id":7})"), "X-Mail");
  EXPECT_EQ(refusing(R"({"id":7,"mail":" a@b"})"), "X-Mail") << "lost, and with that not there";
  EXPECT_EQ(refusing("null"), "") << "nobody lacks nothing";
}

}  // namespace
}  // namespace sessiond
