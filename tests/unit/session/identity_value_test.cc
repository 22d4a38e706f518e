#include "session/identity_value.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr IdentityEncoding kUtf8 = IdentityEncoding::kUtf8;
constexpr IdentityEncoding kPercent = IdentityEncoding::kPercent;
constexpr IdentityEncoding kBase64Url = IdentityEncoding::kBase64Url;
constexpr char kLost[] = "(lost)";

std::string rendered(std::string_view json, IdentityEncoding encode = kUtf8, std::optional<std::string> join = {}) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  EXPECT_TRUE(tree) << json;
  IdentityHeader header{.name = "X", .from = "/x"};
  header.encode = encode;
  header.join = std::move(join);
  return renderIdentityValue(tree->root(), header).value_or(kLost);
}

std::string list(std::string_view json, std::string separator = ",", IdentityEncoding encode = kUtf8) {
  return rendered(json, encode, std::move(separator));
}

TEST(IdentityValue, IsTheTextOfAScalar) {
  EXPECT_EQ(rendered("\"ann\""), "ann");
  EXPECT_EQ(rendered("\"\""), "");
  EXPECT_EQ(rendered("42"), "42");
  EXPECT_EQ(rendered("12345678901234567890.10"), "12345678901234567890.10");
  EXPECT_EQ(rendered("true"), "true");
  EXPECT_EQ(rendered("false"), "false");
  EXPECT_EQ(rendered("null"), "");
}

TEST(IdentityValue, JoinsLists) {
  EXPECT_EQ(rendered(R"(["admin","staff"])"), "admin,staff");
  EXPECT_EQ(list(R"(["a",1,true,null,"b"])"), "a,1,true,,b");
  EXPECT_EQ(list(R"(["a","b"])", " | "), "a | b");
  EXPECT_EQ(list("[]"), "");
  EXPECT_EQ(list(R"(["one"])"), "one");
}

TEST(IdentityValue, AListWhoseEntriesCouldNotBeToldApartIsLost) {
  EXPECT_EQ(list(R"(["user,admin"])"), kLost);
  EXPECT_EQ(rendered(R"(["user,admin"])"), kLost);
  EXPECT_EQ(list(R"(["a","user,admin"])", ",", kBase64Url), kLost);
  EXPECT_EQ(list(R"(["user,admin"])", ";"), "user,admin");
  EXPECT_EQ(list(R"(["user,admin","b c"])", ",", kPercent), "user%2Cadmin,b%20c");
  // The separator may also come about where an entry and the separator meet.
  EXPECT_EQ(list(R"(["a:","b"])", "::"), kLost);
  EXPECT_EQ(list(R"(["a",":b"])", "::"), "a:::b") << "whoever splits from the left finds a and :b";
  EXPECT_EQ(list(R"(["2C","b"])", "%2", kPercent), "2C%2b");
  EXPECT_EQ(list(R"([",","b"])", "%2", kPercent), kLost);
}

TEST(IdentityValue, ATextThatReadsAsAListIsLostWhereListsAreExpected) {
  EXPECT_EQ(list("\"staff,admin\""), kLost);
  EXPECT_EQ(list("\"staff\""), "staff");
  EXPECT_EQ(list("\"staff,admin\"", ",", kPercent), "staff%2Cadmin");
  EXPECT_EQ(list("\"staff,admin\"", ",", kBase64Url), kLost);
  EXPECT_EQ(rendered("\"Lovelace, Ada\""), "Lovelace, Ada") << "a header of one value";
}

TEST(IdentityValue, WhatAListSaysCanBeReadBackExactly) {
  const std::vector<std::string> entries = {"", "a", ":", "a:", ":a", "::", " ", "a b", "\xC3\xA9"};
  for (const std::string separator : {":", "::", " ", ", "}) {
    for (const std::string& first : entries) {
      for (const std::string& second : entries) {
        const std::string text = list("[\"" + first + "\",\"" + second + "\"]", separator);
        if (text == kLost) continue;
        const std::size_t end = text.find(separator);
        ASSERT_NE(end, std::string::npos) << text;
        EXPECT_EQ(text.substr(0, end), first) << text;
        EXPECT_EQ(text.substr(end + separator.size()), second) << text;
        EXPECT_FALSE(text.starts_with(' ') || text.ends_with(' ')) << text;
      }
    }
  }
}

TEST(IdentityValue, ObjectsThatAreNotEncodedAreLost) {
  EXPECT_EQ(rendered("{}"), kLost);
  EXPECT_EQ(rendered("[{}]"), kLost);
  EXPECT_EQ(rendered("[[1]]"), kLost);
}

TEST(IdentityValue, EncodesObjectsAsCompactJson) {
  EXPECT_EQ(rendered(" { \"id\" : 1.0 , \"n\":\"\xC3\xA9\" } ", kPercent),
            "%7B%22id%22%3A1.0%2C%22n%22%3A%22%C3%A9%22%7D");
  EXPECT_EQ(base64UrlDecode(rendered("{\"id\":1.0,\"r\":[\"a\",{}]}", kBase64Url)), "{\"id\":1.0,\"r\":[\"a\",{}]}");
  EXPECT_EQ(base64UrlDecode(rendered("[[1]]", kBase64Url)), "[[1]]");
  EXPECT_EQ(base64UrlDecode(rendered("{\"a\":\"x\\r\\n\\u0000\"}", kBase64Url)), "{\"a\":\"x\\r\\n\\u0000\"}");
}

TEST(IdentityValue, EncodesText) {
  EXPECT_EQ(rendered("\"J\xC3\xB6rg M\"", kPercent), "J%C3%B6rg%20M");
  EXPECT_EQ(rendered("\"J\xC3\xB6rg\""), "J\xC3\xB6rg");
  EXPECT_EQ(rendered("\"ann\"", kBase64Url), "YW5u");
  EXPECT_EQ(rendered(R"(["a","b"])", kBase64Url), "YSxi");
  EXPECT_EQ(rendered("null", kBase64Url), "");
}

TEST(IdentityValue, ControlCharactersAreNeverRemoved) {
  for (const char* json :
       {R"("a\rb")", R"("a\nb")", R"("a\u0000b")", R"("\r\nX-Evil: 1")", R"("\u00011")", R"("root\u007f")", R"("\tx")",
        R"("a\u0080")", R"("\u0085a")", R"("a\u009fb")", R"(["\u0001admin"])", R"(["ok","a\n"])"}) {
    EXPECT_EQ(rendered(json), kLost) << json;
  }
  EXPECT_EQ(rendered(R"("h\u00a0i\u00ad\u2028")"), "h\xC2\xA0i\xC2\xAD\xE2\x80\xA8");
  EXPECT_EQ(rendered(R"("\u0082\u0442")", kPercent), "%C2%82%D1%82");
  EXPECT_EQ(rendered(R"("\u0442\u0082")"), kLost);
}

TEST(IdentityValue, SpacesAtAnEndAreNeverStripped) {
  for (const char* json :
       {"\" root\"", "\"root \"", "\" \"", "[\" a\",\"b\"]", "[\"a\",\"b \"]", "[\"a\",\"b \",\"c\"]"}) {
    EXPECT_EQ(rendered(json), kLost) << json;
  }
  EXPECT_EQ(rendered("\"a  b\""), "a  b");
  EXPECT_EQ(list(R"(["a",""])", " "), kLost) << "the separator itself would be stripped";
  EXPECT_EQ(list(R"(["a",""])", " ", kPercent), kLost);
}

TEST(IdentityValue, EncodingPassesEverythingExactly) {
  EXPECT_EQ(rendered("\" a\"", kPercent), "%20a");
  EXPECT_EQ(rendered(R"("a\tb\r\n\u0000")", kPercent), "a%09b%0D%0A%00");
  EXPECT_EQ(base64UrlDecode(rendered(R"("a \r\n")", kBase64Url)), "a \r\n");
  EXPECT_EQ(list(R"([" a","b\n"])", ",", kPercent), "%20a,b%0A");
  EXPECT_EQ(base64UrlDecode(list(R"([" a","b\n"])", ",", kBase64Url)), " a,b\n");
}

TEST(IdentityValue, PassesReplacementCharacters) {
  EXPECT_EQ(rendered(R"("a\ud800")"), "a\xEF\xBF\xBD");
}

TEST(IdentityHeader, ByItsNameKnowsWhatMayNotBeMissingOrLost) {
  for (const char* name : {"X-User-Id", "x-user-id"}) {
    const IdentityHeader id = identityHeader(name, "/user/id");
    EXPECT_TRUE(id.required);
    EXPECT_EQ(id.lost, LostValue::kRefuse);
    EXPECT_FALSE(id.join.has_value());
  }
  const IdentityHeader roles = identityHeader("X-USER-ROLES", "/user/roles");
  EXPECT_FALSE(roles.required);
  EXPECT_EQ(roles.lost, LostValue::kRefuse);
  EXPECT_EQ(roles.join, ",");
  const IdentityHeader name = identityHeader("X-User-Name", "/user/name");
  EXPECT_FALSE(name.required);
  EXPECT_EQ(name.lost, LostValue::kEmpty);
}

}  // namespace
}  // namespace sessiond
