// PageTemplate: an HTML page with places to be filled in, `{{name}}`.
//
// What is filled in is escaped for HTML text and quoted attribute values; there are no conditions and no loops. A page
// may have <style> elements: their hashes go into the Content-Security-Policy, because inline style is refused
// otherwise. Scripts never run.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace sessiond {

/// `&`, `<`, `>`, `"` and `'` as character references.
std::string escapeHtml(std::string_view text);

/// Immutable and thread-safe.
class PageTemplate {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;  ///< of a file that a page comes from

  /// `known` are the names that the page may use, `needed` those that it must. The error is what is wrong, all of it.
  static Expected<PageTemplate, std::vector<std::string>> parse(std::string_view html,
                                                                std::span<const std::string_view> known,
                                                                std::span<const std::string_view> needed);

  struct Value {
    std::string_view name;
    std::string_view text;
  };
  /// The page; a place without a value is left empty.
  std::string fill(std::span<const Value> values) const;

  /// CSP source expressions of the page's <style> elements, each with a space before it: " 'sha256-...='".
  const std::string& styleHashes() const { return style_hashes_; }

 private:
  struct Part {
    std::string text;         // what comes first,
    std::string placeholder;  // and then the value of this name; empty at the end
  };

  PageTemplate() = default;

  std::vector<Part> parts_;
  std::string style_hashes_;
};

}  // namespace sessiond
