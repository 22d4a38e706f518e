#include "yaml/source_text.h"

#include <optional>
#include <string>

#include "base/encoding.h"

namespace sessiond {
namespace {

std::size_t sequenceLength(unsigned char lead) {
  if (lead >= 0xf0) return 4;
  if (lead >= 0xe0) return 3;
  return lead >= 0xc0 ? 2 : 1;
}

/// Where the first bad byte of a line stands, and what is wrong with it.
std::optional<YamlProblem> badByte(std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const auto byte = static_cast<unsigned char>(line[at]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
      return YamlProblem{{0, at + 1}, "", "control character 0x" + hexEncode(line.substr(at, 1)) + " is not allowed"};
    }
    const std::string_view character = line.substr(at, sequenceLength(byte));
    if (!isValidUtf8(character)) {
      return YamlProblem{{0, at + 1}, "", "byte 0x" + hexEncode(line.substr(at, 1)) + " is not UTF-8"};
    }
    at += character.size();
  }
  return std::nullopt;
}

std::optional<YamlProblem> tabInIndentation(std::string_view line) {
  const std::size_t content = line.find_first_not_of(" \t");
  const std::size_t tab = line.find('\t');
  if (content == std::string_view::npos || line[content] == '#' || tab >= content) return std::nullopt;
  return YamlProblem{{0, tab + 1}, "", "a tab in the indentation: YAML allows only spaces there"};
}

struct UnusualSpace {
  std::string_view bytes;
  std::string_view name;
};

constexpr UnusualSpace kUnusualSpaces[] = {
    {"\xc2\xa0", "U+00A0 (no-break space)"},
    {"\xe2\x80\xaf", "U+202F (narrow no-break space)"},
    {"\xe2\x80\x87", "U+2007 (figure space)"},
    {"\xe2\x80\x8b", "U+200B (zero width space)"},
    {"\xe3\x80\x80", "U+3000 (ideographic space)"},
    {"\xef\xbb\xbf", "U+FEFF (zero width no-break space)"},
    {"\xc2\x85", "U+0085 (next line)"},
    {"\xe2\x80\xa8", "U+2028 (line separator)"},
    {"\xe2\x80\xa9", "U+2029 (paragraph separator)"},
};

// A space that YAML takes for a letter, outside quotes and comments: it comes from a web page and cannot be seen.
std::optional<YamlProblem> unusualSpace(std::string_view line) {
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const bool begins_a_word = at == 0 || std::string_view(" \t[{,").find(line[at - 1]) != std::string_view::npos;
    if (quote != 0) {
      if (line[at] == quote) quote = 0;
      continue;
    }
    if (begins_a_word && (line[at] == '"' || line[at] == '\'')) quote = line[at];
    if (begins_a_word && line[at] == '#') return std::nullopt;
    for (const UnusualSpace& space : kUnusualSpaces) {
      if (!line.substr(at).starts_with(space.bytes)) continue;
      return YamlProblem{
          {0, at + 1}, "", std::string(space.name) + " in the place of a plain space; in a text it needs quotes"};
    }
  }
  return std::nullopt;
}

}  // namespace

SourceText::SourceText(std::string_view text) : all_(text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (all_.starts_with(kByteOrderMark)) all_.remove_prefix(kByteOrderMark.size());
  for (std::string_view rest = all_; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines_.push_back(line);
  }
}

std::string_view SourceText::lineFrom(YamlPlace place) const {
  if (place.line == 0 || place.line > lines_.size()) return {};
  const std::string_view line = lines_[place.line - 1];
  if (place.column == 0 || place.column > line.size()) return {};
  return line.substr(place.column - 1);
}

std::vector<YamlProblem> SourceText::problems() const {
  std::vector<YamlProblem> problems;
  for (std::size_t at = 0; at < lines_.size(); ++at) {
    for (std::optional<YamlProblem> problem :
         {badByte(lines_[at]), tabInIndentation(lines_[at]), unusualSpace(lines_[at])}) {
      if (!problem) continue;
      problem->place.line = at + 1;
      problems.push_back(*std::move(problem));
    }
  }
  return problems;
}

}  // namespace sessiond
