#include "session/identity_value.h"

#include <algorithm>
#include <string_view>

#include "base/encoding.h"
#include "json/json_text.h"

namespace sessiond {
namespace {

constexpr std::string_view kUsualSeparator = ",";

bool hasSpaceAtAnEnd(std::string_view text) {
  return text.starts_with(' ') || text.ends_with(' ');
}

// Does whoever splits at the separator find this entry's end, and not another place before it?
bool staysOneEntry(const std::string& entry, std::string_view separator) {
  return (entry + std::string(separator)).find(separator) == entry.size();
}

std::string_view textOf(JsonValue scalar) {
  return scalar.kind() == JsonKind::kNull ? std::string_view() : scalar.text();
}

bool holdsScalarsOnly(JsonValue array) {
  for (const JsonChild& child : array.children()) {
    if (!child.value.isScalar()) return false;
  }
  return true;
}

std::optional<std::string> rendered(std::string_view text, IdentityEncoding encode) {
  switch (encode) {
    case IdentityEncoding::kUtf8:
      if (hasControls(text) || hasSpaceAtAnEnd(text)) return std::nullopt;
      return std::string(text);
    case IdentityEncoding::kPercent:
      return percentEncode(text);
    case IdentityEncoding::kBase64Url:
      return std::string(text);  // the list as a whole is encoded
  }
  return std::nullopt;
}

std::optional<std::string> joined(JsonValue array, std::string_view separator, IdentityEncoding encode) {
  std::string list;
  bool first = true;
  for (const JsonChild& child : array.children()) {
    const std::optional<std::string> entry = rendered(textOf(child.value), encode);
    if (!entry || !staysOneEntry(*entry, separator)) return std::nullopt;
    if (!first) list += separator;
    first = false;
    list += *entry;
  }
  return list;
}

std::optional<std::string> finished(std::optional<std::string> text, IdentityEncoding encode) {
  if (!text) return std::nullopt;
  switch (encode) {
    case IdentityEncoding::kUtf8:
    case IdentityEncoding::kPercent:
      if (hasSpaceAtAnEnd(*text)) return std::nullopt;  // a separator may be a space, and its last entry empty
      return text;
    case IdentityEncoding::kBase64Url:
      return base64UrlEncode(*text);
  }
  return std::nullopt;
}

/// What is more than a list of scalars.
std::optional<std::string> asJson(JsonValue value, IdentityEncoding encode) {
  std::string json;
  switch (encode) {
    case IdentityEncoding::kUtf8:
      return std::nullopt;
    case IdentityEncoding::kPercent:
      appendCompactJson(json, value);
      return percentEncode(json);
    case IdentityEncoding::kBase64Url:
      appendCompactJson(json, value);
      return base64UrlEncode(json);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> renderIdentityValue(JsonValue value, const IdentityHeader& header) {
  const IdentityEncoding encode = header.encode;
  if (value.isScalar()) {
    std::optional<std::string> text = rendered(textOf(value), encode);
    if (text && header.join && !staysOneEntry(*text, *header.join)) return std::nullopt;
    return finished(std::move(text), encode);
  }
  if (value.kind() == JsonKind::kArray && holdsScalarsOnly(value)) {
    return finished(joined(value, header.join ? std::string_view(*header.join) : kUsualSeparator, encode), encode);
  }
  return asJson(value, encode);
}

}  // namespace sessiond
