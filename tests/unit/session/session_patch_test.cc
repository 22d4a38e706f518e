#include "session/session_patch.h"

#include <gtest/gtest.h>

#include "json/json_duplicates.h"
#include "json/json_tree.h"
#include "session/public_view.h"
#include "session/reserved_names.h"

namespace sessiond {
namespace {

std::string_view wordFor(MergePatchError error) {
  switch (error) {
    case MergePatchError::kMalformed:
      return "malformed";
    case MergePatchError::kNotAnObject:
      return "not an object";
    case MergePatchError::kDuplicateName:
      return "duplicate name";
    case MergePatchError::kTooDeep:
      return "too deep";
  }
  return "?";
}

std::string patched(std::string_view session, std::string_view patch, const std::vector<JsonPointer>& read_only = {}) {
  const Expected<MergePatch, MergePatchError> parsed = MergePatch::parse(patch);
  if (!parsed) return std::string(wordFor(parsed.error()));
  const Expected<std::string, PatchError> next = patchSession(session, *parsed, read_only);
  if (next) return *next;
  switch (next.error()) {
    case PatchError::kReservedName:
      return "reserved name";
    case PatchError::kReadOnly:
      return "read only";
    case PatchError::kCorruptSession:
      return "corrupt session";
  }
  return "?";
}

// RFC 7396, appendix A, as far as both sides are objects.
TEST(MergePatch, FollowsTheExamplesOfTheRfc) {
  EXPECT_EQ(patched(R"({"a":"b"})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(patched(R"({"a":"b"})", R"({"b":"c"})"), R"({"a":"b","b":"c"})");
  EXPECT_EQ(patched(R"({"a":"b"})", R"({"a":null})"), R"({})");
  EXPECT_EQ(patched(R"({"a":"b","b":"c"})", R"({"a":null})"), R"({"b":"c"})");
  EXPECT_EQ(patched(R"({"a":["b"]})", R"({"a":"c"})"), R"({"a":"c"})");
  EXPECT_EQ(patched(R"({"a":"c"})", R"({"a":["b"]})"), R"({"a":["b"]})");
  EXPECT_EQ(patched(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})"), R"({"a":{"b":"d"}})");
  EXPECT_EQ(patched(R"({"a":[{"b":"c"}]})", R"({"a":[1]})"), R"({"a":[1]})");
  EXPECT_EQ(patched(R"({"e":null})", R"({"a":1})"), R"({"e":null,"a":1})");
  EXPECT_EQ(patched(R"({})", R"({"a":{"bb":{"ccc":null}}})"), R"({"a":{"bb":{}}})");
}

TEST(MergePatch, ReplacesWhatIsNoObjectByAnObject) {
  EXPECT_EQ(patched(R"({"a":[1]})", R"({"a":{"b":1,"c":null}})"), R"({"a":{"b":1}})");
}

TEST(MergePatch, KeepsNullsInsideArrays) {
  EXPECT_EQ(patched("{}", R"({"a":[null,{"b":null}]})"), R"({"a":[null,{"b":null}]})");
}

TEST(MergePatch, CopiesWhatItDoesNotTouchByteForByte) {
  EXPECT_EQ(patched("{ \"cookie\": {\"originalMaxAge\":1.0e3, \"x\":\"\\ud800\\/\" },\n \"n\":12345678901234567890.10 ,"
                    "\"\\u0061\":{\"k\" : -0 ,\"z\":[ 1 ]},\"_sd\":{}}",
                    R"({"a":{"new":0.10},"b":1E2})"),
            "{\"cookie\":{\"originalMaxAge\":1.0e3, \"x\":\"\\ud800\\/\" },\"n\":12345678901234567890.10,"
            "\"\\u0061\":{\"k\":-0,\"z\":[ 1 ],\"new\":0.10},\"_sd\":{},\"b\":1E2}");
}

TEST(MergePatch, KeepsTheOrderOfNames) {
  EXPECT_EQ(patched(R"({"c":1,"a":2,"b":3})", R"({"z":9,"b":4,"c":5,"d":6})"), R"({"c":5,"a":2,"b":4,"z":9,"d":6})");
}

TEST(MergePatch, AnEmptyPatchChangesNothing) {
  EXPECT_EQ(patched(R"({"cookie":{},"a":1})", "{}"), R"({"cookie":{},"a":1})");
  EXPECT_EQ(patched("{}", " { } "), "{}");
}

TEST(MergePatch, FindsNamesHoweverTheyAreWritten) {
  EXPECT_EQ(patched(R"({"\u0061":1})", R"({"a":2})"), R"({"\u0061":2})");
  EXPECT_EQ(patched(R"({"a":1})", R"({"\u0061":null})"), "{}");
}

TEST(MergePatch, TakesTheLastOfStoredNamesThatComeTwice) {
  EXPECT_EQ(patched(R"({"a":{"x":1},"b":0,"a":{"y":2}})", R"({"a":{"z":3}})"), R"({"a":{"y":2,"z":3},"b":0})");
  EXPECT_EQ(patched(R"({"a":1,"a":2})", R"({"a":null})"), "{}");
  EXPECT_EQ(patched(R"({"a":1,"a":2})", R"({"b":3})"), R"({"a":1,"a":2,"b":3})");
}

TEST(MergePatch, RefusesWhatIsNoPatch) {
  for (const char* patch : {"", "{", "{\"a\":1}x", "\xEF\xBB\xBF{}", "{\"a\":\"\xFF\"}", "{'a':1}"}) {
    EXPECT_EQ(patched("{}", patch), "malformed") << patch;
  }
  for (const char* patch : {"null", "1", "\"a\"", "[]", "true"}) EXPECT_EQ(patched("{}", patch), "not an object");
}

TEST(MergePatch, RefusesNamesThatComeTwice) {
  EXPECT_EQ(patched("{}", R"({"a":1,"a":2})"), "duplicate name");
  EXPECT_EQ(patched("{}", R"({"a":{"b":1,"\u0062":2}})"), "duplicate name");
  EXPECT_EQ(patched("{}", R"({"a":[{"b":1,"b":2}]})"), "duplicate name");
}

TEST(MergePatch, RefusesReservedNamesAtTheTopOnly) {
  for (const char* name : {"cookie",
                           "_sd",
                           "id",
                           "req",
                           "touch",
                           "resetMaxAge",
                           "save",
                           "reload",
                           "destroy",
                           "regenerate",
                           "__proto__",
                           "constructor",
                           "hasOwnProperty",
                           "isPrototypeOf",
                           "propertyIsEnumerable",
                           "toLocaleString",
                           "toString",
                           "valueOf",
                           "__defineGetter__",
                           "__defineSetter__",
                           "__lookupGetter__",
                           "__lookupSetter__"}) {
    const std::string member = "\"" + std::string(name) + "\"";
    EXPECT_TRUE(isReservedName(name));
    EXPECT_EQ(patched("{}", "{\"a\":1," + member + ":1}"), "reserved name");
    EXPECT_EQ(patched("{}", "{" + member + ":null}"), "reserved name");
    EXPECT_EQ(patched("{}", "{\"a\":{" + member + ":1}}"), "{\"a\":{" + member + ":1}}");
  }
  EXPECT_EQ(patched("{}", R"({"\u0063ookie":1})"), "reserved name");
  for (const char* name : {"user", "Cookie", "ID", "", "cookies"}) EXPECT_FALSE(isReservedName(name));
}

TEST(MergePatch, RefusesASessionThatIsNone) {
  for (const char* session : {"", "null", "[]", "1", "{", "\"\""}) EXPECT_EQ(patched(session, "{}"), "corrupt session");
}

std::string nested(int depth, std::string_view inner) {
  std::string json;
  for (int i = 0; i < depth; ++i) json += "{\"a\":";
  json += inner;
  return json.append(static_cast<std::size_t>(depth), '}');
}

TEST(MergePatch, GoesSixtyFourLevelsDeepAndNoDeeper) {
  EXPECT_EQ(patched(nested(64, "1"), nested(64, "2")), nested(64, "2"));
  EXPECT_EQ(patched("{}", nested(65, "2")), "too deep");
  EXPECT_EQ(patched("{}", std::string(1'000'000, '[')), "too deep");
}

TEST(MergePatch, CopesWithManyNames) {
  std::string session = "{\"cookie\":{}";
  std::string patch = "{\"n0\":1";
  for (int i = 0; i < 20'000; ++i) session += ",\"m" + std::to_string(i) + "\":" + std::to_string(i);
  for (int i = 0; i < 5'000; ++i) patch += ",\"m" + std::to_string(i) + "\":null";
  const std::string next = patched(session + "}", patch + "}");
  EXPECT_TRUE(next.starts_with("{\"cookie\":{},\"m5000\":5000,"));
  EXPECT_TRUE(next.ends_with(",\"m19999\":19999,\"n0\":1}"));
}

std::vector<JsonPointer> placesOf(const std::string& user_at = "/user") {
  ExtractionRules rules;
  rules.user_at = user_at;
  rules.roles_at = "/groups/0";
  rules.identity = {identityHeader("X-Tenant", "/profile/tenant")};
  SessionPolicy policy;
  policy.match = {{"/plan", "\"pro\""}};
  rules.policies = {SessionPolicy{}, policy};
  return decidingPlaces(rules);
}

TEST(SessionPatch, MayNotChangeWhoSomebodyIs) {
  const std::string session =
      R"({"cookie":{},"user":{"id":1,"roles":["a"]},"groups":["a"],"profile":{"tenant":"t","x":1},"plan":"free"})";
  for (const char* patch :
       {R"({"user":{"id":2}})", R"({"user":{"theme":"dark"}})", R"({"user":null})", R"({"user":[]})",
        R"({"groups":["admin"]})", R"({"groups":{"0":"admin"}})", R"({"profile":{"tenant":"u"}})",
        R"({"profile":null})", R"({"profile":7})", R"({"plan":"pro"})", R"({"\u0070lan":"pro"})"}) {
    EXPECT_EQ(patched(session, patch, placesOf()), "read only") << patch;
    EXPECT_NE(patched(session, patch), "read only") << patch;
  }
  for (const char* patch : {R"({"cart":[1]})", R"({"profile":{"x":2}})", R"({"groups":["a","b"]})", "{}",
                            R"({"user":{"id":1},"plan":"free"})"}) {
    EXPECT_NE(patched(session, patch, placesOf()), "read only") << patch;
  }
}

TEST(SessionPatch, MayNotChangeAnIdThatStandsBesideTheUser) {
  ExtractionRules rules;
  rules.user_at = "/user";
  rules.user_id_at = "/account/id";
  const std::string session = R"({"cookie":{},"user":"ada","account":{"id":7,"plan":"free"}})";
  EXPECT_EQ(patched(session, R"({"account":{"id":1}})", decidingPlaces(rules)), "read only");
  EXPECT_EQ(patched(session, R"({"account":{"plan":"pro"}})", decidingPlaces(rules)),
            R"({"cookie":{},"user":"ada","account":{"id":7,"plan":"pro"}})");
}

TEST(SessionPatch, MakesNobodySomebody) {
  for (const char* patch : {R"({"passport":{"user":7}})", R"({"passport":{"user":{"roles":["admin"]}}})"}) {
    EXPECT_EQ(patched(R"({"cookie":{}})", patch, placesOf("/passport/user")), "read only") << patch;
    EXPECT_EQ(patched(R"({"cookie":{},"passport":{}})", patch, placesOf("/passport/user")), "read only") << patch;
  }
  EXPECT_EQ(patched(R"({"cookie":{},"passport":{}})", R"({"passport":{"next":"/"}})", placesOf("/passport/user")),
            R"({"cookie":{},"passport":{"next":"/"}})");
}

TEST(JsonDuplicates, AreFoundAtEveryDepth) {
  const auto twice = [](std::string_view json) { return hasDuplicateNames(JsonTree::parse(json)->root()); };
  EXPECT_FALSE(twice(R"({"a":{"a":[{"a":1},{"a":2}]},"b":"a"})"));
  EXPECT_FALSE(twice(R"(["a","a"])"));
  EXPECT_FALSE(twice("1"));
  EXPECT_TRUE(twice(R"({"a":1,"b":2,"a":3})"));
  EXPECT_TRUE(twice(R"([[{"x":{"a":1,"\u0061":2}}]])"));
}

TEST(PublicView, LeavesOutWhatIsNotTheApplications) {
  EXPECT_EQ(publicView(R"({"cookie":{"path":"/"},"user":{"id":1.0},"_sd":{"created":1},"n":12345678901234567890})"),
            R"({"user":{"id":1.0},"n":12345678901234567890})");
  EXPECT_EQ(publicView(R"({"cookie":{}})"), "{}");
  EXPECT_EQ(publicView(R"({ "a" : 1 , "\u0063ookie":2,"cookies":3, "x":{"cookie":1,"_sd":2} })"),
            R"({"a":1,"cookies":3,"x":{"cookie":1,"_sd":2}})");
}

TEST(PublicView, ShowsWhatExpressWouldHaveInTheSession) {
  EXPECT_EQ(
      publicView(R"({"id":5,"save":1,"toString":2,"__proto__":{"x":1},"hasOwnProperty":3,"cart":1,"n":{"id":6}})"),
      R"({"cart":1,"n":{"id":6}})");
  EXPECT_EQ(publicView(R"({"cart":1,"a":2,"c\u0061rt":3,"cookie":{},"cart":4})"), R"({"a":2,"cart":4})");
}

TEST(PublicView, HasNothingToShowOfWhatIsNoObject) {
  for (const char* json : {"", "null", "[]", "{", "\"\""}) EXPECT_EQ(publicView(json), std::nullopt) << json;
}

}  // namespace
}  // namespace sessiond
