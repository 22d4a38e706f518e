#include "endpoints/pages/page_template.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/encoding.h"

namespace sessiond {
namespace {

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The hash covers exactly the bytes between the tags (CSP 3 §6.7.3.3).
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
    hashes += " 'sha256-" + base64EncodeUnpadded(asBytes(sha256(style))) + "='";
    at = close;
  }
  return hashes;
}

}  // namespace

std::string escapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

Expected<PageTemplate, std::vector<std::string>> PageTemplate::parse(std::string_view html,
                                                                     std::span<const std::string_view> known,
                                                                     std::span<const std::string_view> needed) {
  std::vector<std::string> problems;
  if (!isValidUtf8(html)) problems.emplace_back("page is not UTF-8");
  PageTemplate page;
  page.style_hashes_ = hashStyles(html, problems);
  std::vector<std::string_view> used;
  while (true) {
    const std::size_t open = html.find("{{");
    const std::size_t close = open == std::string_view::npos ? open : html.find("}}", open);
    if (close == std::string_view::npos) {
      if (open != close) problems.emplace_back("{{ is not closed");
      page.parts_.push_back({std::string(html), ""});
      break;
    }
    const std::string_view name = html.substr(open + 2, close - open - 2);
    if (!contains(known, name)) problems.push_back("unknown placeholder {{" + escapeForLog(name, 32) + "}}");
    used.push_back(name);
    page.parts_.push_back({std::string(html.substr(0, open)), std::string(name)});
    html.remove_prefix(close + 2);
  }
  for (const std::string_view name : needed) {
    if (!contains(used, name)) problems.push_back("placeholder {{" + std::string(name) + "}} is missing");
  }
  if (!problems.empty()) return Unexpected(std::move(problems));
  return page;
}

std::string PageTemplate::fill(std::span<const Value> values) const {
  std::string page;
  for (const Part& part : parts_) {
    page += part.text;
    for (const Value& value : values) {
      if (value.name == part.placeholder) page += escapeHtml(value.text);
    }
  }
  return page;
}

}  // namespace sessiond
