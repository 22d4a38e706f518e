#include "session/identity_value.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sessiond {
namespace {

std::string rendered(std::string_view json, IdentityEncoding encode = IdentityEncoding::kUtf8,
                     std::string_view join = ",") {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  EXPECT_TRUE(tree) << json;
  return renderIdentityValue(tree->root(), join, encode).value_or("(dropped)");
}

constexpr IdentityEncoding kPercent = IdentityEncoding::kPercent;
constexpr IdentityEncoding kBase64Url = IdentityEncoding::kBase64Url;

TEST(IdentityValue, IsTheTextOfAScalar) {
  EXPECT_EQ(rendered("\"ann\""), "ann");
  EXPECT_EQ(rendered("\"\""), "");
  EXPECT_EQ(rendered("42"), "42");
  EXPECT_EQ(rendered("12345678901234567890.10"), "12345678901234567890.10");
  EXPECT_EQ(rendered("true"), "true");
  EXPECT_EQ(rendered("false"), "false");
  EXPECT_EQ(rendered("null"), "");
}

TEST(IdentityValue, JoinsArrays) {
  EXPECT_EQ(rendered(R"(["admin","staff"])"), "admin,staff");
  EXPECT_EQ(rendered(R"(["a",1,true,null,"b"])"), "a,1,true,,b");
  EXPECT_EQ(rendered(R"(["a","b"])", IdentityEncoding::kUtf8, " | "), "a | b");
  EXPECT_EQ(rendered(R"(["a","b"])", IdentityEncoding::kUtf8, ""), "ab");
  EXPECT_EQ(rendered("[]"), "");
  EXPECT_EQ(rendered(R"(["one"])"), "one");
}

TEST(IdentityValue, DropsAnArrayWithAnElementThatReadsAsTwo) {
  EXPECT_EQ(rendered(R"(["user,admin"])"), "(dropped)");
  EXPECT_EQ(rendered(R"(["a","user,admin"])", kBase64Url), "(dropped)");
  EXPECT_EQ(rendered(R"(["user, admin"])", IdentityEncoding::kUtf8, ";"), "user, admin");
}

TEST(IdentityValue, EncodesElementsByThemselvesInPercentEncoding) {
  EXPECT_EQ(rendered(R"(["user,admin","b c"])", kPercent), "user%2Cadmin,b%20c");
}

TEST(IdentityValue, DropsObjectsThatAreNotEncoded) {
  EXPECT_EQ(rendered("{}"), "(dropped)");
  EXPECT_EQ(rendered("[{}]"), "(dropped)");
  EXPECT_EQ(rendered("[[1]]"), "(dropped)");
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

TEST(IdentityValue, LineEndsAndNulNeverPass) {
  for (const char* json : {R"("a\rb")", R"("a\nb")", R"("a\u0000b")", R"("\r\nX-Evil: 1")", R"(["ok","a\n"])"}) {
    for (const IdentityEncoding encode : {IdentityEncoding::kUtf8, kPercent, kBase64Url}) {
      EXPECT_EQ(rendered(json, encode), "(dropped)") << json;
    }
  }
}

TEST(IdentityValue, RemovesOtherControlCharacters) {
  EXPECT_EQ(rendered(R"("a\tb\u0001c\u001fd\u007fe\u0080f\u0085g\u009fh\u00a0i")"), "abcdefgh\xC2\xA0i");
  EXPECT_EQ(rendered(R"("\u0082\u0442")"), "\xD1\x82");
  EXPECT_EQ(rendered(R"("a\tb")", kPercent), "ab");
}

TEST(IdentityValue, StripsTheSpacesThatHttpWouldStrip) {
  EXPECT_EQ(rendered("\"  a b  \""), "a b");
  EXPECT_EQ(rendered("\"   \""), "");
  EXPECT_EQ(rendered("\" a\"", kPercent), "%20a");
}

TEST(IdentityValue, PassesReplacementCharacters) {
  EXPECT_EQ(rendered(R"("a\ud800")"), "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sessiond
