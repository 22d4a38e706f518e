// What a stored value is: every row of the manual's table, and both sides of every limit.

#include "session/session_record.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMaxBytes = 256 * 1024;
constexpr seconds kIdle{86400};

Expected<SessionRecord, NoRecord> read(std::string_view json) {
  return readSessionRecord(json, kMaxBytes, kIdle);
}

std::string outcome(std::string_view json) {
  const Expected<SessionRecord, NoRecord> record = read(json);
  if (record) return "accepted";
  if (record.error().status == CheckStatus::kUnknown) return "empty";
  if (record.error().status == CheckStatus::kCorrupt) return "corrupt";
  return record.error().status == CheckStatus::kExpired ? "refused" : "?";
}

std::string withCookie(std::string_view cookie) {
  return "{\"cookie\":" + std::string(cookie) + ",\"user\":{\"id\":1}}";
}

std::string withMaxAge(std::string_view value) {
  return withCookie("{\"originalMaxAge\":" + std::string(value) + "}");
}

std::string touchOf(std::string_view json) {
  const Expected<SessionRecord, NoRecord> record = read(json);
  if (!record) return outcome(json);
  return record->cookie.touch_ttl ? std::to_string(record->cookie.touch_ttl->count()) : "never";
}

TEST(SessionRecord, TakesWhatExpressWrites) {
  const Expected<SessionRecord, NoRecord> record = read(
      R"({"cookie":{"originalMaxAge":60000,"expires":"2026-01-01T00:01:00.000Z","httpOnly":true,"path":"/"},"user":1})");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->cookie.touch_ttl, seconds(60));
  EXPECT_EQ(record->cookie.max_age, milliseconds(60000));
  EXPECT_EQ(record->created, std::nullopt);
  EXPECT_EQ(record->authenticated, std::nullopt);
  EXPECT_EQ(record->tree.root().member("user")->text(), "1");
}

TEST(SessionRecord, MalformedJsonIsCorrupt) {
  for (const std::string_view json :
       {std::string_view("{"), std::string_view("{\"cookie\":{}"), std::string_view("{\"cookie\":{},}"),
        std::string_view(" "), std::string_view("\n"), std::string_view("undefined"),
        std::string_view("[object Object]"), std::string_view("{'cookie':{}}"), std::string_view("\0", 1)}) {
    EXPECT_EQ(outcome(json), "corrupt") << json;
  }
}

TEST(SessionRecord, TrailingJunkAndAByteOrderMarkAreCorrupt) {
  EXPECT_EQ(outcome("{\"cookie\":{}}"), "accepted");
  EXPECT_EQ(outcome(" {\"cookie\":{}}\r\n\t"), "accepted");
  EXPECT_EQ(outcome("{\"cookie\":{}}x"), "corrupt");
  EXPECT_EQ(outcome("{\"cookie\":{}}{}"), "corrupt");
  EXPECT_EQ(outcome(std::string_view("{\"cookie\":{}}\0", 14)), "corrupt");
  EXPECT_EQ(outcome("\xEF\xBB\xBF{\"cookie\":{}}"), "corrupt");
}

TEST(SessionRecord, WhatIsNoObjectIsCorrupt) {
  for (const char* json : {"1", "0", "-1.5", "\"text\"", "\" \"", "[]", "[{\"cookie\":{}}]", "true"}) {
    EXPECT_EQ(outcome(json), "corrupt") << json;
  }
}

TEST(SessionRecord, WhatExpressTakesForNoSessionIsEmpty) {
  for (const char* json : {"", "\"\"", "null", " null ", "false"}) EXPECT_EQ(outcome(json), "empty") << json;
}

TEST(SessionRecord, WithoutACookieObjectItIsCorrupt) {
  EXPECT_EQ(outcome("{}"), "corrupt");
  EXPECT_EQ(outcome("{\"user\":{\"id\":1}}"), "corrupt");
  EXPECT_EQ(outcome("{\"Cookie\":{}}"), "corrupt");
  for (const char* cookie : {"null", "\"\"", "\"x\"", "true", "1", "-1", "0.5", "1e400"}) {
    EXPECT_EQ(outcome(withCookie(cookie)), "corrupt") << cookie;
  }
}

TEST(SessionRecord, AnEmptyCookieHasTheDefaultTimeToLive) {
  for (const char* cookie : {"{}", "[]", "false", "0", "-0.0", "[1,2]", "{\"path\":\"/\"}"}) {
    EXPECT_EQ(touchOf(withCookie(cookie)), "86400") << cookie;
  }
}

TEST(SessionRecord, NeverLooksAtExpires) {
  for (const char* expires : {"\"1970-01-01T00:00:00.000Z\"", "\"garbage\"", "null", "0", "{}", "[]", "true", "\"\""}) {
    EXPECT_EQ(touchOf(withCookie("{\"originalMaxAge\":60000,\"expires\":" + std::string(expires) + "}")), "60")
        << expires;
  }
}

TEST(SessionRecord, TouchesForTheOriginalMaxAgeInSecondsRoundedUp) {
  EXPECT_EQ(touchOf(withMaxAge("1")), "1");
  EXPECT_EQ(touchOf(withMaxAge("999")), "1");
  EXPECT_EQ(touchOf(withMaxAge("1000")), "1");
  EXPECT_EQ(touchOf(withMaxAge("1001")), "2");
  EXPECT_EQ(touchOf(withMaxAge("1000.5")), "2");
  EXPECT_EQ(touchOf(withMaxAge("0.5")), "1");
  EXPECT_EQ(touchOf(withMaxAge("1e-9")), "1");
  EXPECT_EQ(touchOf(withMaxAge("8.64e7")), "86400");
  EXPECT_EQ(touchOf(withMaxAge("3153600000000")), "3153600000");  // a hundred years, as "for ever" is often spelt
}

TEST(SessionRecord, WithoutAnOriginalMaxAgeTheIdleTimeoutCounts) {
  EXPECT_EQ(touchOf(withCookie("{}")), "86400");
  EXPECT_EQ(touchOf(withMaxAge("null")), "86400");
  EXPECT_EQ(touchOf(withMaxAge("false")), "86400");
  EXPECT_EQ(readSessionRecord(withMaxAge("null"), kMaxBytes, seconds(30))->cookie.touch_ttl, seconds(30));
}

TEST(SessionRecord, AnOriginalMaxAgeOfZeroOrLessIsRefused) {
  for (const char* value : {"0", "-0", "0.0", "-1", "-0.001", "-86400000", "-1e400", "0e5", "1e-400"}) {
    EXPECT_EQ(outcome(withMaxAge(value)), "refused") << value;
  }
}

TEST(SessionRecord, AnOriginalMaxAgeThatExpressCannotTouchWithIsNeverTouched) {
  for (const char* value : {"\"86400000\"", "\"\"", "\"x\"", "true", "{}", "[]", "[1]", "8600000000000001", "9e15",
                            "1e18", "1e308", "1e400"}) {
    EXPECT_EQ(touchOf(withMaxAge(value)), "never") << value;
    EXPECT_EQ(read(withMaxAge(value))->cookie.max_age, std::nullopt) << value;
  }
  EXPECT_EQ(touchOf(withMaxAge(std::string(400, '9'))), "never");
  EXPECT_EQ(touchOf(withMaxAge("8600000000000000")), "8600000000000");
}

TEST(SessionRecord, NestingDeeperThanSixtyFourIsCorrupt) {
  const auto session = [](std::size_t depth) {
    return "{\"cookie\":{},\"x\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(outcome(session(64)), "accepted");
  EXPECT_EQ(outcome(session(65)), "corrupt");
  EXPECT_EQ(outcome(session(100'000)), "corrupt");
}

TEST(SessionRecord, ALargerValueThanAllowedIsCorrupt) {
  const auto session = [](std::size_t bytes) {
    const std::string start = "{\"cookie\":{},\"x\":\"";
    return start + std::string(bytes - start.size() - 2, 'x') + "\"}";
  };
  EXPECT_EQ(session(kMaxBytes).size(), kMaxBytes);
  EXPECT_EQ(outcome(session(kMaxBytes)), "accepted");
  EXPECT_EQ(outcome(session(kMaxBytes + 1)), "corrupt");
}

TEST(SessionRecord, OwnMembersThatComeTwiceAreCorrupt) {
  for (const char* json : {R"({"cookie":{},"cookie":{}})", R"({"cookie":{},"\u0063ookie":{}})",
                           R"({"cookie":{"originalMaxAge":1,"originalMaxAge":2}})",
                           R"({"cookie":{"domain":"a","domain":"b"}})", R"({"cookie":{"secure":true,"secure":false}})",
                           R"({"cookie":{},"_sd":{},"_sd":{}})", R"({"cookie":{},"_sd":{"created":1,"created":2}})",
                           R"({"cookie":{},"_sd":{"authenticated":1,"authenticated":2}})",
                           R"({"cookie":{},"_sd":{"address":"a","address":"b"}})"}) {
    EXPECT_EQ(outcome(json), "corrupt") << json;
  }
  EXPECT_EQ(outcome(R"({"cookie":{"expires":1,"expires":2,"x":1,"x":2},"y":1,"y":2})"), "accepted");
}

TEST(SessionRecord, SaysWhatIsWrong) {
  const auto damageOf = [](std::string_view json) {
    const Expected<SessionRecord, NoRecord> record = read(json);
    return record ? RecordDamage::kNone : record.error().damage;
  };
  const std::string deep(64, '[');
  EXPECT_EQ(damageOf(R"({"cookie":{},"x":)" + deep + std::string(64, ']') + "}"), RecordDamage::kTooDeep);
  EXPECT_EQ(damageOf(R"({"cookie":{},"x":")" + std::string(kMaxBytes, 'x') + "\"}"), RecordDamage::kTooLarge);
  for (const char* json : {"{\"cookie\":", "hello", "\x80\x03}q"})
    EXPECT_EQ(damageOf(json), RecordDamage::kNoJson) << json;
  for (const char* json : {"{}", "[]", R"({"cookie":null})", "7"})
    EXPECT_EQ(damageOf(json), RecordDamage::kNoCookie) << json;
  for (const char* own : {"null", "[]", R"({"created":"now"})", R"({"auth":1})", R"({"epoch":-1})", R"({"user":7})"})
    EXPECT_EQ(damageOf(R"({"cookie":{},"_sd":)" + std::string(own) + "}"), RecordDamage::kForeignOwn) << own;
  for (const char* json : {R"({"cookie":{},"cookie":{}})", R"({"cookie":{"path":"/","path":"/"}})",
                           R"({"cookie":{},"_sd":{"created":1,"created":1}})"}) {
    EXPECT_EQ(damageOf(json), RecordDamage::kRepeatedName) << json;
  }
  for (const char* json : {"", "null", R"({"cookie":{"originalMaxAge":0}})", R"({"cookie":{}})"})
    EXPECT_EQ(damageOf(json), RecordDamage::kNone) << json;
}

TEST(SessionRecord, ReadsItsOwnTimes) {
  const Expected<SessionRecord, NoRecord> record =
      read(R"({"cookie":{},"_sd":{"created":1767225600000,"authenticated":1767225600001.5,"address":"192.0.2.0/24"}})");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->created, WallTime(milliseconds(1767225600000)));
  EXPECT_EQ(record->authenticated, WallTime(milliseconds(1767225600001)));
  EXPECT_EQ(outcome(R"({"cookie":{},"_sd":{}})"), "accepted");
}

TEST(SessionRecord, OwnTimesThatAreNoneAreCorrupt) {
  for (const char* own :
       {"null", "1", "\"x\"", "[]", "{\"created\":\"1767225600000\"}", "{\"created\":null}", "{\"created\":-1}",
        "{\"created\":8640000000000001}", "{\"authenticated\":true}", "{\"authenticated\":1e400}"}) {
    EXPECT_EQ(outcome("{\"cookie\":{},\"_sd\":" + std::string(own) + "}"), "corrupt") << own;
  }
}

TEST(SessionRecord, LoneSurrogatesAreAccepted) {
  const Expected<SessionRecord, NoRecord> record = read(R"({"cookie":{},"user":"a\ud800"})");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->tree.root().member("user")->text(), "a\xEF\xBF\xBD");
}

CookieAttributes attributesOf(std::string_view cookie) {
  return read(withCookie(cookie))->cookie.attributes;
}

TEST(SessionRecord, CookieAttributesDefaultToExpressOwn) {
  for (const char* cookie : {"{}", "false", "[]"}) {
    const CookieAttributes attributes = attributesOf(cookie);
    EXPECT_EQ(attributes.domain, "");
    EXPECT_EQ(attributes.path, "/");
    EXPECT_TRUE(attributes.http_only);
    EXPECT_FALSE(attributes.secure);
    EXPECT_FALSE(attributes.partitioned);
    EXPECT_TRUE(attributes.sendable);
    EXPECT_EQ(attributes.same_site, SameSite::kUnset);
    EXPECT_EQ(attributes.priority, CookiePriority::kUnset);
  }
}

TEST(SessionRecord, ReadsStoredCookieAttributes) {
  const CookieAttributes attributes = attributesOf(
      R"({"domain":"example.org","path":"/app","httpOnly":false,"secure":true,"partitioned":true,"sameSite":"Lax",
          "priority":"HIGH"})");
  EXPECT_EQ(attributes.domain, "example.org");
  EXPECT_EQ(attributes.path, "/app");
  EXPECT_FALSE(attributes.http_only);
  EXPECT_TRUE(attributes.secure);
  EXPECT_TRUE(attributes.partitioned);
  EXPECT_TRUE(attributes.sendable);
  EXPECT_EQ(attributes.same_site, SameSite::kLax);
  EXPECT_EQ(attributes.priority, CookiePriority::kHigh);
}

TEST(SessionRecord, SpellsSameSiteAndPriorityAsNpmCookieDoes) {
  EXPECT_EQ(attributesOf(R"({"sameSite":true})").same_site, SameSite::kStrict);
  EXPECT_EQ(attributesOf(R"({"sameSite":"strict"})").same_site, SameSite::kStrict);
  EXPECT_EQ(attributesOf(R"({"sameSite":"NONE"})").same_site, SameSite::kNone);
  EXPECT_EQ(attributesOf(R"({"sameSite":false})").same_site, SameSite::kUnset);
  EXPECT_EQ(attributesOf(R"({"priority":"low"})").priority, CookiePriority::kLow);
  EXPECT_EQ(attributesOf(R"({"priority":"Medium"})").priority, CookiePriority::kMedium);
  EXPECT_EQ(attributesOf(R"({"path":null,"domain":null})").path, "");
  EXPECT_FALSE(attributesOf(R"({"httpOnly":null})").http_only);
  EXPECT_TRUE(attributesOf(R"({"secure":"yes"})").secure);
}

TEST(SessionRecord, CookiesTooLongForALineAreNotSendable) {
  const auto with_path = [](std::size_t bytes) {
    return attributesOf("{\"path\":\"/" + std::string(bytes - 1, 'x') + "\"}");
  };
  EXPECT_TRUE(with_path(1024).sendable);
  EXPECT_FALSE(with_path(1025).sendable);
  EXPECT_EQ(with_path(1025).path, "/");
  std::string domain = "a";
  while (domain.size() < 255) domain += ".a";
  EXPECT_TRUE(attributesOf("{\"domain\":\"" + domain + "\"}").sendable);
  EXPECT_FALSE(attributesOf("{\"domain\":\"a" + domain + "\"}").sendable);
}

TEST(SessionRecord, CookiesThatExpressCouldNotSendAreNotSendable) {
  for (const char* cookie :
       {R"({"sameSite":"sometimes"})", R"({"sameSite":1})", R"({"sameSite":{}})", R"({"priority":"urgent"})",
        R"({"priority":true})", R"({"domain":"a;b"})", R"({"domain":"a\r\nb"})", R"({"domain":5})",
        R"({"path":"/;Domain=evil"})", R"({"path":"/\u0000"})", R"({"path":["/"]})"}) {
    EXPECT_FALSE(attributesOf(cookie).sendable) << cookie;
  }
}

TEST(SessionRecord, ReadsTheTagOfAPassword) {
  const auto tagIn = [](const std::string& auth) -> std::optional<std::uint64_t> {
    const auto record =
        readSessionRecord(R"({"cookie":{},"_sd":{"auth":)" + auth + "}}", 1000, std::chrono::seconds(60));
    if (!record) return std::nullopt;
    return (*record).password_tag;
  };
  EXPECT_EQ(tagIn(R"("htpasswd:fedcba9876543210")"), 0xfedcba9876543210U);
  EXPECT_EQ(tagIn(R"("redis:fedcba9876543210")"), 0xfedcba9876543210U);
  EXPECT_EQ(tagIn(R"("elsewhere:what")"), 0U);
  for (const char* spoiled : {R"("htpasswd:")", R"("htpasswd:fedcba987654321")", R"("htpasswd:fedcba98765432101")",
                              R"("htpasswd:fedcba987654321x")", R"("htpasswd:0000000000000000")", "1", "null",
                              R"("redis")", R"("redis:0")"}) {
    EXPECT_EQ(tagIn(spoiled), std::nullopt) << spoiled;
  }
}

TEST(SessionRecord, ReadsHowOftenEverybodyHadBeenLoggedOut) {
  const auto epochIn = [](const std::string& more) -> std::optional<std::uint64_t> {
    const auto record = readSessionRecord(R"({"cookie":{})" + more + "}", 1000, std::chrono::seconds(60));
    if (!record) return std::nullopt;
    return (*record).epoch;
  };
  EXPECT_EQ(epochIn(R"(,"_sd":{"epoch":7})"), 7U);
  EXPECT_EQ(epochIn(R"(,"_sd":{})"), 0U) << "from before the first time";
  EXPECT_EQ(epochIn(""), LoginEpoch::kNone) << "no login of ours";
  for (const char* spoiled : {"-1", "1.5", "1e99", "\"7\"", "null", "4294967295", "7,\"epoch\":8"}) {
    EXPECT_EQ(epochIn(R"(,"_sd":{"epoch":)" + std::string(spoiled) + "}"), std::nullopt) << spoiled;
  }
}

}  // namespace
}  // namespace sessiond
