// Encodings: of numbers as bytes; of bytes as text in hex, base64 and base64url (RFC 4648), percent-encoding (RFC
// 3986).
//
// Decoders are strict: any byte outside the alphabet, wrong padding or non-zero trailing bits is "not decodable".

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sessiond {

std::string hexEncode(std::string_view bytes);

/// Eight bytes, the greatest first.
std::string bigEndian(std::uint64_t number);
/// REQUIRES: at most eight bytes.
std::uint64_t fromBigEndian(std::string_view bytes);
/// A time in milliseconds, as such a number.
inline constexpr std::size_t kTimeBytes = 8;
std::string encodeTime(WallTime time);
WallTime decodeTime(std::string_view bytes);

/// Standard alphabet; `=` padding is left out, as in Express's cookie signature.
std::string base64EncodeUnpadded(std::string_view bytes);

/// URL-safe alphabet, no padding.
std::string base64UrlEncode(std::string_view bytes);
/// URL-safe alphabet, no padding allowed.
std::optional<std::string> base64UrlDecode(std::string_view text);

/// ECMAScript's encodeURIComponent: keeps A-Z a-z 0-9 - _ . ! ~ * ' ( ) and writes every other byte as %XX.
std::string percentEncode(std::string_view bytes);
/// Decodes %XX; a `%` that no two hex digits follow makes the whole text undecodable. `+` stays `+`.
std::optional<std::string> percentDecode(std::string_view text);
/// Into memory that is the caller's, to reuse or to wipe. False: not decodable, and `bytes` holds anything.
bool percentDecode(std::string_view text, std::string& bytes);

/// Is the text well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms)?
bool isValidUtf8(std::string_view text);
/// Is there a control character in it: U+0000 to U+001F, U+007F to U+009F? REQUIRES: the text is well-formed UTF-8.
bool hasControls(std::string_view text);
/// What a text begins with.
struct Utf8Part {
  std::size_t bytes;
  bool valid;
};
/// The first character, of 1 to 4 bytes; where none is well-formed, as much of the text as could begin one, at least a
/// byte, which whoever repairs it replaces at once (Unicode §3.9: the maximal subpart). Of an empty text: no bytes.
Utf8Part firstUtf8(std::string_view text);
/// Is the byte one that goes on with a character, and begins none?
constexpr bool isUtf8Continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

/// For log lines: printable ASCII stays; quotes, backslash, control and non-ASCII bytes become \xNN; cut at
/// `limit` bytes of input with a trailing "...".
std::string escapeForLog(std::string_view bytes, std::size_t limit = 128);

}  // namespace sessiond
