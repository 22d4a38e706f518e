#include "json/json_pointer.h"

#include "base/check.h"
#include "base/parse.h"

namespace sessiond {
namespace {

std::optional<std::string> unescapeToken(std::string_view text) {
  std::string token;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '~') {
      token += text[i];
      continue;
    }
    ++i;
    if (i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
    token += text[i] == '0' ? '~' : '/';
  }
  return token;
}

}  // namespace

std::optional<JsonPointer> JsonPointer::parse(std::string_view text) {
  JsonPointer pointer;
  while (!text.empty()) {
    if (text.front() != '/') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t end = text.find('/');
    std::optional<std::string> token = unescapeToken(text.substr(0, end));
    if (!token) return std::nullopt;
    pointer.tokens_.push_back(std::move(*token));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  return pointer;
}

JsonPointer JsonPointer::of(std::string_view text) {
  std::optional<JsonPointer> pointer = parse(text);
  SESSIOND_CHECK(pointer.has_value());
  return *std::move(pointer);
}

std::optional<JsonValue> follow(JsonValue root, const JsonPointer& pointer, bool& ambiguous) {
  std::optional<JsonValue> value = root;
  for (const std::string& token : pointer.tokens()) {
    if (value->kind() == JsonKind::kArray) {
      const std::optional<std::size_t> index = arrayIndex(token);
      value = index ? value->element(*index) : std::nullopt;
    } else {
      value = value->member(token, ambiguous);
    }
    if (!value) return std::nullopt;
  }
  return value;
}

std::optional<JsonValue> follow(JsonValue root, const JsonPointer& pointer) {
  bool ambiguous = false;
  return follow(root, pointer, ambiguous);
}

bool isAtOrBelow(std::string_view pointer, std::string_view ancestor) {
  if (!pointer.starts_with(ancestor)) return false;
  return pointer.size() == ancestor.size() || pointer[ancestor.size()] == '/';
}

std::optional<std::size_t> arrayIndex(std::string_view token) {
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return parseInteger<std::size_t>(token);
}

}  // namespace sessiond
