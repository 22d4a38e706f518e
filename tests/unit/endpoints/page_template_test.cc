#include "endpoints/pages/page_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {
namespace {

using testing::ElementsAre;

constexpr std::array<std::string_view, 3> kKnown = {"a", "b", "c"};
constexpr std::array<std::string_view, 2> kNeeded = {"a", "b"};

std::vector<std::string> problemsOf(std::string_view html) {
  const auto page = PageTemplate::parse(html, kKnown, kNeeded);
  return page ? std::vector<std::string>() : page.error();
}

TEST(PageTemplate, FillsEveryPlaceEscaped) {
  const auto page = PageTemplate::parse("<{{a}}|{{b}}|{{a}}|{{c}}>", kKnown, kNeeded);
  ASSERT_TRUE(page);
  const std::array<PageTemplate::Value, 2> values = {{{"a", "<&>\"'"}, {"b", "{{a}}"}}};
  EXPECT_EQ(page->fill(values), "<&lt;&amp;&gt;&quot;&#39;|{{a}}|&lt;&amp;&gt;&quot;&#39;|>");
}

TEST(PageTemplate, SaysAllThatIsWrong) {
  EXPECT_THAT(problemsOf("x"), ElementsAre("placeholder {{a}} is missing", "placeholder {{b}} is missing"));
  EXPECT_THAT(problemsOf("{{a}} {{ b }} {{d}}"),
              ElementsAre("unknown placeholder {{ b }}", "unknown placeholder {{d}}", "placeholder {{b}} is missing"));
  EXPECT_THAT(problemsOf("{{a}}{{b}}{{c"), ElementsAre("{{ is not closed"));
  EXPECT_THAT(problemsOf("{{a}}{{b}}\xff"), ElementsAre("page is not UTF-8"));
  EXPECT_THAT(problemsOf("{{a}}{{b}}<style>x"), ElementsAre("a <style> element is not closed"));
  EXPECT_THAT(problemsOf("{{a}}<style>{{b}}</style>"),
              ElementsAre("a <style> element must not hold {{ }}: its hash must be known beforehand"));
}

TEST(PageTemplate, HashesItsStylesForTheContentSecurityPolicy) {
  const auto page = PageTemplate::parse("<style>b{}</style>{{a}}{{b}}<style media=x></style>", kKnown, kNeeded);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->styleHashes(),
            " 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans=' "
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
}

}  // namespace
}  // namespace sessiond
