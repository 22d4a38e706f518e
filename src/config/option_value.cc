#include "config/option_value.h"

#include <algorithm>
#include <regex>

#include "base/encoding.h"
#include "base/parse.h"
#include "config/foreign_names.h"
#include "config/units.h"

namespace sessiond {
namespace {

constexpr std::size_t kLongestText = 1024;
constexpr std::size_t kLongestList = 64;

void refuseKind(const OptionValue& value, const std::string& what) {
  if (value.node.kind != YamlKind::kBroken) value.refuse("must be " + what + " but is " + describeNode(value.node));
}

/// The text of a value that is no structure, in quotes or not; else reports that it must be `what`.
std::optional<std::string_view> scalarText(const OptionValue& value, const std::string& what) {
  if (value.node.kind == YamlKind::kScalar) return value.node.text;
  refuseKind(value, what);
  return std::nullopt;
}

/// The same, refusing quotes.
std::optional<std::string_view> plainText(const OptionValue& value, const std::string& what) {
  if (!value.node.quoted) return scalarText(value, what);
  refuseKind(value, what);
  return std::nullopt;
}

bool allDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::size_t countDigits(std::string_view text, std::size_t from) {
  return std::min(text.find_first_not_of("0123456789", from), text.size()) - from;
}

std::string meantBy(const std::optional<std::string>& ours) {
  return ours ? "; did you mean " + *ours + "?" : "";
}

/// Does a version of YAML, or a hasty reader, take this for a boolean or a number, although JSON does not? Taken for a
/// text it would never equal what the application means by it.
bool isMistakable(const std::string& text) {
  static const std::regex kOther(
      "y|n|yes|no|on|off|true|false|[-+]?\\.?inf(inity)?|\\.?nan|"
      "[-+]?(0x[0-9a-f_]+|0o[0-7_]+|0b[01_]+|[0-9][0-9_]*(\\.[0-9_]*)?(e[-+]?[0-9]+)?|\\.[0-9][0-9_]*(e[-+]?[0-9]+)?|"
      "[0-9]+(:[0-5]?[0-9])+)",
      std::regex::icase);
  constexpr std::size_t kLongest = 64;  // of a number that somebody writes by hand
  return text.size() <= kLongest && std::regex_match(text, kOther);
}

/// The grammar of RFC 8259 §6.
bool isJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = countDigits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = countDigits(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    at += at + 1 < text.size() && (text[at + 1] == '+' || text[at + 1] == '-') ? 2 : 1;
    const std::size_t exponent = at < text.size() ? countDigits(text, at) : 0;
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace

std::string describeNode(const YamlNode& node) {
  switch (node.kind) {
    case YamlKind::kNull:
      return "empty";
    case YamlKind::kSequence:
      return "a list";
    case YamlKind::kMap:
      return "a map";
    case YamlKind::kScalar:
    case YamlKind::kBroken:
      break;
  }
  return node.quoted ? "the text " + shown(node.text) : shown(node.text);
}

std::optional<bool> readBool(const OptionValue& value) {
  const std::optional<std::string_view> text = plainText(value, "true or false");
  if (!text) return std::nullopt;
  if (*text == "true") return true;
  if (*text == "false") return false;
  value.refuse("must be true or false but is " + shown(*text));
  return std::nullopt;
}

std::optional<std::uint32_t> readNumber(const OptionValue& value, std::uint32_t least, std::uint32_t most) {
  const std::string range = std::to_string(least) + " and " + std::to_string(most);
  const std::optional<std::string_view> text = plainText(value, "a number between " + range);
  if (!text) return std::nullopt;
  const bool has_leading_zero = text->size() > 1 && text->starts_with('0');
  if (!allDigits(*text) || has_leading_zero) {
    value.refuse("must be a whole number between " + range + " but is " + shown(*text));
    return std::nullopt;
  }
  const std::optional<std::uint32_t> number = parseInteger<std::uint32_t>(*text);
  if (number && *number >= least && *number <= most) return number;
  value.refuse("must be between " + range + " but is " + shown(*text));
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> readDuration(const OptionValue& value, const DurationLimits& limits) {
  const std::optional<std::string_view> text = scalarText(value, "a duration such as 30s or 5m");
  if (!text) return std::nullopt;
  const std::string range = std::string(limits.zero_is_none ? "0s (none) or " : "") + "between " +
                            formatDuration(limits.least) + " and " + formatDuration(limits.most);
  if (allDigits(*text)) {
    value.refuse("needs a unit, as in 500ms, 30s, 5m, 12h or 30d, but is " + shown(*text));
    return std::nullopt;
  }
  const std::optional<std::chrono::milliseconds> duration = parseDuration(*text);
  if (!duration) {
    value.refuse("must be a duration, a whole number with ms, s, m, h or d, but is " + describeNode(value.node) +
                 meantBy(ourDurationFor(*text)));
    return std::nullopt;
  }
  const bool is_none = limits.zero_is_none && duration->count() == 0;
  if (is_none || (*duration >= limits.least && *duration <= limits.most)) return duration;
  value.refuse("must be " + range + " but is " + shown(*text));
  return std::nullopt;
}

std::optional<std::chrono::seconds> readSeconds(const OptionValue& value, const DurationLimits& limits) {
  const std::optional<std::chrono::milliseconds> duration = readDuration(value, limits);
  if (!duration) return std::nullopt;
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*duration);
  if (whole == *duration) return whole;
  value.refuse("must be whole seconds but is " + shown(value.node.text));
  return std::nullopt;
}

std::optional<std::size_t> readSize(const OptionValue& value, std::size_t least, std::size_t most) {
  const std::optional<std::string_view> text = scalarText(value, "a size in bytes such as 512, 8k or 1m");
  if (!text) return std::nullopt;
  const std::optional<std::size_t> size = parseSize(*text);
  if (!size && !allDigits(*text)) {
    value.refuse("must be a size in bytes, or with k or m, such as 512, 8k or 1m, but is " + describeNode(value.node) +
                 meantBy(ourSizeFor(*text)));
    return std::nullopt;
  }
  if (size && *size >= least && *size <= most) return size;
  value.refuse("must be between " + formatSize(least) + " and " + formatSize(most) + " but is " + shown(*text));
  return std::nullopt;
}

std::optional<std::uint32_t> readFileMode(const OptionValue& value) {
  if (value.node.kind == YamlKind::kBroken) return std::nullopt;
  const std::string& text = value.node.text;
  const bool is_octal = (text.size() == 3 || (text.size() == 4 && text.front() == '0')) &&
                        text.find_first_not_of("01234567") == std::string::npos;
  if (!value.node.quoted || !is_octal) {
    value.refuse("must be octal permissions in quotes, such as \"0660\", but is " + describeNode(value.node));
    return std::nullopt;
  }
  std::uint32_t mode = 0;
  for (const char digit : text) mode = mode * 8 + static_cast<std::uint32_t>(digit - '0');
  return mode;
}

std::optional<std::string> readText(const OptionValue& value) {
  const YamlNode& node = value.node;
  if (node.kind == YamlKind::kBroken) return std::nullopt;
  if (node.kind == YamlKind::kNull) {
    value.refuse("must be a text but is empty; leave the option out, or write \"\" for no text");
  } else if (node.kind != YamlKind::kScalar) {
    value.refuse("must be a text but is " + describeNode(node));
  } else if (node.text.size() > kLongestText) {
    value.refuse("must be at most " + std::to_string(kLongestText) + " bytes long but has " +
                 std::to_string(node.text.size()));
  } else if (hasControls(node.text)) {
    value.refuse("must not hold control characters but is " + shown(node.text));
  } else {
    return node.text;
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> readTextList(const OptionValue& value) {
  const YamlNode& node = value.node;
  if (node.kind == YamlKind::kBroken) return std::nullopt;
  if (node.kind != YamlKind::kSequence) {
    value.refuse("must be a list, such as [one, two], but is " + describeNode(node));
    return std::nullopt;
  }
  if (node.items.size() > kLongestList) {
    value.refuse("must have at most " + std::to_string(kLongestList) + " entries but has " +
                 std::to_string(node.items.size()));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (std::size_t at = 0; at < node.items.size(); ++at) {
    const std::string path = value.path + "[" + std::to_string(at) + "]";
    const OptionValue item{node.items[at], path, value.report};
    value.report.remember(path, item.node.place);
    const std::optional<std::string> text = readText(item);
    if (text && text->empty()) {
      item.refuse("must not be empty");
    } else if (text && std::find(texts.begin(), texts.end(), *text) != texts.end()) {
      item.refuse(shown(*text) + " is listed twice");
    }
    texts.push_back(text.value_or(""));
  }
  return texts;
}

std::optional<std::size_t> readChoice(const OptionValue& value, std::span<const std::string_view> words) {
  const YamlNode& node = value.node;
  if (node.kind == YamlKind::kBroken) return std::nullopt;
  if (node.kind == YamlKind::kScalar) {
    const auto found = std::find(words.begin(), words.end(), node.text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  const std::optional<std::string_view> ours =
      node.kind == YamlKind::kScalar ? ourWordFor(node.text, words) : std::nullopt;
  value.refuse("must be " + oneOf(words) + " but is " + describeNode(node) +
               meantBy(ours ? std::optional<std::string>(*ours) : std::nullopt));
  return std::nullopt;
}

std::optional<std::string> readJsonScalar(const OptionValue& value) {
  const YamlNode& node = value.node;
  if (node.kind == YamlKind::kBroken) return std::nullopt;
  if (node.kind != YamlKind::kScalar) {
    value.refuse("must be a text, a number, true or false but is " + describeNode(node));
    return std::nullopt;
  }
  if (!node.quoted && (node.text == "true" || node.text == "false" || isJsonNumber(node.text))) return node.text;
  if (!node.quoted && isMistakable(node.text)) {
    value.refuse("must be true, false, a number as in JSON, or a text in quotes, but is " + shown(node.text));
    return std::nullopt;
  }
  const std::optional<std::string> text = readText(value);
  if (!text) return std::nullopt;
  return quote(*text);
}

std::string oneOf(std::span<const std::string_view> words, std::string_view last) {
  std::string text;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (at > 0) text += at + 1 == words.size() ? last : ", ";
    text += words[at];
  }
  return text;
}

std::string writeFileMode(std::uint32_t mode) {
  std::string digits = "\"0";
  for (const int shift : {6, 3, 0}) digits += static_cast<char>('0' + (mode >> shift & 7));
  return digits + '"';
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char byte : text) {
    if (hasControls({&byte, 1})) {
      quoted += "\\u00" + hexEncode({&byte, 1});
      continue;
    }
    if (byte == '"' || byte == '\\') quoted += '\\';
    quoted += byte;
  }
  return quoted + '"';
}

std::string writeText(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
  const bool begins_plainly =
      !text.empty() && (text.front() == '/' || kLetters.find(text.front()) != std::string_view::npos);
  const bool is_plain = begins_plainly && text.find_first_not_of(kPlain) == std::string_view::npos;
  constexpr std::string_view kWords[] = {"null", "Null", "NULL", "true", "false", "yes", "no", "on", "off"};
  const bool is_word = std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords);
  return is_plain && !is_word ? std::string(text) : quote(text);
}

std::string writeTextList(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? ", " : "") + writeText(text);
  return list + "]";
}

}  // namespace sessiond
