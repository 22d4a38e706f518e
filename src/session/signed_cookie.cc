#include "session/signed_cookie.h"

#include <array>
#include <cstdint>
#include <optional>

#include "base/check.h"
#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr std::string_view kPrefix = "s:";
constexpr std::size_t kSignatureCharacters = 43;  // 32 bytes in base64 without padding

constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> digitsOf(std::string_view alphabet) {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    digits[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr std::array<std::uint8_t, 256> kBase64Digits =
    digitsOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

constexpr std::array<std::uint8_t, 256> makeHexDigits() {
  std::array<std::uint8_t, 256> digits = digitsOf("0123456789abcdef");
  for (unsigned char c = 'A'; c <= 'F'; ++c) digits[c] = static_cast<std::uint8_t>(c - 'A' + 10);
  return digits;
}

constexpr std::array<std::uint8_t, 256> kHexDigits = makeHexDigits();

std::uint8_t digit(const std::array<std::uint8_t, 256>& digits, char c) {
  return digits[static_cast<unsigned char>(c)];
}

// base/encoding.h decodes into strings; these two run at every check and write into the caller's frame.

// The only text that Express's signature of a digest can be: 43 characters, the two bits that are over zero. Decoding
// what was sent, instead of encoding what was computed, keeps the true signature out of table look-ups.
std::optional<Sha256Digest> decodeSignature(std::string_view text) {
  if (text.size() != kSignatureCharacters) return std::nullopt;
  Sha256Digest digest;
  std::uint32_t bits = 0;
  unsigned count = 0;
  std::size_t written = 0;
  for (const char c : text) {
    const std::uint8_t value = digit(kBase64Digits, c);
    if (value == kNoDigit) return std::nullopt;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      digest[written++] = static_cast<unsigned char>(bits >> count);
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return digest;
}

using Buffer = std::array<char, CookieSigner::kMaxValueBytes>;

// nullopt when a `%` is not followed by two hex digits.
std::optional<std::string_view> decodePercent(std::string_view text, Buffer& buffer) {
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      buffer[written++] = text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const std::uint8_t high = digit(kHexDigits, text[i + 1]);
    const std::uint8_t low = digit(kHexDigits, text[i + 2]);
    if (high == kNoDigit || low == kNoDigit) return std::nullopt;
    buffer[written++] = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return std::string_view(buffer.data(), written);
}

}  // namespace

CookieSigner::CookieSigner(std::span<const Secret> secrets) {
  SESSIOND_CHECK(!secrets.empty());
  keys_.reserve(secrets.size());
  for (const Secret& secret : secrets) keys_.emplace_back(secret);
}

Expected<VerifiedCookie, CheckStatus> CookieSigner::verify(std::string_view cookie_value) const {
  if (cookie_value.size() > kMaxValueBytes) return Unexpected(CheckStatus::kMalformed);
  if (cookie_value.find('%') == std::string_view::npos) return verifyDecoded(cookie_value);
  Buffer buffer;
  const std::optional<std::string_view> decoded = decodePercent(cookie_value, buffer);
  if (!decoded) return verifyDecoded(cookie_value);
  Expected<VerifiedCookie, CheckStatus> verified = verifyDecoded(*decoded);
  if (verified || isValidUtf8(*decoded)) return verified;
  // decodeURIComponent throws on what is no UTF-8, and Express goes on with the text as it came.
  return verifyDecoded(cookie_value);
}

Expected<VerifiedCookie, CheckStatus> CookieSigner::verifyDecoded(std::string_view text) const {
  if (!text.starts_with(kPrefix)) return Unexpected(CheckStatus::kMalformed);
  text.remove_prefix(kPrefix.size());
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot > SessionId::kMaxBytes) {
    return Unexpected(CheckStatus::kMalformed);
  }
  const std::string_view id = text.substr(0, dot);
  const std::optional<Sha256Digest> claimed = decodeSignature(text.substr(dot + 1));
  if (!claimed) return Unexpected(CheckStatus::kForged);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const Sha256Digest expected = keys_[i].sign(id);
    if (constantTimeEqual(asBytes(expected), asBytes(*claimed))) {
      return VerifiedCookie{.id = *SessionId::fromBytes(id), .secret = i};
    }
  }
  return Unexpected(CheckStatus::kForged);
}

std::string CookieSigner::sign(const SessionId& id) const {
  const Sha256Digest signature = keys_.front().sign(id.bytes());
  return percentEncode(std::string(kPrefix) + id.bytes() + "." + base64EncodeUnpadded(asBytes(signature)));
}

}  // namespace sessiond
