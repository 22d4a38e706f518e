// HeaderBlock: response header lines that are known to be safe, already in the form that goes over the wire.
//
// The only way in is add(), which refuses what could end a line or a header. So a block that was made once (the
// identity headers of a cached session) can be sent again and again without looking at its bytes. HeaderLines is a view
// of such a block, or of a copy of it: there is no way to make one of other bytes.
//
//   "X-User-Id: 42\r\nX-User-Roles: admin,staff\r\n"

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

class HeaderBlock;

/// A view; what it was made of must outlive it, unchanged.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderBlock& block);

  /// The lines, each with its CRLF.
  std::string_view text() const { return text_; }
  /// The same lines, copied to `memory`, which has room for text().size() bytes and outlives the result.
  HeaderLines copiedTo(char* memory) const;

 private:
  explicit HeaderLines(std::string_view text) : text_(text) {}
  std::string_view text_;
};

/// A plain value; not thread-safe for writing.
class HeaderBlock {
 public:
  /// Appends one line. False, and nothing appended, when the name is not an RFC 9110 token or the value holds
  /// CR, LF or NUL.
  [[nodiscard]] bool add(std::string_view name, std::string_view value);
  void append(HeaderLines other) { lines_ += other.text(); }
  /// The same lines with `prefix` before every name (an AUTHORIZER's `Variable-`). REQUIRES: prefix is a token.
  void appendWithPrefix(HeaderLines other, std::string_view prefix);
  void reserve(std::size_t bytes) { lines_.reserve(bytes); }

  /// The lines, each with its CRLF.
  const std::string& lines() const { return lines_; }
  bool empty() const { return lines_.empty(); }

 private:
  std::string lines_;
};

inline HeaderLines::HeaderLines(const HeaderBlock& block) : text_(block.lines()) {}

}  // namespace sessiond
