// A site's own page. Whatever is in it, it is refused or it can be shown; and what is shown of a value is escaped.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "endpoints/pages/page_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sessiond;
  static const Messages::Texts kTexts = {{"hello", "<{a}> {b}"}};
  static const Messages kWords("en", kTexts);
  static const PageVocabulary kVocabulary = {.known = {"a", "b", "rows"},
                                             .needed = {},
                                             .parts = {{"head", "[{{a}}]"}, {"loop", "{{> loop}}"}},
                                             .known_messages = &kTexts,
                                             .script = "go()"};
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  const auto page = PageTemplate::parse(html, kVocabulary);
  if (!page) {
    SESSIOND_CHECK(!page.error().empty());
    return 0;
  }
  PageValues values;
  values.text("a", "\x01<\x02>").message("b", "hello").rows("rows", {PageValues().text("a", "1"), PageValues()});
  const std::string shown = page->fill(values, kWords);
  if (html.find_first_of("\x01\x02") != std::string_view::npos) return 0;
  SESSIOND_CHECK(shown.find("\x01<") == std::string::npos && shown.find("\x02>") == std::string::npos);
  page->fill({}, kWords);
  return 0;
}
