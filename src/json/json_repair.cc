#include "json/json_repair.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace sessiond {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::size_t kEscape = 6;                         // \uXXXX

// The code unit of an escape \uXXXX at `at`; nullopt when none stands there.
std::optional<unsigned> escapedUnit(std::string_view json, std::size_t at) {
  if (json.size() < kEscape || at > json.size() - kEscape || json.substr(at, 2) != "\\u") return std::nullopt;
  const std::string_view digits = json.substr(at + 2, 4);
  unsigned unit = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  return unit;
}

bool isHighSurrogate(unsigned unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}

bool isLowSurrogate(unsigned unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isNumberCharacter(char c) {
  return isDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// A number of the same length and form with zeros for exponent, and with a decimal point that keeps a long integer
// part small. What is no number stays no number.
void tameNumber(char* begin, char* end) {
  constexpr std::ptrdiff_t kHarmlessDigits = 300;
  char* const exponent = std::find_if(begin, end, [](char c) { return c == 'e' || c == 'E'; });
  std::replace_if(exponent, end, isDigit, '0');
  char* const first = begin != end && *begin == '-' ? begin + 1 : begin;
  char* const last = std::find_if_not(first, exponent, isDigit);
  if (last - first < kHarmlessDigits || *first == '0') return;
  if (last + 1 < exponent && *last == '.' && isDigit(last[1])) *last = '0';
  first[1] = '.';
}

// The position behind the string that begins at `at` (or the end, when it is not closed).
std::size_t skipString(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

/// Where the next escape of a surrogate without a partner stands, at `from` or behind it; npos: there is none.
/// REQUIRES: no escape began before `from` and ends behind it.
std::size_t findLoneSurrogate(std::string_view json, std::size_t from = 0) {
  std::size_t at = json.find('\\', from);
  while (at < json.size()) {
    const std::optional<unsigned> unit = escapedUnit(json, at);
    std::size_t escape = unit ? kEscape : 2;  // a backslash takes the next character with it: \\ud800 is no escape
    if (unit && isHighSurrogate(*unit) && isLowSurrogate(escapedUnit(json, at + kEscape).value_or(0))) {
      escape = 2 * kEscape;
    } else if (unit && (isHighSurrogate(*unit) || isLowSurrogate(*unit))) {
      return at;
    }
    at = json.find('\\', at + escape);
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::string> replaceInvalidUtf8(std::string_view text) {
  if (isValidUtf8(text)) return std::nullopt;
  std::string replaced;
  replaced.reserve(text.size() + 16);
  while (!text.empty()) {
    const Utf8Part first = firstUtf8(text);
    replaced.append(first.valid ? text.substr(0, first.bytes) : kReplacement);
    text.remove_prefix(first.bytes);
  }
  return replaced;
}

std::optional<std::string> replaceLoneSurrogates(std::string_view json) {
  std::size_t at = findLoneSurrogate(json);
  if (at == std::string_view::npos) return std::nullopt;
  std::string replaced(json);
  for (; at != std::string_view::npos; at = findLoneSurrogate(json, at + kEscape)) {
    replaced.replace(at, kEscape, "\\ufffd");
  }
  return replaced;
}

bool isReadAsItStands(std::string_view json) {
  return isValidUtf8(json) && findLoneSurrogate(json) == std::string_view::npos;
}

std::string tameNumbers(std::string_view json) {
  std::string tamed(json);
  std::size_t at = 0;
  while (at < tamed.size()) {
    if (tamed[at] == '"') {
      at = skipString(tamed, at);
    } else if (isDigit(tamed[at]) || tamed[at] == '-') {
      const std::size_t end =
          std::min(static_cast<std::size_t>(std::find_if_not(tamed.begin() + static_cast<std::ptrdiff_t>(at),
                                                             tamed.end(), isNumberCharacter) -
                                            tamed.begin()),
                   tamed.size());
      tameNumber(tamed.data() + at, tamed.data() + end);
      at = end;
    } else {
      ++at;
    }
  }
  return tamed;
}

}  // namespace sessiond
