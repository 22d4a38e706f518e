// Does nginx ask sessiond, the right one, everywhere it has to, and say what it says?

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <string_view>

#include "base/file.h"
#include "nginx/lint.h"
#include "nginx/rules.h"
#include "redis/tls_certificate.h"
#include "session/new_session.h"
#include "sessionctl/doctor/rules.h"
#include "sessionctl/nginx_files.h"

namespace sessiond::ctl {
namespace {

namespace fs = std::filesystem;

using nginx::Directive;
using nginx::Place;
using nginx::Scope;

std::string describe(const Place& place) {
  return place.file + ":" + std::to_string(place.line);
}

/// As nginx reads names: from its main file's folder.
std::string absoluteIn(const Installation& installation, const fs::path& path) {
  return (fs::path(installation.nginx->mainFile()).parent_path() / path).lexically_normal().string();
}

bool isReadable(const Installation& installation, Verdict& verdict) {
  if (installation.nginx) return true;
  verdict.cannotTell(installation.why_no_nginx);
  return false;
}

constexpr std::string_view kMainFile = "/etc/nginx/nginx.conf";

std::string tryAndReload(const Installation& installation) {
  const std::string file = installation.nginx->mainFile();
  if (file == kMainFile) return "nginx -t && systemctl reload nginx";
  return "nginx -t -c " + file + " && nginx -s reload -c " + file;
}

/// Where the configuration has the snippets from. A file with the upstream alone tells nothing: it may stand where
/// nginx takes every file into `http` by itself, where the others would be out of place.
std::string snippetFolder(const Installation& installation) {
  for (const Scope* location : installation.nginx->scope->all(Scope::Kind::kLocation)) {
    const fs::path file = location->place().file;
    if (file.filename() == "endpoints.conf") return absoluteIn(installation, file.parent_path());
  }
  return absoluteIn(installation, "sessiond");
}

/// The snippets anew. What the package has linked is the package's: a folder takes the link's place, and holds the
/// pages as well.
std::string printAgain(const Installation& installation) {
  const std::string folder = snippetFolder(installation);
  const std::string print = "sessionctl -c " + installation.options.config_file + " nginx print --to " + folder;
  std::error_code ignored;
  if (!fs::is_symlink(folder, ignored)) return print + " && " + tryAndReload(installation);
  return "rm " + folder + " && " + print + " && sessiond -c " + installation.options.config_file + " --write-pages " +
         folder + "/pages && " + tryAndReload(installation);
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

bool protects(const Scope& server) {
  const auto locations = server.all(Scope::Kind::kLocation);
  return nginx::isChecked(server) ||
         std::ranges::any_of(locations, [](const Scope* location) { return nginx::isChecked(*location); });
}

std::vector<const Scope*> servers(const Installation& installation) {
  return installation.nginx->scope->all(Scope::Kind::kServer);
}

void lookAtNginx(const Installation& installation, Verdict& verdict) {
  if (installation.nginx) return;
  if (installation.why_no_nginx.find("not installed") != std::string::npos)
    return verdict.cannotTell(installation.why_no_nginx);
  // Who purges nginx loses the link with all of its folder.
  std::error_code ignored;
  const bool is_link_gone = installation.why_no_nginx.find("\"/etc/nginx/sessiond/") != std::string::npos &&
                            !fs::exists(fs::symlink_status("/etc/nginx/sessiond", ignored));
  const auto shipped = shippedSnippets();
  verdict.fault("nginx's configuration cannot be read: " + installation.why_no_nginx,
                is_link_gone && shipped ? "ln -s " + *shipped + " /etc/nginx/sessiond && nginx -t" : "nginx -t");
}

void lookAtUpstream(const Installation& installation, Verdict& verdict) {
  if (!isReadable(installation, verdict)) return;
  const auto asked = askedServers(*installation.nginx->scope);
  if (asked.empty()) {
    return verdict.fault("nginx does not know sessiond: nothing is protected",
                         "in nginx's http block: include sessiond/upstream.conf; then " + tryAndReload(installation));
  }
  const std::string& socket = installation.config().listen.socket;
  const std::string expected = socket.starts_with('/') ? "unix:" + socket : socket;
  for (const Directive* server : asked) {
    if (server->argument(0) == expected) return;
  }
  const Place& place = asked.front()->place;
  const bool is_snippets = absoluteIn(installation, fs::path(place.file).parent_path()) == snippetFolder(installation);
  verdict.fault("nginx asks sessiond at " + std::string(asked.front()->argument(0)) + " (" + describe(place) +
                    "), and it listens at " + expected,
                is_snippets
                    ? printAgain(installation)
                    : "in " + place.file + ", in the place of its upstream: include sessiond/upstream.conf; then " +
                          printAgain(installation));
}

void lookAtEndpoints(const Installation& installation, Verdict& verdict) {
  if (!isReadable(installation, verdict) || askedServers(*installation.nginx->scope).empty()) return;
  const auto all = servers(installation);
  bool is_used = false;
  for (const Scope* server : all) {
    if (usesEndpoints(*server)) is_used = true;
    if (!protects(*server) || usesEndpoints(*server)) continue;
    is_used = true;
    verdict.fault(
        "the server at " + describe(server->place()) +
            " protects locations and does not include endpoints.conf: they answer 500",
        "at the beginning of that server: include sessiond/endpoints.conf; then " + tryAndReload(installation));
  }
  const bool is_protecting = std::ranges::any_of(all, [](const Scope* server) { return protects(*server); });
  if (is_used && !is_protecting) {
    verdict.hint(
        "no location of nginx's is protected: people can log in, and whoever does not gets everything all the same",
        "in the locations to protect: include sessiond/protect-page.conf; then " + tryAndReload(installation));
  }
  if (is_used) return;
  verdict.fault("no server of nginx's includes endpoints.conf: there is no login, and nothing is protected",
                "at the beginning of a server: include sessiond/endpoints.conf; and in its locations: include "
                "sessiond/protect-page.conf; then " +
                    tryAndReload(installation));
}

/// What has a rule of its own here.
bool isAnothers(const nginx::Finding& finding) {
  return finding.rule == "endpoints-missing" || finding.rule == "identity-drift" || finding.rule == "snippets-old";
}

nginx::Findings lint(const Installation& installation) {
  return lintText(installation.nginx->file, installation.nginx->text, factsOf(installation.config()));
}

void report(const nginx::Finding& finding, Verdict& verdict) {
  std::string message = describe(finding.place) + ": " + finding.message;
  switch (finding.severity) {
    case Severity::kDanger:
      return verdict.danger(std::move(message), finding.remedy);
    case Severity::kFault:
      return verdict.fault(std::move(message), finding.remedy);
    case Severity::kHint:
      return verdict.hint(std::move(message), finding.remedy);
  }
}

void lookAtWirings(const Installation& installation, Verdict& verdict) {
  if (!isReadable(installation, verdict)) return;
  for (const nginx::Finding& finding : lint(installation)) {
    if (!isAnothers(finding)) report(finding, verdict);
  }
}

/// One remark for each file, however many servers include it.
void lookAtSnippets(const Installation& installation, Verdict& verdict) {
  if (!isReadable(installation, verdict)) return;
  std::set<std::string> seen;
  for (const nginx::Finding& finding : lint(installation)) {
    if (finding.rule != "identity-drift" && finding.rule != "snippets-old") continue;
    if (!seen.insert(finding.rule + finding.message).second) continue;
    verdict.fault(describe(finding.place) + ": " + finding.message, printAgain(installation));
  }
}

std::vector<WallTime> endsInFile(const std::string& file) {
  constexpr std::size_t kLargest = std::size_t{4} * 1024 * 1024;
  const auto contents = readFile(file, kLargest);
  return contents ? endsIn(contents->bytes) : std::vector<WallTime>();
}

/// Says so of a certificate that ends soon, or has ended.
class EndsOfCertificates {
 public:
  EndsOfCertificates(WallTime now, Verdict& verdict) : now_(now), verdict_(verdict) {}

  /// What is shown to others is the first; what follows leads to an authority, by a way that need not be the only one.
  void lookAtShown(const std::string& file, const std::string& whose, const std::string& remedy) {
    const auto ends = endsInFile(file);
    if (ends.empty()) return;
    if (isSoon(ends.front())) return verdict_.fault(whose + " certificate " + file + whenOf(ends.front()), remedy);
    const WallTime chain = *std::ranges::min_element(ends);
    if (isSoon(chain)) verdict_.hint("in " + file + " a certificate of an authority" + whenOf(chain), remedy);
  }

  /// Any of a bundle's authorities will do, and old ones stay in it for as long as nobody minds.
  void lookAtTrusted(const std::string& file, const std::string& remedy) {
    const auto ends = endsInFile(file);
    if (ends.empty()) return;
    const WallTime last = *std::ranges::max_element(ends);
    if (isSoon(last)) return verdict_.fault("towards Redis the certificate " + file + whenOf(last), remedy);
    const auto next = std::ranges::find_if(ends, [this](WallTime end) { return end > now_ && isSoon(end); });
    if (next == ends.end()) return;
    verdict_.hint("one of the authorities in " + file + whenOf(*next) + ": is Redis's certificate from another one?",
                  remedy);
  }

 private:
  bool isSoon(WallTime end) const {
    constexpr std::chrono::days kSoon{14};
    return end - now_ <= kSoon;
  }
  std::string whenOf(WallTime end) const {
    return (end <= now_ ? " has expired on " : " ends on ") + formatIsoTime(end).substr(0, 10);
  }

  const WallTime now_;
  Verdict& verdict_;
};

void lookAtCertificates(const Installation& installation, Verdict& verdict) {
  EndsOfCertificates ends(installation.site->clock.wallNow(), verdict);
  const TlsSettings& redis = installation.config().redis.tls;
  const std::string replace =
      "a new one in its place, then: sessionctl -c " + installation.options.config_file + " reload";
  if (!redis.ca_file.empty()) ends.lookAtTrusted(redis.ca_file, replace);
  if (!redis.cert_file.empty()) ends.lookAtShown(redis.cert_file, "towards Redis the", replace);
  if (!isReadable(installation, verdict)) return;
  std::set<std::string> files;
  for (const Scope* server : servers(installation)) {
    if (!usesEndpoints(*server)) continue;
    for (const Directive* line : server->inForce("ssl_certificate")) {
      files.insert(absoluteIn(installation, std::string(line->argument(0))));
    }
  }
  for (const std::string& file : files) ends.lookAtShown(file, "nginx's", "certbot renew && systemctl reload nginx");
}

/// What nginx shows while sessiond is down is a file.
void lookAtPages(const Installation& installation, Verdict& verdict) {
  if (!isReadable(installation, verdict)) return;
  std::set<std::string> folders;
  for (const Scope* location : installation.nginx->scope->all(Scope::Kind::kLocation)) {
    if (nginx::nameOf(*location).text != "/sessiond/away") continue;
    const std::string_view root = location->value("root");
    const std::string_view alias = location->value("alias");
    if (!root.empty() || !alias.empty()) folders.insert(std::string(root.empty() ? alias : root));
  }
  for (const std::string& folder : folders) {
    const auto pages = filesBelow(folder);
    const bool is_readable = !installation.nginx->account || std::ranges::all_of(pages, [&](const std::string& page) {
      return may(*installation.nginx->account, page, Right::kRead);
    });
    if (!pages.empty() && is_readable) continue;
    verdict.fault((pages.empty() ? "there is no page in " : "nginx may not read the pages in ") + folder +
                      ": who comes while sessiond is down gets nginx's bare 503",
                  pages.empty() ? "sessiond -c " + installation.options.config_file + " --write-pages " + folder
                                : "chmod -R a+rX " + folder);
  }
}

constexpr std::array<Rule, 7> kNginxRules = {{
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
  return kNginxRules;
}

}  // namespace sessiond::ctl
