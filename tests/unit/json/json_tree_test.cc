#include "json/json_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/json_text.h"

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

JsonTree treeOf(std::string_view json) {
  Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  EXPECT_TRUE(tree) << json;
  return std::move(*tree);
}

std::optional<JsonError> errorOf(std::string_view json) {
  const Expected<JsonTree, JsonError> tree = JsonTree::parse(json);
  if (tree) return std::nullopt;
  return tree.error();
}

std::vector<std::string> childrenOf(JsonValue value) {
  std::vector<std::string> texts;
  for (const JsonChild& child : value.children()) {
    texts.push_back(std::string(child.name_source) + "|" + std::string(child.name) + "|" +
                    std::string(child.value.source()));
  }
  return texts;
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(JsonTree, KnowsEveryKind) {
  EXPECT_EQ(treeOf("null").root().kind(), JsonKind::kNull);
  EXPECT_EQ(treeOf("false").root().kind(), JsonKind::kFalse);
  EXPECT_EQ(treeOf("true").root().kind(), JsonKind::kTrue);
  EXPECT_EQ(treeOf(" -1.50e+3 ").root().kind(), JsonKind::kNumber);
  EXPECT_EQ(treeOf("\"\"").root().kind(), JsonKind::kString);
  EXPECT_EQ(treeOf("{}").root().kind(), JsonKind::kObject);
  EXPECT_EQ(treeOf("[ ]").root().kind(), JsonKind::kArray);
}

TEST(JsonTree, KeepsTheTextOfNumbers) {
  for (const char* number : {"0", "-0", "1.0", "1e5", "1E+05", "12345678901234567890123", "0.1000", "-1.5e-7",
                             "9007199254740993", "1e400", "-1e9999999999", "1e-400"}) {
    EXPECT_EQ(treeOf(number).root().text(), number);
    EXPECT_EQ(treeOf(number).root().source(), number);
  }
  const std::string huge = "[" + std::string(500, '9') + ",-" + std::string(500, '9') + ".5e5]";
  EXPECT_EQ(treeOf(huge).root().element(0)->text(), std::string(500, '9'));
  EXPECT_EQ(treeOf(huge).root().element(1)->text(), "-" + std::string(500, '9') + ".5e5");
}

TEST(JsonTree, DecodesStrings) {
  EXPECT_EQ(treeOf(R"("a\"\\\/\b\f\n\r\tz")").root().text(), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(treeOf(R"("\u00e9\u20ac\ud83d\ude00")").root().text(), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(treeOf("\"\xC3\xA9\"").root().text(), "\xC3\xA9");
  EXPECT_EQ(treeOf(R"("a\u0000b")").root().text(), std::string_view("a\0b", 3));
  EXPECT_EQ(treeOf(R"(["plain","\u0041","\u0042"])").root().element(2)->text(), "B");
}

TEST(JsonTree, ReadsLoneSurrogatesAsReplacementCharacters) {
  for (const char* json : {R"("\ud800")", R"("\udc00")", R"("\uDBFF")"}) {
    const JsonTree tree = treeOf(json);
    EXPECT_EQ(tree.root().text(), "\xEF\xBF\xBD");
    EXPECT_EQ(tree.root().source(), json);
  }
  EXPECT_EQ(treeOf(R"({"\ud800x":1})").root().member("\xEF\xBF\xBDx")->text(), "1");
}

TEST(JsonTree, ReadsInvalidUtf8AsReplacementCharacters) {
  EXPECT_EQ(treeOf("\"a\xFF\"").root().text(), "a\xEF\xBF\xBD");
  EXPECT_EQ(treeOf("{\"\xED\xA0\x80\":\"\\ud800\\n\"}").root().member("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")->text(),
            "\xEF\xBF\xBD\n");
  EXPECT_EQ(errorOf("\xFF"), JsonError::kMalformed);
  EXPECT_EQ(errorOf("{}\xFF"), JsonError::kMalformed);
}

TEST(JsonTree, RemembersWhereEachValueStands) {
  const JsonTree tree = treeOf(" { \"a\" : [ 1 , {\"b\":null} ] ,\"\\u0063\":\"x\\ny\" , \"d\":{ } } ");
  EXPECT_THAT(childrenOf(tree.root()),
              ElementsAre("\"a\"|a|[ 1 , {\"b\":null} ]", "\"\\u0063\"|c|\"x\\ny\"", "\"d\"|d|{ }"));
  EXPECT_THAT(childrenOf(*tree.root().member("a")), ElementsAre("||1", "||{\"b\":null}"));
  EXPECT_THAT(childrenOf(*tree.root().member("d")), IsEmpty());
  EXPECT_EQ(tree.root().source(), "{ \"a\" : [ 1 , {\"b\":null} ] ,\"\\u0063\":\"x\\ny\" , \"d\":{ } }");
}

TEST(JsonTree, FindsMembersAndElements) {
  const JsonTree tree = treeOf(R"({"a":[10,[11],{"x":12},13],"b":1,"b":2,"":3})");
  const JsonValue root = tree.root();
  EXPECT_EQ(root.member("a")->element(0)->text(), "10");
  EXPECT_EQ(root.member("a")->element(1)->source(), "[11]");
  EXPECT_EQ(root.member("a")->element(3)->text(), "13");
  EXPECT_FALSE(root.member("a")->element(4).has_value());
  EXPECT_FALSE(root.member("a")->member("x").has_value());
  EXPECT_FALSE(root.element(0).has_value());
  EXPECT_EQ(root.member("b")->text(), "1");
  EXPECT_EQ(root.member("")->text(), "3");
  EXPECT_FALSE(root.member("c").has_value());
  EXPECT_FALSE(root.member("b")->member("x").has_value());
}

TEST(JsonTree, SaysWhenANameComesTwice) {
  const JsonTree tree = treeOf(R"({"a":1,"b":2,"b":3,"\u0062":4})");
  bool repeated = false;
  EXPECT_EQ(tree.root().member("a", repeated)->text(), "1");
  EXPECT_FALSE(tree.root().member("c", repeated).has_value());
  EXPECT_FALSE(repeated);
  EXPECT_EQ(tree.root().member("b", repeated)->text(), "2");
  EXPECT_TRUE(repeated);
  EXPECT_EQ(tree.root().member("a", repeated)->text(), "1");
  EXPECT_TRUE(repeated);
}

TEST(JsonTree, RefusesWhatIsNoJson) {
  for (const std::string_view json : {std::string_view(""),          std::string_view(" "),
                                      std::string_view("nul"),       std::string_view("nullx"),
                                      std::string_view("NaN"),       std::string_view("Infinity"),
                                      std::string_view("01"),        std::string_view("1."),
                                      std::string_view("1.e5"),      std::string_view(".5"),
                                      std::string_view("+1"),        std::string_view("-"),
                                      std::string_view("1e"),        std::string_view("0x10"),
                                      std::string_view("'a'"),       std::string_view("\"a"),
                                      std::string_view("\"\\x\""),   std::string_view("\"\\u12\""),
                                      std::string_view("\"a\nb\""),  std::string_view("\"a\tb\""),
                                      std::string_view("[1,]"),      std::string_view("[,1]"),
                                      std::string_view("[1 2]"),     std::string_view("{\"a\":1,}"),
                                      std::string_view("{a:1}"),     std::string_view("{\"a\"}"),
                                      std::string_view("{\"a\" 1}"), std::string_view("{1:1}"),
                                      std::string_view("[1}"),       std::string_view("{]"),
                                      std::string_view("["),         std::string_view("]"),
                                      std::string_view("{}{}"),      std::string_view("{} x"),
                                      std::string_view("// c\n{}"),  std::string_view("\xEF\xBB\xBF{}"),
                                      std::string_view("{}\0", 3),   std::string_view("{}\0{", 4),
                                      std::string_view("\0{}", 3),   std::string_view("\"a\0b\"", 5),
                                      std::string_view("[1\0]", 4),  std::string_view("\xC2\xA0{}"),
                                      std::string_view("\v{}"),      std::string_view("1e400x"),
                                      std::string_view("[1e400,]"),  std::string_view("1.e400")}) {
    EXPECT_EQ(errorOf(json), JsonError::kMalformed) << json;
  }
}

TEST(JsonTree, AllowsSixtyFourLevelsAndNoMore) {
  EXPECT_EQ(errorOf(nested(64)), std::nullopt);
  EXPECT_EQ(errorOf(nested(65)), JsonError::kTooDeep);
  EXPECT_EQ(errorOf("[[],{},[" + nested(61) + "]]"), std::nullopt);
  EXPECT_EQ(errorOf(nested(1'000'000)), JsonError::kTooDeep);
  EXPECT_EQ(errorOf(std::string(1'000'000, '[')), JsonError::kTooDeep);
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += "{\"a\":";
  EXPECT_EQ(errorOf(objects), JsonError::kTooDeep);
}

TEST(JsonTree, MayBeMoved) {
  JsonTree first = treeOf("{\"a\":\"\\u0041\",\"b\":\"\xFF\"}");
  const JsonTree second = std::move(first);
  EXPECT_EQ(second.root().member("a")->text(), "A");
  EXPECT_EQ(second.root().member("b")->text(), "\xEF\xBF\xBD");
}

TEST(JsonTreeDeathTest, TakesTheWrongKindForABug) {
  const JsonTree tree = treeOf("[1]");
  EXPECT_DEATH((void)tree.root().text(), "check failed");
  EXPECT_DEATH((void)tree.root().element(0)->children(), "check failed");
}

std::string compact(std::string_view json) {
  std::string out;
  appendCompactJson(out, treeOf(json).root());
  return out;
}

TEST(JsonText, EscapesAsJsonStringifyDoes) {
  std::string out;
  appendJsonString(out, std::string_view("a\"\\/\b\f\n\r\t\0\x1f\x7f\xC3\xA9\xE2\x80\xA8", 17));
  EXPECT_EQ(out, "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xC3\xA9\xE2\x80\xA8\"");
}

TEST(JsonText, MakesUtf8OfWhatIsNone) {
  std::string out = "x";
  appendJsonString(out, "\xFF");
  EXPECT_EQ(out, "x\"\xEF\xBF\xBD\"");
}

TEST(JsonText, WritesWithoutWhiteSpaceAndKeepsNumbers) {
  EXPECT_EQ(compact(" { \"a\" : [ 1.0 , true , null , \"x\\u000ay\" , { } , [ ] ] , \"b\":{\"c\":-0} } "),
            "{\"a\":[1.0,true,null,\"x\\ny\",{},[]],\"b\":{\"c\":-0}}");
  EXPECT_EQ(compact(" false "), "false");
  EXPECT_EQ(compact("\"\\ud800\""), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(compact(nested(64)), nested(64));
}

TEST(JsonTree, WipesItsCopiesOfTheText) {
  const std::string text = R"({"password":"correct horse battery staple"})";
  auto tree = JsonTree::parse(text);
  ASSERT_TRUE(tree);
  const std::string_view secret = tree->root().member("password")->text();
  ASSERT_EQ(secret, "correct horse battery staple");
  tree->wipe();
  EXPECT_EQ(secret, std::string(secret.size(), '\0')) << "the very same memory, which the tree still has";
}

}  // namespace
}  // namespace sessiond
