// Does nginx ask sessiond, the right one, everywhere it has to, and say what it says?

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "nginx/lint.h"
#include "nginx/rules.h"
#include "redis/tls_certificate.h"
#include "session/new_session.h"
#include "sessionctl/doctor/rules.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {
namespace {

using nginx::Directive;
using nginx::Scope;

bool isReadable(const Patient& patient, Verdict& verdict) {
  if (patient.nginx) return true;
  verdict.cannotTell(patient.why_no_nginx);
  return false;
}

std::string tryAndReload(const Patient& patient) {
  const std::string file = patient.nginx ? patient.nginx->file : "";
  return file.empty() ? "nginx -t && systemctl reload nginx" : "nginx -t -c " + file + " && nginx -s reload -c " + file;
}

/// The `server` lines of `upstream sessiond`.
std::vector<const Directive*> askedServers(const Scope& main) {
  std::vector<const Directive*> servers;
  for (const Scope* block : main.all(Scope::Kind::kOther)) {
    if (block->opened()->name == "upstream" && block->opened()->argument(0) == "sessiond") {
      for (const Directive* server : block->own("server")) servers.push_back(server);
    }
  }
  return servers;
}

bool usesEndpoints(const Scope& server) {
  return nginx::endpointsAt(server) < server.inside().size();
}

std::vector<const Scope*> servers(const Patient& patient) {
  return patient.nginx->scope->all(Scope::Kind::kServer);
}

void lookAtNginx(const Patient& patient, Verdict& verdict) {
  if (patient.nginx) return;
  if (patient.why_no_nginx.find("not installed") != std::string::npos) return verdict.cannotTell(patient.why_no_nginx);
  verdict.fault("nginx's configuration cannot be read: " + patient.why_no_nginx, "nginx -t");
}

void lookAtUpstream(const Patient& patient, Verdict& verdict) {
  if (!isReadable(patient, verdict)) return;
  const auto asked = askedServers(*patient.nginx->scope);
  if (asked.empty()) {
    return verdict.fault("nginx does not know sessiond: nothing is protected",
                         "in nginx's http block: include sessiond/upstream.conf; then " + tryAndReload(patient));
  }
  const std::string& socket = patient.config().listen.socket;
  const std::string expected = socket.starts_with('/') ? "unix:" + socket : socket;
  for (const Directive* server : asked) {
    if (server->argument(0) == expected) return;
  }
  verdict.fault("nginx asks sessiond at " + std::string(asked.front()->argument(0)) + " (" + asked.front()->place.file +
                    ":" + std::to_string(asked.front()->place.line) + "), and it listens at " + expected,
                "sessionctl -c " + patient.options.config_file + " nginx print --to " +
                    std::filesystem::path(asked.front()->place.file).parent_path().string() + " && " +
                    tryAndReload(patient));
}

void lookAtEndpoints(const Patient& patient, Verdict& verdict) {
  if (!isReadable(patient, verdict) || askedServers(*patient.nginx->scope).empty()) return;
  const auto all = servers(patient);
  bool is_used = false;
  for (const Scope* server : all) {
    if (usesEndpoints(*server)) is_used = true;
    bool protects = nginx::isChecked(*server);
    for (const Scope* location : server->all(Scope::Kind::kLocation))
      protects = protects || nginx::isChecked(*location);
    if (!protects || usesEndpoints(*server)) continue;
    is_used = true;
    verdict.fault("the server at " + server->place().file + ":" + std::to_string(server->place().line) +
                      " protects locations and does not include endpoints.conf: they answer 500",
                  "at the beginning of that server: include sessiond/endpoints.conf; then " + tryAndReload(patient));
  }
  if (is_used) return;
  verdict.fault("no server of nginx's includes endpoints.conf: there is no login, and nothing is protected",
                "at the beginning of a server: include sessiond/endpoints.conf; and in its locations: include "
                "sessiond/protect-page.conf; then " +
                    tryAndReload(patient));
}

/// What has a rule of its own here.
bool isAnothers(const nginx::Finding& finding) {
  return finding.rule == "endpoints-missing" || finding.rule == "identity-drift" || finding.rule == "snippets-old";
}

nginx::Findings lint(const Patient& patient) {
  return lintText(patient.nginx->file, patient.nginx->text, factsOf(patient.config()));
}

void report(const nginx::Finding& finding, Verdict& verdict) {
  std::string message = finding.place.file + ":" + std::to_string(finding.place.line) + ": " + finding.message;
  switch (finding.severity) {
    case Severity::kDanger:
      return verdict.danger(std::move(message), finding.remedy);
    case Severity::kFault:
      return verdict.fault(std::move(message), finding.remedy);
    case Severity::kHint:
      return verdict.hint(std::move(message), finding.remedy);
  }
}

void lookAtWirings(const Patient& patient, Verdict& verdict) {
  if (!isReadable(patient, verdict)) return;
  for (const nginx::Finding& finding : lint(patient)) {
    if (!isAnothers(finding)) report(finding, verdict);
  }
}

/// One complaint for each file, however many servers include it.
void lookAtSnippets(const Patient& patient, Verdict& verdict) {
  if (!isReadable(patient, verdict)) return;
  std::set<std::string> seen;
  for (const nginx::Finding& finding : lint(patient)) {
    if (finding.rule != "identity-drift" && finding.rule != "snippets-old") continue;
    if (!seen.insert(finding.rule + finding.message).second) continue;
    const auto asked = askedServers(*patient.nginx->scope);
    const std::string folder =
        asked.empty() ? "/etc/nginx/sessiond" : std::filesystem::path(asked.front()->place.file).parent_path().string();
    verdict.fault(finding.place.file + ":" + std::to_string(finding.place.line) + ": " + finding.message,
                  "sessionctl -c " + patient.options.config_file + " nginx print --to " + folder + " && " +
                      tryAndReload(patient));
  }
}

void lookAtCertificates(const Patient& patient, Verdict& verdict) {
  constexpr std::chrono::days kSoon{14};
  const WallTime now = patient.site->clock.wallNow();
  const auto look = [&](const std::string& file, const std::string& whose, const std::string& remedy) {
    constexpr std::size_t kLargest = std::size_t{4} * 1024 * 1024;
    const auto contents = readFile(file, kLargest);
    const auto end = contents ? soonestEndOf(contents->bytes) : std::nullopt;
    if (!end || *end - now > kSoon) return;
    const std::string when = formatIsoTime(*end).substr(0, 10);
    verdict.fault(whose + " certificate " + file + (*end <= now ? " has expired on " : " ends on ") + when, remedy);
  };
  const TlsSettings& redis = patient.config().redis.tls;
  for (const std::string& file : {redis.ca_file, redis.cert_file}) {
    if (!file.empty()) look(file, "towards Redis the", "a new one in its place, then: sessionctl reload");
  }
  if (!isReadable(patient, verdict)) return;
  const std::string main = patient.nginx->file.empty() ? "/etc/nginx/nginx.conf" : patient.nginx->file;
  std::set<std::string> files;
  for (const Scope* server : servers(patient)) {
    if (!usesEndpoints(*server)) continue;
    for (const Directive* line : server->inForce("ssl_certificate")) {
      const std::filesystem::path file = std::string(line->argument(0));
      files.insert(file.is_absolute() ? file.string() : (std::filesystem::path(main).parent_path() / file).string());
    }
  }
  for (const std::string& file : files) look(file, "nginx's", "certbot renew && systemctl reload nginx");
}

/// What nginx shows while sessiond is down is a file.
void lookAtPages(const Patient& patient, Verdict& verdict) {
  if (!isReadable(patient, verdict)) return;
  std::set<std::string> folders;
  for (const Scope* location : patient.nginx->scope->all(Scope::Kind::kLocation)) {
    if (nginx::nameOf(*location).text != "/sessiond/away") continue;
    const std::string_view root = location->value("root");
    const std::string_view alias = location->value("alias");
    if (!root.empty() || !alias.empty()) folders.insert(std::string(root.empty() ? alias : root));
  }
  for (const std::string& folder : folders) {
    const auto pages = filesBelow(folder);
    const bool is_readable = !patient.nginx->account || std::ranges::all_of(pages, [&](const std::string& page) {
      return may(*patient.nginx->account, page, Right::kRead);
    });
    if (!pages.empty() && is_readable) continue;
    verdict.fault((pages.empty() ? "there is no page in " : "nginx may not read the pages in ") + folder +
                      ": who comes while sessiond is down gets nginx's bare 503",
                  pages.empty() ? "sessiond -c " + patient.options.config_file + " --write-pages " + folder
                                : "chmod -R a+rX " + folder);
  }
}

constexpr std::array<Rule, 7> kRules = {{
    {"nginx", "nginx's configuration can be read", lookAtNginx, false},
    {"nginx-upstream", "nginx asks this sessiond", lookAtUpstream},
    {"nginx-endpoints", "every server that protects something has sessiond's addresses", lookAtEndpoints},
    {"nginx-snippets", "the snippets are those of this version, for this configuration", lookAtSnippets},
    {"nginx-lint", "nothing else in nginx's configuration is dangerous", lookAtWirings},
    {"nginx-pages", "there is a page for when sessiond is down", lookAtPages},
    {"certificates", "no certificate ends within two weeks", lookAtCertificates},
}};

}  // namespace

std::span<const Rule> nginxRules() {
  return kRules;
}

}  // namespace sessiond::ctl
