#include "nginx/lint.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "nginx/rules.h"
#include "nginx/variables.h"

namespace sessiond::nginx {
namespace {

constexpr std::string_view kUpstreamHeader = "$upstream_http_";

/// `x_user_id`, the end of a variable's name, as a header: X-User-Id.
std::string headerName(std::string_view variable) {
  std::string name;
  for (const char c : variable) {
    const bool first = name.empty() || name.back() == '-';
    name += c == '_' ? '-' : first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

/// From identity-variables.conf, as this site has it.
std::vector<std::string> identityHeaders(const Scope& server) {
  std::set<std::string> names;
  std::vector<const Scope*> scopes = server.all(Scope::Kind::kLocation);
  scopes.push_back(&server);
  for (const Scope* scope : scopes) {
    for (const Directive* set : scope->own("auth_request_set")) {
      const std::string_view value = set->argument(1);
      // Others set variables from an answer too: a check that is not sessiond's has words of its own.
      if (isIdentityVariable(set->argument(0)) && value.starts_with(kUpstreamHeader)) {
        names.insert(headerName(value.substr(kUpstreamHeader.size())));
      }
    }
  }
  if (names.empty()) return {"X-User-Email", "X-User-Id", "X-User-Name", "X-User-Roles"};
  return {names.begin(), names.end()};
}

void lintServer(const Scope& main, const Upstreams& upstreams, const Scope& server, const SessiondFacts& facts,
                Findings& findings) {
  CheckedServer here{
      main,    upstreams, server, facts, endpointsAt(server) < server.inside().size(), {}, identityHeaders(server),
      findings};
  bool checks = isChecked(server);
  for (const Scope* location : server.all(Scope::Kind::kLocation)) {
    if (isOurs(location->place())) continue;
    here.locations.push_back(location);
    checks = checks || isChecked(*location);
  }
  if (!here.has_endpoints && !checks) return;
  lintCheck(here);
  lintPolicies(here);
  lintLostPolicies(here);
  lintRewrites(here);
  lintPolicyMaps(here);
  lintIdentity(here);
  lintForwarded(here);
  lintRegexes(here);
  lintWays(here);
  lintSlashes(here);
  lintPathInfo(here);
  lintFiles(here);
  lintApplications(here);
  lintAnswers(here);
  lintAround(here);
}

/// What was not looked at is not good by that. Other servers than http's, as those of `stream`, are none of ours.
void lintUnseen(const Scope& main, const SourceFile& file, Findings& findings) {
  const std::string remedy =
      "give nginx's main file, which includes the others, or what it reads: nginx -T | sessionctl nginx lint -";
  bool is_any = false;
  for (const Scope* server : main.all(Scope::Kind::kServer)) {
    const Scope::Kind around = server->parent()->kind();
    is_any = is_any || around == Scope::Kind::kHttp || around == Scope::Kind::kMain;
    if (around != Scope::Kind::kMain) continue;
    findings.push_back({{Severity::kFault, "not-looked-at",
                         "this server stands in no `http` block here, so it was not looked at", remedy},
                        server->place()});
  }
  if (is_any) return;
  findings.push_back(
      {{Severity::kFault, "not-looked-at",
        main.inside().empty() ? "there is nothing in it" : "there is no `http` block with a server in it", remedy},
       {file.path, 1}});
}

auto order(const Finding& finding) {
  return std::tie(finding.place.file, finding.place.line, finding.rule, finding.message);
}

}  // namespace

std::string_view nameOf(Severity severity) {
  switch (severity) {
    case Severity::kHint:
      return "hint";
    case Severity::kFault:
      return "fault";
    case Severity::kDanger:
      return "danger";
  }
  return "";
}

Findings lintNginx(const SourceFile& main, const FileFinder& files, const SessiondFacts& facts) {
  std::vector<SourceFile> read;
  const auto configuration = readConfiguration(main, [&](const std::string& pattern) {
    std::vector<SourceFile> found = files(pattern);
    read.insert(read.end(), found.begin(), found.end());
    return found;
  });
  if (!configuration) {
    const SyntaxError& error = configuration.error();
    return {{{Severity::kFault, "syntax", error.message, "nginx -t says more"}, error.place}};
  }
  const Scope scope(*configuration);
  const Upstreams upstreams = upstreamsIn(scope);
  Findings findings;
  lintUnseen(scope, main, findings);
  lintSnippets(read, facts, findings);
  for (const Scope* server : scope.all(Scope::Kind::kServer)) {
    if (server->parent()->kind() != Scope::Kind::kHttp) continue;
    lintAnyServer(*server, findings);
    lintServer(scope, upstreams, *server, facts, findings);
  }
  std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) { return order(a) < order(b); });
  findings.erase(std::unique(findings.begin(), findings.end(),
                             [](const Finding& a, const Finding& b) { return order(a) == order(b); }),
                 findings.end());
  return findings;
}

Findings lintDump(std::string_view dump, const SessiondFacts& facts) {
  std::vector<SourceFile> files = splitDump(dump);
  if (files.empty()) {
    return {
        {{Severity::kFault, "syntax", "this is no output of nginx -T", "give the main file, or nginx -T"}, {"", 1}}};
  }
  const SourceFile main = files.front();
  const std::size_t slash = main.path.rfind('/');
  return lintNginx(main, finderIn(std::move(files), main.path.substr(0, slash == std::string::npos ? 0 : slash)),
                   facts);
}

}  // namespace sessiond::nginx
