// JSON Pointer (RFC 6901): "/user/roles/0" names a place in a JSON document. `~1` stands for `/`, `~0` for `~`; the
// empty pointer names the whole document.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

/// A plain value; immutable once parsed.
class JsonPointer {
 public:
  /// nullopt when the text is neither empty nor begins with `/`, or holds a `~` that neither 0 nor 1 follows.
  static std::optional<JsonPointer> parse(std::string_view text);

  /// The reference tokens, unescaped.
  const std::vector<std::string>& tokens() const { return tokens_; }
  bool operator==(const JsonPointer&) const = default;

 private:
  std::vector<std::string> tokens_;
};

/// The array index a token stands for: digits without leading zeros (RFC 6901 §4); nullopt for all else, `-` too.
std::optional<std::size_t> arrayIndex(std::string_view token);

}  // namespace sessiond
