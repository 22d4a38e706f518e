#include "http/safe_redirect.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/encoding.h"

namespace sessiond {
namespace {

/// What is encoded more often than this was made to deceive.
constexpr int kMaxEncodingLevels = 8;

/// Bytes that may stand in an address as it is sent.
bool isAddressByte(char c) {
  return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
}

/// Does a %XX stand for a control character? Broken sequences are no control characters.
bool hasEncodedControl(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    const std::optional<std::string> byte = percentDecode(text.substr(at, 3));
    if (byte && byte->size() == 1 && hasControls(*byte)) return true;
  }
  return false;
}

/// The code point that begins at `at`, and on to the next. REQUIRES: text is well-formed UTF-8.
char32_t takeCodePoint(std::string_view text, std::size_t& at) {
  const std::size_t length = firstUtf8(text.substr(at)).bytes;
  char32_t point = static_cast<unsigned char>(text[at]) & (length == 1 ? 0x7fU : 0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
  at += length;
  return point;
}

/// Characters that normalization or the eye turns into / \ . or : , and those that nobody sees.
bool isDeceptive(char32_t point) {
  struct Range {
    char32_t first;
    char32_t last;
  };
  static constexpr std::array kDeceptive = {
      Range{0x80, 0xa0},     Range{0xad, 0xad},        // C1 controls, no-break space, soft hyphen
      Range{0x34f, 0x34f},   Range{0x61c, 0x61c},      // joiner, Arabic letter mark
      Range{0x180e, 0x180e}, Range{0x2000, 0x200f},    // spaces, zero width, direction marks
      Range{0x2024, 0x2026}, Range{0x2028, 0x202f},    // dot leaders, separators, overrides
      Range{0x2044, 0x2044}, Range{0x205f, 0x206f},    // fraction slash, invisible operators
      Range{0x2100, 0x2101}, Range{0x2105, 0x2106},    // a/c, a/s, c/o, c/u in one sign
      Range{0x2215, 0x2216}, Range{0x2236, 0x2236},    // division slash, set minus, ratio
      Range{0x27cb, 0x27cb}, Range{0x27cd, 0x27cd},    // diagonals
      Range{0x29f5, 0x29f5}, Range{0x29f8, 0x29f9},    // solidi
      Range{0x3000, 0x3000}, Range{0xfe13, 0xfe13},    // ideographic space, vertical colon
      Range{0xfe19, 0xfe19}, Range{0xfe30, 0xfe30},    // vertical dots
      Range{0xfe52, 0xfe52}, Range{0xfe55, 0xfe55},    // small full stop, colon
      Range{0xfe68, 0xfe68}, Range{0xfeff, 0xfeff},    // small backslash, byte order mark
      Range{0xff0e, 0xff0f}, Range{0xff1a, 0xff1a},    // fullwidth . / :
      Range{0xff3c, 0xff3c}, Range{0xff61, 0xff61},    // fullwidth \, halfwidth full stop
      Range{0xfff0, 0xffff}, Range{0xe0000, 0xe0fff},  // specials, tags
  };
  return std::any_of(kDeceptive.begin(), kDeceptive.end(),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

bool hasDeceptiveCharacter(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (isDeceptive(takeCodePoint(text, at))) return true;
  }
  return false;
}

/// Is a segment `.` or `..`, also with parameters behind it (`..;x`), which some servers cut off?
bool hasDotSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string_view segment = path.substr(0, end);
    segment = segment.substr(0, segment.find(';'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(end);
  }
  return false;
}

/// The rules for a path at one level of encoding. REQUIRES: begins with `/`.
bool isPlainPath(std::string_view path) {
  return !path.starts_with("//") && path.find('\\') == std::string_view::npos && isValidUtf8(path) &&
         !hasControls(path) && !hasDeceptiveCharacter(path) && !hasDotSegment(path);
}

/// Undoes one level of percent-encoding as a careless server would: a `%` that begins no %XX stays.
std::string decodeLeniently(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::optional<std::string> byte =
        text[at] == '%' && text.size() - at >= 3 ? percentDecode(text.substr(at, 3)) : std::nullopt;
    decoded += byte ? byte->front() : text[at];
    if (byte) at += 2;
  }
  return decoded;
}

/// The path at every level of encoding. Broken %XX is refused in what was sent; further down a % may be itself.
bool isSafePath(std::string_view path) {
  if (!percentDecode(path)) return false;
  std::string current(path);
  for (int level = 0; level <= kMaxEncodingLevels; ++level) {
    if (!isPlainPath(current)) return false;
    std::string decoded = decodeLeniently(current);
    if (decoded == current) return true;
    current = std::move(decoded);
  }
  return false;
}

bool isSafeLocal(std::string_view address) {
  if (!address.starts_with('/') || !std::all_of(address.begin(), address.end(), isAddressByte)) return false;
  return !hasEncodedControl(address) && isSafePath(address.substr(0, address.find_first_of("?#")));
}

}  // namespace

bool isSafeRedirect(std::string_view address, std::span<const std::string> allowed_origins) {
  if (address.size() > kMaxRedirectBytes) return false;
  if (isSafeLocal(address)) return true;
  return std::any_of(allowed_origins.begin(), allowed_origins.end(), [address](const std::string& origin) {
    return address.starts_with(origin) &&
           (address.size() == origin.size() || isSafeLocal(address.substr(origin.size())));
  });
}

std::string safeRedirectOr(std::string_view address, std::span<const std::string> allowed_origins,
                           std::string_view fallback) {
  return std::string(isSafeRedirect(address, allowed_origins) ? address : fallback);
}

}  // namespace sessiond
