// Every alphabet is a 256-entry table built at compile time: percentDecode runs once a session check, so a byte
// costs a load and a compare there.

#include "base/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace sessiond {
namespace {

constexpr std::uint8_t kInvalid = 0xff;

using DecodeTable = std::array<std::uint8_t, 256>;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kUpperHexDigits = "0123456789ABCDEF";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::size_t index(char byte) {
  return static_cast<unsigned char>(byte);
}

constexpr DecodeTable invert(std::string_view alphabet) {
  DecodeTable table{};
  table.fill(kInvalid);
  for (std::size_t i = 0; i < alphabet.size(); ++i) table[index(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}

constexpr DecodeTable hexValues() {
  DecodeTable table = invert(kHexDigits);
  for (std::size_t i = 10; i < 16; ++i) table[index(kUpperHexDigits[i])] = static_cast<std::uint8_t>(i);
  return table;
}

constexpr std::array<bool, 256> uriComponentBytes() {
  std::array<bool, 256> kept{};
  for (const char byte : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()")) {
    kept[index(byte)] = true;
  }
  return kept;
}

constexpr DecodeTable kBase64UrlValues = invert(kBase64Url);
constexpr DecodeTable kHexValues = hexValues();
constexpr std::array<bool, 256> kUriComponentBytes = uriComponentBytes();

std::uint32_t byteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::string encode64(std::string_view bytes, std::string_view alphabet) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* out = text.data();
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const std::uint32_t group = byteAt(bytes, at) << 16 | byteAt(bytes, at + 1) << 8 | byteAt(bytes, at + 2);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = alphabet[group >> 6 & 63];
    *out++ = alphabet[group & 63];
  }
  const std::size_t left = bytes.size() - at;
  if (left > 0) {
    const std::uint32_t group = byteAt(bytes, at) << 16 | (left == 2 ? byteAt(bytes, at + 1) << 8 : 0);
    *out++ = alphabet[group >> 18];
    *out++ = alphabet[group >> 12 & 63];
    if (left == 2) *out++ = alphabet[group >> 6 & 63];
  }
  return text;
}

std::optional<std::string> decode64(std::string_view text, const DecodeTable& values) {
  const std::size_t left = text.size() % 4;
  if (left == 1) return std::nullopt;
  std::string bytes(text.size() / 4 * 3 + (left == 0 ? 0 : left - 1), '\0');
  char* out = bytes.data();
  const auto value = [&](std::size_t at) -> std::uint32_t { return values[index(text[at])]; };
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const std::uint32_t a = value(at);
    const std::uint32_t b = value(at + 1);
    const std::uint32_t c = value(at + 2);
    const std::uint32_t d = value(at + 3);
    if ((a | b | c | d) > 63) return std::nullopt;
    *out++ = static_cast<char>(a << 2 | b >> 4);
    *out++ = static_cast<char>(b << 4 | c >> 2);
    *out++ = static_cast<char>(c << 6 | d);
  }
  if (left == 0) return bytes;
  const std::uint32_t a = value(at);
  const std::uint32_t b = value(at + 1);
  const std::uint32_t c = left == 3 ? value(at + 2) : 0;
  if ((a | b | c) > 63) return std::nullopt;
  if (left == 2 ? (b & 15) != 0 : (c & 3) != 0) return std::nullopt;
  *out++ = static_cast<char>(a << 2 | b >> 4);
  if (left == 3) *out++ = static_cast<char>(b << 4 | c >> 2);
  return bytes;
}

/// What a lead byte begins (Unicode, table 3-7).
struct Utf8Sequence {
  std::size_t bytes;         ///< 0: the byte leads nothing
  unsigned char low = 0x80;  ///< of the second byte
  unsigned char high = 0xbf;
};

Utf8Sequence sequenceAfter(unsigned char lead) {
  if (lead < 0x80) return {1};
  if (lead < 0xc2 || lead > 0xf4) return {0};
  if (lead < 0xe0) return {2};
  if (lead < 0xf0) {
    const unsigned char low = lead == 0xe0 ? 0xa0 : 0x80;   // shorter ones are overlong
    const unsigned char high = lead == 0xed ? 0x9f : 0xbf;  // above are surrogates
    return {3, low, high};
  }
  const unsigned char low = lead == 0xf0 ? 0x90 : 0x80;   // shorter ones are overlong
  const unsigned char high = lead == 0xf4 ? 0x8f : 0xbf;  // above is beyond U+10FFFF
  return {4, low, high};
}

}  // namespace

std::string bigEndian(std::uint64_t number) {
  std::string bytes(sizeof number, '\0');
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, number >>= 8) *byte = static_cast<char>(number & 0xff);
  return bytes;
}

std::uint64_t fromBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string encodeTime(WallTime time) {
  return bigEndian(static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

WallTime decodeTime(std::string_view bytes) {
  return WallTime(WallTime::duration(static_cast<std::int64_t>(fromBigEndian(bytes))));
}

std::string hexEncode(std::string_view bytes) {
  std::string text(bytes.size() * 2, '\0');
  char* out = text.data();
  for (const char byte : bytes) {
    *out++ = kHexDigits[index(byte) >> 4];
    *out++ = kHexDigits[index(byte) & 15];
  }
  return text;
}

std::string base64EncodeUnpadded(std::string_view bytes) {
  return encode64(bytes, kBase64);
}

std::string base64UrlEncode(std::string_view bytes) {
  return encode64(bytes, kBase64Url);
}

std::optional<std::string> base64UrlDecode(std::string_view text) {
  return decode64(text, kBase64UrlValues);
}

std::string percentEncode(std::string_view bytes) {
  std::size_t escaped = 0;
  for (const char byte : bytes) escaped += kUriComponentBytes[index(byte)] ? 0 : 1;
  std::string text(bytes.size() + escaped * 2, '\0');
  char* out = text.data();
  for (const char byte : bytes) {
    if (kUriComponentBytes[index(byte)]) {
      *out++ = byte;
      continue;
    }
    *out++ = '%';
    *out++ = kUpperHexDigits[index(byte) >> 4];
    *out++ = kUpperHexDigits[index(byte) & 15];
  }
  return text;
}

std::optional<std::string> percentDecode(std::string_view text) {
  std::string bytes;
  return percentDecode(text, bytes) ? std::optional(std::move(bytes)) : std::nullopt;
}

bool percentDecode(std::string_view text, std::string& bytes) {
  bytes.assign(text.size(), '\0');
  char* out = bytes.data();
  std::size_t at = 0;
  while (at < text.size()) {
    const void* const found = std::memchr(text.data() + at, '%', text.size() - at);
    const std::size_t percent =
        found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    std::memcpy(out, text.data() + at, percent - at);
    out += percent - at;
    if (percent == text.size()) break;
    if (text.size() - percent < 3) return false;
    const std::uint32_t high = kHexValues[index(text[percent + 1])];
    const std::uint32_t low = kHexValues[index(text[percent + 2])];
    if ((high | low) > 15) return false;
    *out++ = static_cast<char>(high << 4 | low);
    at = percent + 3;
  }
  bytes.resize(static_cast<std::size_t>(out - bytes.data()));
  return true;
}

Utf8Part firstUtf8(std::string_view text) {
  if (text.empty()) return {0, false};
  const Utf8Sequence sequence = sequenceAfter(static_cast<unsigned char>(text.front()));
  if (sequence.bytes == 0) return {1, false};
  unsigned char low = sequence.low;
  unsigned char high = sequence.high;
  for (std::size_t at = 1; at < sequence.bytes; ++at) {
    if (at == text.size() || index(text[at]) < low || index(text[at]) > high) return {at, false};
    low = 0x80;
    high = 0xbf;
  }
  return {sequence.bytes, true};
}

bool hasControls(std::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0)) return true;
    before = byte;
  }
  return false;
}

bool isValidUtf8(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t eight = 0;
    if (text.size() >= sizeof eight) {
      std::memcpy(&eight, text.data(), sizeof eight);
      if ((eight & 0x8080808080808080) == 0) {
        text.remove_prefix(sizeof eight);
        continue;
      }
    }
    const Utf8Part part = firstUtf8(text);
    if (!part.valid) return false;
    text.remove_prefix(part.bytes);
  }
  return true;
}

std::string escapeForLog(std::string_view bytes, std::size_t limit) {
  std::string text;
  text.reserve(bytes.size() < limit ? bytes.size() : limit);
  for (const char byte : bytes.substr(0, limit)) {
    if (byte >= ' ' && byte <= '~' && byte != '"' && byte != '\'' && byte != '\\') {
      text += byte;
      continue;
    }
    text += "\\x";
    text += kHexDigits[index(byte) >> 4];
    text += kHexDigits[index(byte) & 15];
  }
  if (bytes.size() > limit) text += "...";
  return text;
}

}  // namespace sessiond
