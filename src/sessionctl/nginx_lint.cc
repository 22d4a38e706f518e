#include <sysexits.h>

#include <algorithm>
#include <cstdio>

#include "config/config_file.h"
#include "nginx/lint.h"
#include "sessionctl/commands.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {

namespace {

using nginx::Finding;
using nginx::Findings;
using nginx::Severity;

constexpr int kFound = 1;

/// What the configuration says, if it can be read; else the linter knows less, and says so.
nginx::SessiondFacts factsIn(const CommonOptions& options) {
  const auto read = readConfigFile(options.config_file);
  if (read) return factsOf(read->config);
  std::fprintf(stderr, "%s cannot be used, so policies and identity headers are not held against it\n",
               harmless(options.config_file).c_str());
  return {};
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
    std::printf("%s:%d: %s: %s [%s]\n    %s\n", harmless(finding.place.file).c_str(), finding.place.line,
                std::string(nameOf(finding.severity)).c_str(), harmless(finding.message).c_str(), finding.rule.c_str(),
                harmless(finding.remedy).c_str());
  }
}

}  // namespace

int nginxLint(const CommonOptions& options, const std::string& file) {
  const auto text = readNginxText(file);
  if (!text) return fail(options, EX_NOINPUT, text.error());
  const Findings findings = lintText(file, *text, factsIn(options));
  say(options, findings);
  const auto is_hint = [](const Finding& finding) { return finding.severity == Severity::kHint; };
  return std::ranges::all_of(findings, is_hint) ? EX_OK : kFound;
}

}  // namespace sessiond::ctl
