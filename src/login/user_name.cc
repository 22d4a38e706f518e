#include "login/user_name.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "base/encoding.h"

namespace sessiond {
namespace {

bool standsAround(utf8proc_int32_t character) {
  switch (character) {
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case 0x85:
    case 0x200b:
    case 0x200e:
    case 0x200f:
    case 0xfeff:
      return true;
    default:
      break;
  }
  const utf8proc_category_t category = utf8proc_category(character);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

const utf8proc_uint8_t* bytesOf(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

/// REQUIRES: well-formed UTF-8, not empty.
utf8proc_int32_t firstCharacter(std::string_view text, std::size_t& bytes) {
  utf8proc_int32_t character = 0;
  bytes =
      static_cast<std::size_t>(utf8proc_iterate(bytesOf(text), static_cast<utf8proc_ssize_t>(text.size()), &character));
  return character;
}

std::string_view lastCharacter(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (isUtf8Continuation(text[at])) --at;
  return text.substr(at);
}

utf8proc_int32_t toLower(utf8proc_int32_t character, void* /*data*/) {
  return utf8proc_tolower(character);
}

/// NFC, and what else `more` asks for; each character of the text goes through `each` before, if there is one.
std::optional<std::string> composed(std::string_view text, utf8proc_custom_func each, int more = 0) {
  utf8proc_uint8_t* made = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | more);
  const utf8proc_ssize_t size =
      utf8proc_map_custom(bytesOf(text), static_cast<utf8proc_ssize_t>(text.size()), &made, options, each, nullptr);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(made, &std::free);
  if (size < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(made), static_cast<std::size_t>(size));
}

}  // namespace

bool isValidUserName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxUserNameBytes && isValidUtf8(name) && !hasControls(name);
}

std::string_view trimUserName(std::string_view typed) {
  if (!isValidUtf8(typed)) return typed;
  std::size_t bytes = 0;
  while (!typed.empty() && standsAround(firstCharacter(typed, bytes))) typed.remove_prefix(bytes);
  while (!typed.empty() && standsAround(firstCharacter(lastCharacter(typed), bytes))) typed.remove_suffix(bytes);
  return typed;
}

std::optional<std::string> canonicalUserName(std::string_view typed, NameCase name_case) {
  const std::string_view name = trimUserName(typed);
  // Before anything is computed: composing never makes a name more than three times as short.
  if (name.size() > 3 * kMaxUserNameBytes || !isValidUtf8(name)) return std::nullopt;
  std::optional<std::string> canonical = composed(name, nullptr);
  // Composed first: "I" with a dot above it and the one character for that are the same name, but go to lower case
  // differently.
  if (canonical && name_case == NameCase::kIgnored) canonical = composed(*canonical, toLower);
  if (!canonical || !isValidUserName(*canonical)) return std::nullopt;
  return canonical;
}

std::string foldedUserName(std::string_view name) {
  return composed(name, nullptr, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE).value_or(std::string(name));
}

}  // namespace sessiond
