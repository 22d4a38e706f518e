#include "endpoints/pages/page_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Messages::Texts kTexts = {{"hello", "Hi {a} & {b}!"}, {"plain", "<b>"}};
const Messages kWords("xx", kTexts);

PageVocabulary vocabulary() {
  return {.known = {"a", "b", "c", "rows"},
          .needed = {"a"},
          .parts = {{"head", "[{{a}}]"}, {"loop", "{{> loop}}"}},
          .known_messages = &kTexts,
          .script = "go()"};
}

std::vector<std::string> problemsOf(std::string_view html) {
  const auto page = PageTemplate::parse(html, vocabulary());
  return page ? std::vector<std::string>() : page.error();
}

std::string filled(std::string_view html, const PageValues& values) {
  const auto page = PageTemplate::parse(html, vocabulary());
  EXPECT_TRUE(page) << (page ? "" : page.error().front());
  return page ? page->fill(values, kWords) : "";
}

TEST(PageTemplate, EscapesWhateverKindOfTagItIs) {
  PageValues values;
  values.text("a", "<&>\"'").text("b", "{{a}}");
  EXPECT_EQ(filled("{{a}}|{{{a}}}|{{&a}}|{{b}}|{{c}}", values),
            "&lt;&amp;&gt;&quot;&#39;|&lt;&amp;&gt;&quot;&#39;|&lt;&amp;&gt;&quot;&#39;|{{a}}|");
}

TEST(PageTemplate, SectionsAreForWhatIsThereAndForEachRow) {
  PageValues values;
  values.text("a", "").flag("b").rows("rows", {PageValues().text("c", "1"), PageValues().text("c", "<")});
  EXPECT_EQ(filled("{{#a}}A{{/a}}{{^a}}no{{/a}} {{#b}}B{{/b}} {{#rows}}({{c}}){{/rows}}", values), "no B (1)(&lt;)");
}

TEST(PageTemplate, MessagesAreTextWithTheirPlacesFilledAndKeptApart) {
  PageValues values;
  values.text("a", "<x{b}").text("b", "y").message("c", "hello");
  EXPECT_EQ(filled("{{a}}|{{t.hello}}|{{c}}|{{t.plain}}", values),
            "&lt;x{b}|Hi <bdi>&lt;x{b}</bdi> &amp; <bdi>y</bdi>!|Hi <bdi>&lt;x{b}</bdi> &amp; <bdi>y</bdi>!|&lt;b&gt;");
}

TEST(PageTemplate, PartsComeFromTheDaemonAlone) {
  EXPECT_EQ(filled("{{> head}} {{>head}}", PageValues().text("a", "1")), "[1] [1]");
  EXPECT_THAT(problemsOf("{{a}}{{> other}}"), ElementsAre("unknown part {{> other}}"));
  EXPECT_THAT(problemsOf("{{a}}{{> loop}}"), ElementsAre("a part may not hold another part"));
}

TEST(PageTemplate, SaysAllThatIsWrong) {
  EXPECT_THAT(problemsOf("x"), ElementsAre("placeholder {{a}} is missing"));
  EXPECT_THAT(
      problemsOf("{{ b }} {{d}} {{t.none}}"),
      ElementsAre("unknown placeholder {{d}}", "unknown placeholder {{t.none}}", "placeholder {{a}} is missing"));
  EXPECT_THAT(problemsOf("{{#a}}{{e}}{{/a}}{{^a}}{{f}}{{/a}}"),
              ElementsAre("unknown placeholder {{e}}", "unknown placeholder {{f}}"))
      << "shown or not";
  EXPECT_THAT(problemsOf("{{a}}\n{{c"), ElementsAre("unclosed tag in line 2"));
  EXPECT_THAT(problemsOf("{{#a}}\n\n{{#b}}{{/a}}{{/b}}"), ElementsAre(HasSubstr("nclosed section")));
  EXPECT_THAT(problemsOf("{{a}}{{/b}}"), ElementsAre(HasSubstr("unopened section")));
  EXPECT_THAT(problemsOf("{{a}}\xff"), ElementsAre("page is not UTF-8"));
  EXPECT_THAT(problemsOf("{{a}}<style>x"), ElementsAre("a <style> element is not closed"));
  EXPECT_THAT(problemsOf("{{a}}<style>{{b}}</style>"),
              ElementsAre("a <style> element must not hold {{ }}: its hash must be known beforehand"));
  EXPECT_THAT(problemsOf("{{a}}{{=<% %>=}}"), ElementsAre("{{= =}} is not supported: the marks are always {{ and }}"));
}

TEST(PageTemplate, SectionsEndBeforeTheStackDoes) {
  const auto nested = [](int depth) {
    std::string html = "{{a}}";
    for (int i = 0; i < depth; ++i) html += "{{#b}}";
    for (int i = 0; i < depth; ++i) html += "{{/b}}";
    return html;
  };
  EXPECT_THAT(problemsOf(nested(4)), ElementsAre());
  EXPECT_THAT(problemsOf(nested(5)), ElementsAre("sections may be 4 deep and no deeper"));
  EXPECT_THAT(problemsOf(nested(20000)), ElementsAre("sections may be 4 deep and no deeper"));
  std::string hidden = "{{a}}";
  for (int i = 0; i < 10000; ++i) hidden += "{{#b}}{{! {{/b}}";
  EXPECT_THAT(problemsOf(hidden), ElementsAre("sections may be 4 deep and no deeper")) << "a comment closes nothing";
}

TEST(PageTemplate, HashesItsStylesAndTheOneScript) {
  const auto page = PageTemplate::parse(
      "<style>b{}</style>{{a}}<style media=x></style><script>go()</script><script>other()</script>", vocabulary());
  ASSERT_TRUE(page);
  EXPECT_EQ(page->styleHashes(),
            " 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans=' "
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  EXPECT_THAT(page->scriptHash(), testing::MatchesRegex(" 'sha256-[A-Za-z0-9+/]{43}='"));
  EXPECT_EQ(PageTemplate::parse("{{a}}<script>other()</script>", vocabulary())->scriptHash(), "");
}

}  // namespace
}  // namespace sessiond
