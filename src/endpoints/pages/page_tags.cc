#include "endpoints/pages/page_tags.h"

#include <algorithm>
#include <optional>

#include "base/crypto.h"
#include "base/encoding.h"

namespace sessiond {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

struct Tag {
  std::size_t begin;
  std::size_t end;           ///< behind its last brace
  std::string_view content;  ///< without spaces around it; begins with the tag's kind, if it has one
};

/// The next tag from there on, found just as the library finds it; none when there is none or it is not closed.
std::optional<Tag> nextTag(std::string_view html, std::size_t from) {
  const std::size_t begin = html.find("{{", from);
  if (begin == std::string_view::npos) return std::nullopt;
  const bool triple = html.substr(begin).starts_with("{{{");
  const std::size_t braces = triple ? 3 : 2;
  const std::size_t close = html.find(triple ? "}}}" : "}}", begin + braces);
  if (close == std::string_view::npos) return std::nullopt;
  const std::string_view content = html.substr(begin + braces, close - begin - braces);
  return Tag{begin, close + braces, triple ? std::string_view() : trimmed(content)};
}

}  // namespace

std::string putInParts(std::string_view html, const std::vector<std::pair<std::string_view, std::string_view>>& parts,
                       std::vector<std::string>& problems) {
  std::string whole;
  std::size_t at = 0;
  for (std::optional<Tag> tag = nextTag(html, 0); tag; tag = nextTag(html, at)) {
    whole.append(html.substr(at, tag->begin - at));
    at = tag->end;
    if (!tag->content.starts_with('>')) {
      whole.append(html.substr(tag->begin, tag->end - tag->begin));
      continue;
    }
    const std::string_view name = trimmed(tag->content.substr(1));
    const auto part = std::ranges::find(parts, name, &std::pair<std::string_view, std::string_view>::first);
    if (part != parts.end()) {
      whole.append(part->second);
    } else {
      problems.push_back("unknown part {{> " + escapeForLog(name, 32) + "}}");
    }
  }
  return whole.append(html.substr(at));
}

void checkTags(std::string_view html, std::size_t max_depth, std::vector<std::string>& problems) {
  std::size_t depth = 0;
  bool too_deep = false;
  bool marks = false;
  bool part = false;
  for (std::optional<Tag> tag = nextTag(html, 0); tag; tag = nextTag(html, tag->end)) {
    const std::string_view content = tag->content;
    marks |= content.starts_with('=');
    part |= content.starts_with('>');
    if (content.starts_with('#') || content.starts_with('^')) too_deep |= ++depth > max_depth;
    if (content.starts_with('/') && depth > 0) --depth;
  }
  if (marks) problems.emplace_back("{{= =}} is not supported: the marks are always {{ and }}");
  if (part) problems.emplace_back("a part may not hold another part");
  if (too_deep) problems.push_back("sections may be " + std::to_string(max_depth) + " deep and no deeper");
}

std::string cspHash(std::string_view text) {
  return " 'sha256-" + base64EncodeUnpadded(asBytes(sha256(text))) + "='";
}

std::string hashStyles(std::string_view html, std::vector<std::string>& problems) {
  std::string hashes;
  for (std::size_t at = html.find("<style"); at != std::string_view::npos; at = html.find("<style", at)) {
    const std::size_t open = html.find('>', at);
    const std::size_t close = html.find("</style>", at);
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      problems.emplace_back("a <style> element is not closed");
      break;
    }
    const std::string_view style = html.substr(open + 1, close - open - 1);
    if (style.find("{{") != std::string_view::npos)
      problems.emplace_back("a <style> element must not hold {{ }}: its hash must be known beforehand");
    hashes += cspHash(style);
    at = close;
  }
  return hashes;
}

}  // namespace sessiond
