#include "session/identity_value.h"

#include <algorithm>

#include "base/encoding.h"
#include "json/json_text.h"

namespace sessiond {
namespace {

bool mayBeginControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f || byte == 0xC2;
}

// Without C0 controls, DEL and C1 controls (U+0080 to U+009F, C2 80 to C2 9F as UTF-8); nullopt with CR, LF or NUL.
// REQUIRES: valid UTF-8.
std::optional<std::string> withoutControls(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), mayBeginControl)) return std::string(text);
  std::string clean;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\r' || byte == '\n' || byte == 0) return std::nullopt;
    if (byte < 0x20 || byte == 0x7f) continue;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      ++i;
      continue;
    }
    clean += text[i];
  }
  return clean;
}

std::string trimSpaces(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::optional<std::string> scalarText(JsonValue value) {
  if (value.kind() == JsonKind::kNull) return "";
  return withoutControls(value.text());
}

bool holdsScalarsOnly(JsonValue array) {
  for (const JsonChild& child : array.children()) {
    if (!child.value.isScalar()) return false;
  }
  return true;
}

std::optional<std::string> joinElements(JsonValue array, std::string_view join, IdentityEncoding encode) {
  std::string joined;
  bool first = true;
  for (const JsonChild& child : array.children()) {
    std::optional<std::string> text = scalarText(child.value);
    if (!text) return std::nullopt;
    if (encode == IdentityEncoding::kPercent) text = percentEncode(*text);
    if (!join.empty() && text->find(join) != std::string::npos) return std::nullopt;
    if (!first) joined += join;
    first = false;
    joined += *text;
  }
  return joined;
}

std::string encoded(const std::string& text, IdentityEncoding encode) {
  switch (encode) {
    case IdentityEncoding::kUtf8:
      return trimSpaces(text);
    case IdentityEncoding::kPercent:
      return percentEncode(text);
    case IdentityEncoding::kBase64Url:
      return base64UrlEncode(text);
  }
  return "";
}

}  // namespace

std::optional<std::string> renderIdentityValue(JsonValue value, std::string_view join, IdentityEncoding encode) {
  if (value.isScalar()) {
    const std::optional<std::string> text = scalarText(value);
    if (!text) return std::nullopt;
    return encoded(*text, encode);
  }
  if (value.kind() == JsonKind::kArray && holdsScalarsOnly(value)) {
    const std::optional<std::string> joined = joinElements(value, join, encode);
    if (!joined) return std::nullopt;
    return encode == IdentityEncoding::kPercent ? *joined : encoded(*joined, encode);
  }
  if (encode == IdentityEncoding::kUtf8) return std::nullopt;
  std::string json;
  appendCompactJson(json, value);
  return encoded(json, encode);
}

}  // namespace sessiond
