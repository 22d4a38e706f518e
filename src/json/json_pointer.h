// JSON Pointer (RFC 6901): "/user/roles/0" names a place in a JSON document. `~1` stands for `/`, `~0` for `~`; the
// empty pointer names the whole document.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json_tree.h"

namespace sessiond {

/// A plain value; immutable once parsed.
class JsonPointer {
 public:
  /// nullopt when the text is neither empty nor begins with `/`, or holds a `~` that neither 0 nor 1 follows.
  static std::optional<JsonPointer> parse(std::string_view text);
  /// REQUIRES: the text is a pointer.
  static JsonPointer of(std::string_view text);

  /// The reference tokens, unescaped.
  const std::vector<std::string>& tokens() const { return tokens_; }
  bool operator==(const JsonPointer&) const = default;

 private:
  std::vector<std::string> tokens_;
};

/// The value that it leads to; nullopt when there is none. Of members of one name the first counts, and `ambiguous` is
/// set to true (never to false).
std::optional<JsonValue> follow(JsonValue root, const JsonPointer& pointer, bool& ambiguous);
std::optional<JsonValue> follow(JsonValue root, const JsonPointer& pointer);

/// Does `pointer` name the place that `ancestor` names, or one in there?
bool isAtOrBelow(std::string_view pointer, std::string_view ancestor);

/// The array index a token stands for: digits without leading zeros (RFC 6901 §4); nullopt for all else, `-` too.
std::optional<std::size_t> arrayIndex(std::string_view token);

}  // namespace sessiond
