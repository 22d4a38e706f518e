// What the configuration and the files that it names say.

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "config/config_problem.h"
#include "config/secret_file.h"
#include "fastcgi/server.h"
#include "sessionctl/doctor/rules.h"

namespace sessiond::ctl {
namespace {

void lookAtConfiguration(const Installation& installation, Verdict& verdict) {
  const std::string remedy = "mend it, then: sessionctl -c " + installation.options.config_file + " check";
  for (const ConfigProblem& problem : installation.problems) {
    const bool is_error = problem.severity == ProblemSeverity::kError;
    // Who may read what is the next rule's.
    if (!is_error && problem.message.find("can be read by everybody") != std::string::npos) continue;
    if (is_error) verdict.fault(describe(problem), remedy);
    if (!is_error) verdict.hint(describe(problem), remedy);
  }
}

/// Where a secret's file is on disk; a credential's is what systemd copies from, as the unit has it.
std::vector<std::string> filesWithSecrets(const Installation& installation) {
  const Config& config = installation.config();
  std::vector<std::string> files = config.session.secret_files;
  for (const std::string& file :
       {config.redis.password_file, config.redis.sentinel.password_file, config.redis.tls.key_file,
        config.api.token_file, config.login.http_verifier.token_file, config.login.htpasswd_file}) {
    if (!file.empty()) files.push_back(file);
  }
  std::error_code ignored;
  const auto folder = std::filesystem::absolute(installation.options.config_file, ignored).parent_path();
  const FileLocations locations{.config_folder = folder.string(), .credentials_directory = {}};
  std::vector<std::string> opened;
  for (const std::string& name : files) {
    if (const auto file = fileToOpen(settledName(name, locations), locations)) opened.push_back(*file);
  }
  return opened;
}

void lookAtSecrets(const Installation& installation, Verdict& verdict) {
  for (const std::string& file : filesWithSecrets(installation)) {
    struct stat status = {};
    if (::stat(file.c_str(), &status) != 0) continue;
    if ((status.st_mode & S_IROTH) != 0) {
      verdict.danger("every user of this machine may read " + file, "chmod o-rwx " + file);
    } else if ((status.st_mode & S_IWOTH) != 0) {
      verdict.danger("every user of this machine may write " + file, "chmod o-rwx " + file);
    }
  }
}

void lookAtLog(const Installation& installation, Verdict& verdict) {
  const std::string& file = installation.config().log.file;
  if (file.empty()) return;
  if (!installation.daemon || !installation.daemon->account)
    return verdict.cannotTell("the daemon does not say as whom it runs");
  const Account& account = *installation.daemon->account;
  std::error_code ignored;
  const std::string folder = std::filesystem::path(file).parent_path().string();
  if (!std::filesystem::exists(file, ignored)) {
    if (may(account, folder, Right::kWrite)) return;
    return verdict.fault("the daemon (" + account.name + ") cannot make log.file in " + folder,
                         "install -d -o " + account.name + " -m 750 " + folder);
  }
  if (may(account, file, Right::kWrite)) return;
  verdict.fault("the daemon (" + account.name + ") cannot write log.file, " + file +
                    ": after the next restart or rotation nothing is logged",
                "chown " + account.name + " " + file);
}

/// NIST SP 800-63B-4 §3.2.2 allows so many wrong passwords in a row.
constexpr std::uint32_t kMostTries = 100;

void lookAtThrottle(const Installation& installation, Verdict& verdict) {
  const LoginSettings& login = installation.config().login;
  if (login.authenticators.empty()) return;
  struct Limit {
    std::string_view option;
    std::uint32_t tries;
  };
  const std::array<Limit, 4> limits = {{{"device_failures", login.throttle.device_failures},
                                        {"known_place_failures", login.throttle.known_place_failures},
                                        {"stranger_free", login.throttle.stranger_free},
                                        {"stranger_failures", login.throttle.stranger_failures}}};
  for (const Limit& limit : limits) {
    if (limit.tries <= kMostTries) continue;
    verdict.danger("login.throttle." + std::string(limit.option) + " lets " + std::to_string(limit.tries) +
                       " wrong passwords pass: nearly as good as no throttle",
                   "in " + installation.options.config_file + ", below login: throttle: {" + std::string(limit.option) +
                       ": " + std::to_string(kMostTries) + "}; then: sessionctl reload");
  }
}

void lookAtWorkers(const Installation& installation, Verdict& verdict) {
  const Config& config = installation.config();
  const std::size_t workers = config.listen.password_workers;
  const std::size_t cores = std::thread::hardware_concurrency();
  const std::size_t usual = usualPasswordWorkers(cores);
  if (config.login.authenticators.empty() || workers == 0 || workers >= usual) return;
  verdict.hint("listen.password_workers is " + std::to_string(workers) + ", but " + std::to_string(usual) + " of " +
                   std::to_string(cores) + " cores could verify passwords: when many log in at once, some wait in vain",
               "in " + installation.options.config_file +
                   ", below listen: password_workers: 0; then: systemctl restart sessiond.service");
}

constexpr std::array<Rule, 5> kConfigurationRules = {{
    {"configuration", "sessiond.yaml, and every file that it names, can be used", lookAtConfiguration, false},
    {"secrets", "files with secrets are for those who need them", lookAtSecrets},
    {"log", "the daemon can write its log", lookAtLog},
    {"throttle", "wrong passwords are counted and limited", lookAtThrottle},
    {"workers", "logins may use the machine's cores", lookAtWorkers},
}};

}  // namespace

std::span<const Rule> configurationRules() {
  return kConfigurationRules;
}

}  // namespace sessiond::ctl
