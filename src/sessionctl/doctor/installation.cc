#include "sessionctl/doctor/installation.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/parse.h"
#include "fastcgi/question.h"
#include "nginx/lint.h"
#include "prepare.h"
#include "redis/permission_check.h"
#include "sessionctl/daemon_question.h"
#include "sessionctl/doctor/command.h"
#include "sessionctl/nginx_files.h"
#include "site.h"

namespace sessiond::ctl {
namespace {

std::map<std::string, std::string> split(const std::string& text, const std::string& separator) {
  std::map<std::string, std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos) continue;
    std::string& value = lines[line.substr(0, at)];  // a unit may listen at several places, a line each
    value += (value.empty() ? "" : "\n") + line.substr(at + separator.size());
  }
  return lines;
}

/// False: why is noted.
bool askForStatus(Installation& installation, DaemonFacts& daemon) {
  const DaemonAnswer answer = askTheDaemon(installation.options, "status");
  std::string text;
  for (const std::string& line : answer.lines) text += line + "\n";
  if (answer.exit_code != EX_OK) {
    installation.why_no_daemon = text.substr(0, text.find('\n'));
    return false;
  }
  daemon.status = split(text, ": ");
  return true;
}

/// A daemon that nobody has asked anything for a while has let go of what it had in memory. It was asked just now, and
/// gets some time to hear of Redis again.
void askDaemon(Installation& installation) {
  constexpr std::chrono::milliseconds kPause{50};
  constexpr int kTries = 100;
  DaemonFacts daemon;
  if (!askForStatus(installation, daemon)) return;
  for (int i = 0; i < kTries && installation.redisIsUsable() && daemon.value("memory") == "not believed"; ++i) {
    std::this_thread::sleep_for(kPause);
    if (!askForStatus(installation, daemon)) return;
  }
  if (const auto pid = parseInteger<pid_t>(daemon.value("pid"))) daemon.account = accountOf(*pid);
  installation.daemon = std::move(daemon);
}

std::string whyNoAnswer(const std::string& socket) {
  const FastcgiParams question = {
      {"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", "/sessiond/health"}, {"SESSIOND_ENDPOINT", "health"}};
  const auto answer = askFastcgi(socket, question, std::chrono::seconds(10));
  if (!answer) return answer.error();
  return answer->status == 200 ? "" : "what answers is not sessiond";
}

/// Of nginx -V: what --user=, say, was given when it was built.
std::string builtWith(const std::string& versions, const std::string& option) {
  const std::size_t at = versions.find(option);
  if (at == std::string::npos) return "";
  const std::size_t begin = at + option.size();
  return versions.substr(begin, versions.find_first_of(" \n", begin) - begin);
}

/// As `user USER [GROUP]` has it: without a group, that of the user's name. Without the directive it is in the binary;
/// there, too, without a word nobody and a group of nobody's.
std::optional<Account> workersOf(const nginx::Scope& main) {
  if (const auto user = main.own("user"); !user.empty()) {
    const std::vector<std::string>& names = user.back()->arguments;
    return accountOf(names.front(), names.back());
  }
  const auto said = runCommand({"nginx", "-V"});
  if (!said) return std::nullopt;
  const std::string user = builtWith(said->errors, "--user=");
  const std::string group = builtWith(said->errors, "--group=");
  if (!user.empty()) return accountOf(user, group.empty() ? user : group);
  auto account = accountOf("nobody", "nobody");
  return account ? account : accountOf("nobody", "nogroup");
}

void readNginx(Installation& installation, const std::string& file) {
  NginxFacts facts{.file = file, .text = {}, .directives = {}, .scope = {}, .account = {}};
  if (file.empty()) {
    auto dump = runCommand({"nginx", "-T"});
    if (!dump) installation.why_no_nginx = "nginx is not installed; --nginx names its configuration";
    if (dump && dump->exit_code != 0) {
      installation.why_no_nginx = "nginx -T fails: " + dump->errors.substr(0, dump->errors.find('\n'));
    }
    if (!installation.why_no_nginx.empty()) return;
    facts.text = std::move(dump->output);
  } else {
    auto text = readNginxText(file);
    if (!text) installation.why_no_nginx = text.error();
    if (!text) return;
    facts.text = *std::move(text);
  }
  auto directives = directivesOf(file, facts.text);
  if (!directives) {
    const nginx::SyntaxError& error = directives.error();
    installation.why_no_nginx = error.place.file + ":" + std::to_string(error.place.line) + ": " + error.message;
    return;
  }
  if (directives->empty()) {
    installation.why_no_nginx = (file.empty() ? "nginx -T" : file) + ": there is nothing in it";
    return;
  }
  facts.directives = *std::move(directives);
  installation.nginx = std::move(facts);
  installation.nginx->scope = std::make_unique<nginx::Scope>(installation.nginx->directives);
  installation.nginx->account = workersOf(*installation.nginx->scope);
}

/// Nothing: systemd is not there, or has no such unit.
std::optional<UnitFacts> unit(const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::exists("/run/systemd/system", ignored)) return std::nullopt;
  const auto shown = runCommand({"systemctl", "show", name});
  if (!shown || shown->exit_code != 0) return std::nullopt;
  UnitFacts facts{split(shown->output, "=")};
  if (facts.value("LoadState") != "loaded") return std::nullopt;
  return facts;
}

/// Does the unit run the daemon with this configuration? Another instance's units are none of this installation's.
bool runs(const UnitFacts& service, const std::string& config_file) {
  const std::string command = service.value("ExecStart");
  if (command.find(" -c ") == std::string::npos) return config_file == kDefaultConfigFile;
  return command.find(" -c " + absolutePath(config_file) + " ") != std::string::npos;
}

/// Where systemd listens and nobody runs, a question would start the daemon; the doctor changes nothing.
bool wouldStart(const Installation& installation) {
  if (!installation.service || !installation.site) return false;
  constexpr std::array<std::string_view, 4> kRunning = {"active", "activating", "reloading", "refreshing"};
  if (std::ranges::find(kRunning, installation.service->value("ActiveState")) != kRunning.end()) return false;
  return installation.socket_unit && installation.socket_unit->listensAt(installation.config().listen.socket);
}

/// The server that refuses, by the message of RedisClient's; otherwise the one that the settings name.
std::string serverToAsk(RedisSite& site, const std::string& message) {
  for (RedisClient* const client : site.redis.servers()) {
    std::string server = client->node().server();
    if (message.find("(" + server + " says: ") != std::string::npos) return server;
  }
  return namedServer(site.config.redis);
}

}  // namespace

std::string UnitFacts::value(const std::string& name) const {
  const auto found = properties.find(name);
  return found == properties.end() ? "" : found->second;
}

bool UnitFacts::listensAt(const std::string& address) const {
  return ("\n" + value("Listen")).find("\n" + address + " (") != std::string::npos;
}

std::string NginxFacts::mainFile() const {
  if (const auto files = nginx::splitDump(text); !files.empty()) return files.front().path;
  return absolutePath(file);
}

std::string DaemonFacts::value(const std::string& name) const {
  const auto found = status.find(name);
  return found == status.end() ? "" : found->second;
}

Installation examine(const CommonOptions& options, const DoctorOptions& how) {
  static const SystemClock clock;  // what is prepared goes on asking it
  Installation installation{.options = options};
  auto prepared = prepare(options.config_file, ListeningSocket::kNone, clock);
  installation.problems = prepared ? prepared->warnings : prepared.error();
  if (prepared) installation.site = std::make_unique<RedisSite>(*std::move(prepared));
  if (installation.site) installation.redis_report = awaitRedis(*installation.site);
  if (installation.site && installation.redisIsUsable()) {
    RedisSite& site = *installation.site;
    installation.redis = askOfRedis(site.redis, site.clock);
    if (const auto epoch = site.store.raiseEpoch(0); !epoch) installation.counter_error = epoch.error();
    installation.missing_rights = missingRights(site.redis, permissionsFor(site.config, site.keys), site.clock);
    installation.missing_scan_rights = missingScanRights(site.redis, site.clock);
    if (site.config.login.lists(AuthenticatorKind::kRedis))
      installation.missing_editor_rights = missingEditorRights(site.redis, site.keys, site.clock);
  }
  if (installation.site) {
    RedisSite& site = *installation.site;
    installation.redis_server = installation.redis.empty() ? serverToAsk(site, installation.redis_report.message)
                                                           : installation.redis.front().server;
    installation.redis_asks_for_password =
        asksForPassword(site.config.redis, installation.redis_server, site.clock, site.metrics);
  }
  installation.service = unit("sessiond.service");
  if (installation.service && !runs(*installation.service, options.config_file)) installation.service.reset();
  if (installation.service) installation.socket_unit = unit("sessiond.socket");
  installation.is_asleep = wouldStart(installation);
  if (installation.is_asleep) installation.why_no_answer = "it does not run, and a question would start it";
  if (installation.site && !installation.is_asleep)
    installation.why_no_answer = whyNoAnswer(installation.config().listen.socket);
  installation.is_stuck = installation.why_no_answer == kNoAnswerInTime;
  // Its control socket would be as silent, for a minute.
  if (!installation.is_stuck) askDaemon(installation);
  readNginx(installation, how.nginx);
  return installation;
}

}  // namespace sessiond::ctl
