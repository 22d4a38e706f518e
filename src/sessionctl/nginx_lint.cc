#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "config/config_loader.h"
#include "nginx/lint.h"
#include "sessionctl/commands.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {

namespace {

using nginx::Finding;
using nginx::Findings;
using nginx::Severity;

constexpr std::size_t kLargestFile = std::size_t{64} * 1024 * 1024;
constexpr int kFound = 1;

/// What the configuration says, if it can be read; else the linter knows less, and says so.
nginx::SessiondFacts factsOf(const CommonOptions& options) {
  nginx::SessiondFacts facts;
  const auto loaded = loadConfig(options.config_file);
  if (!loaded) {
    std::fprintf(stderr, "%s cannot be used, so policies and identity headers are not held against it\n",
                 options.config_file.c_str());
    return facts;
  }
  for (const SessionPolicy& policy : loaded->config.policies) facts.policies.push_back(policy.name);
  for (const IdentityHeader& header : loaded->config.identity) facts.identity.push_back(header.name);
  facts.identity_max_bytes = loaded->config.session.identity_max_bytes;
  return facts;
}

/// The text of the file, or of standard input for "-".
Expected<std::string, std::string> readText(const std::string& file) {
  if (file == "-") {
    auto bytes = readBytes(STDIN_FILENO, kLargestFile);
    if (!bytes) return Unexpected(std::string("standard input cannot be read"));
    return *std::move(bytes);
  }
  auto contents = readFile(file, kLargestFile);
  if (!contents) return Unexpected(file + ": " + contents.error());
  return std::move(contents->bytes);
}

Findings lint(const std::string& file, const std::string& text, const nginx::SessiondFacts& facts) {
  if (!nginx::splitDump(text).empty()) return nginx::lintDump(text, facts);
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return nginx::lintNginx({file, text}, finderBelow(folder), facts);
}

std::string jsonOf(const Finding& finding) {
  return "{\"severity\":" + jsonString(nameOf(finding.severity)) + ",\"rule\":" + jsonString(finding.rule) +
         ",\"file\":" + jsonString(finding.place.file) + ",\"line\":" + std::to_string(finding.place.line) +
         ",\"message\":" + jsonString(finding.message) + ",\"remedy\":" + jsonString(finding.remedy) + "}";
}

void say(const CommonOptions& options, const Findings& findings) {
  if (options.json) {
    std::string list;
    for (const Finding& finding : findings) list += (list.empty() ? "" : ",") + jsonOf(finding);
    std::printf("{\"ok\":%s,\"findings\":[%s]}\n", findings.empty() ? "true" : "false", list.c_str());
    return;
  }
  for (const Finding& finding : findings) {
    std::printf("%s:%d: %s: %s [%s]\n    %s\n", finding.place.file.c_str(), finding.place.line,
                std::string(nameOf(finding.severity)).c_str(), finding.message.c_str(), finding.rule.c_str(),
                finding.remedy.c_str());
  }
}

}  // namespace

int nginxLint(const CommonOptions& options, const std::string& file) {
  const auto text = readText(file);
  if (!text) return fail(options, EX_NOINPUT, text.error());
  const Findings findings = lint(file, *text, factsOf(options));
  say(options, findings);
  const auto is_hint = [](const Finding& finding) { return finding.severity == Severity::kHint; };
  return std::ranges::all_of(findings, is_hint) ? EX_OK : kFound;
}

}  // namespace sessiond::ctl
