// PageTemplate: an HTML page in mustache, with places to be filled in.
//
//   {{name}}                 the value, escaped
//   {{#name}} … {{/name}}    when there is a value; once for each row when it is a list
//   {{^name}} … {{/name}}    when there is none
//   {{t.key}}                the message of that key in the page's language (messages.h)
//   {{> head}}               one of the parts that the daemon brings
//
// Mustache is a library's (kainjow); what could hurt is shut here. Values are escaped on the way in and the library
// escapes nothing, so {{{name}}} and {{&name}} are as safe as {{name}}. {{= =}}, which changes the marks, is refused.
// Parts are put into the text before the library sees it, and a part holds no part. Sections are at most
// kMaxDepth deep. Names that do not exist are errors when the page is read, not empty places when it is shown.
//
// A page may have <style> elements: their hashes go into the Content-Security-Policy, because inline style is refused
// otherwise. Of scripts only the daemon's own may run.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/expected.h"
#include "endpoints/pages/messages.h"
#include "endpoints/pages/page_values.h"

namespace sessiond {

/// What a page may refer to.
struct PageVocabulary {
  std::vector<std::string_view> known;                               ///< names that the page may use
  std::vector<std::string_view> needed;                              ///< names that it must use
  std::vector<std::pair<std::string_view, std::string_view>> parts;  ///< name and text of each {{> name}}
  const Messages::Texts* known_messages = nullptr;                   ///< whose keys {{t.key}} may name
  std::string_view script = {};  ///< the one script that may run, should the page have it; empty: none
};

/// Immutable and thread-safe.
class PageTemplate {
 public:
  static constexpr std::size_t kMaxBytes = 256 * 1024;  ///< of a file that a page comes from
  static constexpr std::size_t kMaxDepth = 4;           ///< of sections within sections

  /// The error is what is wrong, all of it.
  static Expected<PageTemplate, std::vector<std::string>> parse(std::string_view html,
                                                                const PageVocabulary& vocabulary);
  PageTemplate(PageTemplate&&) noexcept;
  PageTemplate& operator=(PageTemplate&&) noexcept;
  ~PageTemplate();

  /// The page; a place without a value is left empty.
  std::string fill(const PageValues& values, const Messages& messages) const;

  /// CSP source expressions of the page's <style> elements, each with a space before it: " 'sha256-...='".
  const std::string& styleHashes() const { return style_hashes_; }
  /// The same of the script that may run; empty when the page does not have it.
  const std::string& scriptHash() const { return script_hash_; }

 private:
  struct Parsed;
  explicit PageTemplate(std::unique_ptr<Parsed> parsed);

  std::unique_ptr<Parsed> parsed_;
  std::string style_hashes_;
  std::string script_hash_;
};

}  // namespace sessiond
