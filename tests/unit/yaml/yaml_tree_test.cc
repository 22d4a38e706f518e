#include "yaml/yaml_tree.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

std::string onlyProblem(std::string_view text) {
  const YamlDocument document = parseYaml(text);
  if (document.problems.size() != 1) return std::to_string(document.problems.size()) + " problems";
  const YamlProblem& problem = document.problems.front();
  return std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) + ": " + problem.path + ": " +
         problem.message;
}

TEST(YamlTree, KeepsKindsTextsAndPlaces) {
  const YamlDocument document = parseYaml("a: 1\nb:\n  - x\n  - \"true\"\nc: {d: ~}\n");
  ASSERT_TRUE(document.problems.empty());
  ASSERT_EQ(document.root.kind, YamlKind::kMap);
  ASSERT_EQ(document.root.entries.size(), 3u);
  const YamlEntry& list = document.root.entries[1];
  EXPECT_EQ(list.key, "b");
  EXPECT_EQ(list.place.line, 2u);
  EXPECT_EQ(list.value.kind, YamlKind::kSequence);
  ASSERT_EQ(list.value.items.size(), 2u);
  EXPECT_FALSE(list.value.items[0].quoted);
  EXPECT_EQ(list.value.items[1].text, "true");
  EXPECT_TRUE(list.value.items[1].quoted);
  EXPECT_EQ(list.value.items[1].place.line, 4u);
  EXPECT_EQ(list.value.items[1].place.column, 5u);
  EXPECT_EQ(document.root.entries[2].value.entries[0].value.kind, YamlKind::kNull);
}

TEST(YamlTree, CountsColumnsInBytesAndIgnoresAByteOrderMark) {
  const YamlDocument document = parseYaml("\xef\xbb\xbf\"\xc3\xa9\": {x: 1}\r\n");
  ASSERT_TRUE(document.problems.empty());
  EXPECT_EQ(document.root.entries[0].key, "\xc3\xa9");
  EXPECT_EQ(document.root.entries[0].value.entries[0].place.column, 8u);
}

TEST(YamlTree, PlacesAnAbsentValueAtItsKey) {
  const YamlDocument document = parseYaml("a:\n\n\nb: 1\n");
  EXPECT_EQ(document.root.entries[0].value.kind, YamlKind::kNull);
  EXPECT_EQ(document.root.entries[0].value.place.line, 1u);
}

TEST(YamlTree, KeepsTheFirstOfDuplicateKeys) {
  EXPECT_EQ(onlyProblem("a: 1\nb: 2\n\"a\": 3\n"), "3:1: a: given twice; the first one is in line 1");
  const YamlDocument document = parseYaml("a: 1\na: 3\n");
  ASSERT_EQ(document.root.entries.size(), 1u);
  EXPECT_EQ(document.root.entries[0].value.text, "1");
}

TEST(YamlTree, FindsDuplicatesInFlowMapsAndDeepDown) {
  EXPECT_EQ(onlyProblem("a: {b: [{c: 1, c: 2}]}\n"), "1:16: a.b.c: given twice; the first one is in line 1");
}

TEST(YamlTree, AcceptsQuotedTextsThatLookDifferentInTheSource) {
  const YamlDocument document = parseYaml("a: \"x\\\"y\\u00e9\"\nb: 'it''s'\nc: ''\n");
  ASSERT_TRUE(document.problems.empty());
  EXPECT_EQ(document.root.entries[0].value.text, "x\"y\xc3\xa9");
  EXPECT_EQ(document.root.entries[1].value.text, "it's");
  EXPECT_EQ(document.root.entries[2].value.text, "");
}

TEST(YamlTree, RefusesAQuoteThatIsClosedInALaterLine) {
  EXPECT_EQ(onlyProblem("a: 'x\n  y'\n"), "1:4: a: its closing quote is not in the same line");
  EXPECT_EQ(onlyProblem("a: \"x\\\"\n"), "1:4: a: its closing quote is not in the same line");
}

TEST(YamlTree, RefusesWhatMultipliesItself) {
  const YamlDocument document = parseYaml("a: &x [1]\nb: [*x, *x]\n");
  EXPECT_EQ(document.problems.size(), 3u);
  EXPECT_EQ(document.root.entries[0].value.kind, YamlKind::kBroken);
}

TEST(YamlTree, RefusesStructuresBeyondTheDepthLimitOnly) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(parseYaml(nested(kMaxYamlDepth)).problems.empty());
  EXPECT_EQ(onlyProblem(nested(kMaxYamlDepth + 1)), "1:17: : nested deeper than 16 levels");
}

TEST(YamlTree, SurvivesHostileNesting) {
  for (const std::string unit : {"[", "{", "- ", "? ", "{a: ", "a: [", "[\n"}) {
    std::string text;
    while (text.size() < 32 * 1024) text += unit;
    const YamlDocument document = parseYaml(text);
    EXPECT_FALSE(document.problems.empty()) << unit;
    EXPECT_EQ(document.root.kind, YamlKind::kBroken) << unit;
  }
}

TEST(YamlTree, RefusesBytesThatAreNotTextBeforeParsing) {
  EXPECT_EQ(onlyProblem(std::string_view("a: \0", 4)), "1:4: : control character 0x00 is not allowed");
  EXPECT_EQ(onlyProblem("a: x\rb: 1\n"), "1:5: : control character 0x0d is not allowed");
  EXPECT_EQ(onlyProblem("a: \xed\xa0\x80\n"), "1:4: : byte 0xed is not UTF-8");
  EXPECT_EQ(onlyProblem("a: \xc3"), "1:4: : byte 0xc3 is not UTF-8");
}

TEST(YamlTree, AllowsTabsThatAreNotIndentation) {
  EXPECT_TRUE(parseYaml("a:\t1\t# note\n\t\n\t# note\n").problems.empty());
}

}  // namespace
}  // namespace sessiond
