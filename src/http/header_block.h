// HeaderBlock: response header lines that are known to be safe, already in the form that goes over the wire.
//
// The only way in is add(), which refuses what could end a line or a header. So a block that was made once (the
// identity headers of a cached session) can be sent again and again without looking at its bytes.
//
//   "X-User-Id: 42\r\nX-User-Roles: admin,staff\r\n"

#pragma once

#include <string>
#include <string_view>

namespace sessiond {

/// A plain value; not thread-safe for writing.
class HeaderBlock {
 public:
  /// Appends one line. False, and nothing appended, when the name is not an RFC 9110 token or the value holds
  /// CR, LF or NUL.
  [[nodiscard]] bool add(std::string_view name, std::string_view value);
  void append(const HeaderBlock& other) { lines_ += other.lines_; }
  void reserve(std::size_t bytes) { lines_.reserve(bytes); }
  /// Gives back what was reserved or grown beyond the lines, for a block that is kept long.
  void shrink() { lines_.shrink_to_fit(); }

  /// The lines, each with its CRLF.
  const std::string& lines() const { return lines_; }
  bool empty() const { return lines_.empty(); }
  /// The same lines with `prefix` before every name (an AUTHORIZER's `Variable-`). REQUIRES: prefix is a token.
  HeaderBlock withPrefix(std::string_view prefix) const;

 private:
  std::string lines_;
};

}  // namespace sessiond
