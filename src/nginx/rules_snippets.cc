// Are the snippets that nginx includes those of this version, for this configuration?
//
// Only what is missing is complained about: a site may add lines, and has to choose some values itself. Lines about
// identity headers are another rule's.

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "nginx/header_name.h"
#include "nginx/parser.h"
#include "nginx/rules.h"
#include "nginx/snippets.h"

namespace sessiond::nginx {
namespace {

/// Whose values are the site's to choose.
constexpr std::array<std::string_view, 16> kChosen = {"allow",
                                                      "client_max_body_size",
                                                      "deny",
                                                      "fastcgi_buffer_size",
                                                      "fastcgi_buffers",
                                                      "fastcgi_busy_buffers_size",
                                                      "fastcgi_connect_timeout",
                                                      "fastcgi_read_timeout",
                                                      "fastcgi_send_timeout",
                                                      "fastcgi_temp_file_write_size",
                                                      "keepalive",
                                                      "keepalive_timeout",
                                                      "listen",
                                                      "log_format",
                                                      "root",
                                                      "server"};

std::string textOf(const Directive& directive) {
  std::string text = directive.name;
  if (std::ranges::find(kChosen, std::string_view(directive.name)) != kChosen.end()) return text;
  for (const std::string& argument : directive.arguments) text += " " + argument;
  return text;
}

using Lines = std::vector<std::pair<std::string, const Directive*>>;

/// Each with the blocks that it stands in.
void collect(const Directives& directives, const std::string& around, Lines& lines) {
  for (const Directive& directive : directives) {
    const std::string whole = around + textOf(directive);
    lines.emplace_back(whole, &directive);
    if (directive.block) collect(*directive.block, whole + " { ", lines);
  }
}

bool isAboutIdentity(std::string_view line, const std::vector<std::string>& identity) {
  const std::string text = plainName(line);
  return std::ranges::any_of(identity, [&text](const std::string& header) {
    return text.find(plainName(header)) != std::string::npos ||
           text.find(plainName(identityVariable(header))) != std::string::npos;
  });
}

/// What the file lacks; empty: nothing.
std::string missingIn(const SourceFile& file, const SourceFile& expected, const std::vector<std::string>& identity) {
  const auto has = parse(file.text, file.path);
  const auto wants = parse(expected.text, expected.path);
  if (!has || !wants) return "";
  Lines lines;
  collect(*has, "", lines);
  std::set<std::string> there;
  for (const auto& [text, directive] : lines) there.insert(text);
  lines.clear();
  collect(*wants, "", lines);
  for (const auto& [text, directive] : lines) {
    if (!there.contains(text) && !isAboutIdentity(text, identity)) return text;
  }
  return "";
}

}  // namespace

void lintSnippets(const std::vector<SourceFile>& files, const SessiondFacts& facts, Findings& findings) {
  for (const SourceFile& file : files) {
    if (!isOurs({file.path, 1})) continue;
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const auto expected = std::ranges::find(facts.snippets, name, &SourceFile::path);
    if (expected == facts.snippets.end()) continue;
    const std::string missing = missingIn(file, *expected, facts.identity);
    if (missing.empty()) continue;
    findings.push_back(
        {{Severity::kFault, "snippets-old",
          "this snippet is of another version, or for another configuration: it lacks \"" + missing + "\"",
          "use the output of `sessionctl nginx print`"},
         {file.path, 1}});
  }
}

}  // namespace sessiond::nginx
