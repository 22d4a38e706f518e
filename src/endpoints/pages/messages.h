// Messages: all texts of the pages in one language, by key.
//
//   logged_in_as: "You are logged in as {name}."
//
// A text is plain text, no HTML. `{name}` is a place that the page's own value of that name fills. Every language has
// the keys and the places of English; what a language lacks is said in English.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sessiond {

/// The names in `{}` of a text, in order.
std::vector<std::string_view> placesIn(std::string_view text);

/// Immutable and thread-safe once made.
class Messages {
 public:
  using Texts = std::map<std::string, std::string, std::less<>>;

  Messages(std::string language, Texts texts) : language_(std::move(language)), texts_(std::move(texts)) {}

  /// "en", "pt-BR": what `lang` and Content-Language say.
  const std::string& language() const { return language_; }
  /// nullptr when there is no such key.
  const std::string* find(std::string_view key) const;

 private:
  std::string language_;
  Texts texts_;
};

}  // namespace sessiond
