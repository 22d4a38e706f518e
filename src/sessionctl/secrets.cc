// The session secrets: a new one, one put in the place of another while both are good, and which are still seen.

#include <grp.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/errno_text.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/random.h"
#include "config/config_file.h"
#include "config/secret_file.h"
#include "login/device_cookie.h"
#include "session/new_session.h"
#include "sessionctl/commands.h"
#include "sessionctl/daemon_question.h"
#include "sessionctl/doctor/account.h"
#include "sessionctl/new_file.h"
#include "sessionctl/secret_file_line.h"

namespace sessiond::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSecretBytes = 32;

/// Writes a new secret. Nothing, or why there is none.
std::optional<std::string> makeSecret(const std::string& file, const std::optional<FileRights>& rights) {
  std::string secret = base64UrlEncode(randomBytes(kSecretBytes)) + "\n";
  const auto why = whyNotCreated(file, secret, rights);
  wipeString(secret);
  if (why) return file + ": " + *why;
  return std::nullopt;
}

/// What the running daemon says; absent: it does not run, or cannot be asked.
std::optional<std::string> memberOf(const ControlAnswer& answer, const std::string& name) {
  for (const std::string& line : answer.lines)
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  return std::nullopt;
}

/// That as which the daemon runs, or as which its unit would have it run.
std::optional<gid_t> groupOfDaemon(const CommonOptions& options) {
  const auto pid = memberOf(askTheDaemon(options, "status"), "pid");
  const auto number = pid ? parseInteger<pid_t>(*pid) : std::nullopt;
  const auto account = number ? accountOf(*number) : std::nullopt;
  if (account && !account->groups.empty()) return account->groups.front();
  const group* const units = ::getgrnam("sessiond");
  return units == nullptr ? std::nullopt : std::optional(units->gr_gid);
}

/// With which the daemon can read a new secret, and nobody else: those of the secret that signs now. Where that is a
/// copy of systemd's, the daemon may not read the file that it is a copy of. Nothing: no other rights can be given.
std::optional<FileRights> rightsForDaemon(const CommonOptions& options, const Config& config) {
  if (::geteuid() != 0 || config.session.secret_files.empty()) return std::nullopt;
  struct stat status = {};
  const std::string& first = config.session.secret_files.front();
  if (first.starts_with('/') && ::stat(first.c_str(), &status) == 0)
    return FileRights{status.st_uid, status.st_gid, status.st_mode & 0640};
  const auto group = groupOfDaemon(options);
  return group ? std::optional(FileRights{.owner = 0, .group = *group, .mode = 0640}) : std::nullopt;
}

/// As the daemon has it.
struct SecretInForce {
  std::string file;
  std::int64_t hits = 0;
};

/// By their places; none: the daemon does not say.
std::vector<SecretInForce> secretsInForce(const ControlAnswer& answer) {
  std::vector<SecretInForce> secrets;
  if (answer.exit_code != EX_OK) return secrets;
  for (;;) {
    const std::string name = "secret_" + std::to_string(secrets.size());
    const auto hits = memberOf(answer, name);
    const auto count = hits ? parseInteger<std::int64_t>(*hits) : std::nullopt;
    auto file = memberOf(answer, name + "_file");
    if (!count || !file) return secrets;
    secrets.push_back({*std::move(file), *count});
  }
}

/// One of the configuration's.
struct SecretUse {
  std::string file;
  bool signs = false;
  bool verifies = true;
  std::optional<std::int64_t> hits;  ///< absent: not known
};

struct SecretStatus {
  std::optional<bool> is_in_force;  ///< is this the list that the daemon runs with? absent: it does not say
  std::vector<SecretUse> uses;
};

/// A count says something of this list only where the daemon runs with the very same one.
SecretStatus statusOf(const Config& config, const ControlAnswer& answer) {
  const std::vector<std::string>& files = config.session.secret_files;
  const std::vector<SecretInForce> daemons = secretsInForce(answer);
  SecretStatus status;
  if (!daemons.empty()) status.is_in_force = std::ranges::equal(files, daemons, {}, {}, &SecretInForce::file);
  for (std::size_t i = 0; i < files.size(); ++i) {
    SecretUse use{.file = files[i], .signs = i == 0, .verifies = true, .hits = {}};
    if (status.is_in_force == true) use.hits = daemons[i].hits;
    if (status.is_in_force == false) {
      use.signs = files[i] == daemons.front().file;
      use.verifies = std::ranges::find(daemons, files[i], &SecretInForce::file) != daemons.end();
    }
    status.uses.push_back(std::move(use));
  }
  return status;
}

/// How long a cookie is good that nobody uses: whoever comes sooner gets one that the first secret has signed.
std::chrono::seconds longestUnused(const Config& config) {
  return std::max(config.session.idle_timeout, config.cookie.max_age.value_or(std::chrono::seconds(0)));
}

/// What goes with an old secret besides the sessions' cookies; empty where nobody logs in.
std::string lostWithIt(const Config& config) {
  if (config.login.authenticators.empty()) return "";
  return "; device cookies of it, which are good for " + inWords(DeviceCookies::kLifetime) +
         ", go with it: a browser that has not logged in since it was replaced is a stranger to login.throttle then, "
         "and has to wait when others have tried wrong passwords";
}

std::string verdictOf(const SecretUse& use, bool is_in_force, const std::string& since, const Config& config) {
  std::string does = use.signs ? "signs, and verifies" : use.verifies ? "verifies" : "does nothing yet";
  if (!is_in_force) return does + "; the daemon runs with another list than this file has: sessionctl reload";
  if (use.signs) return does;
  if (!use.hits) return does + "; whether it is still needed only the running daemon can tell";
  const std::string seen = std::to_string(*use.hits) + " cookies of it were seen since " + since;
  const std::string until = inWords(longestUnused(config));
  return does + "; " + seen + "; it can go once this stays the same for " + until +
         " (what nobody uses for so long has ended), and applications do not sign with it" + lostWithIt(config);
}

void printStatus(const SecretStatus& status, const std::string& since, const Config& config) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(status.uses.size());
  for (const SecretUse& use : status.uses) {
    rows.push_back({use.file, use.hits ? std::to_string(*use.hits) : "-",
                    verdictOf(use, status.is_in_force.value_or(true), since, config)});
  }
  printTable({"FILE", "SEEN", "WHAT IT DOES"}, std::move(rows));
}

/// Restores what was there before, and says why the new one is not in force.
int undo(const CommonOptions& options, const std::string& config_file, const std::string& before,
         const ControlAnswer& answer) {
  const auto stuck = whyNotReplaced(config_file, before);
  return fail(options, answer.exit_code,
              stuck ? config_file +
                          " names the new secret, but the daemon did not take it, and the old text could not be "
                          "put back: " +
                          *stuck
                    : "the daemon did not take the new configuration, so " + config_file + " is as it was",
              answer.lines);
}

/// Whatever it has done with it: what is written now is good, and what was before would be wrong in a daemon that signs
/// by the new secret already.
int sayUnknown(const CommonOptions& options, const std::string& file, const ControlAnswer& answer) {
  return fail(options, answer.exit_code,
              "the daemon was asked to sign by " + file + " and does not answer, so it is not known whether it does; " +
                  options.config_file +
                  " names that secret first, and stays so. `sessionctl secret status` says what is in force, "
                  "`sessionctl reload` asks again",
              answer.lines);
}

/// `why_not_yet`: what kept the daemon from being asked; empty: it signs by it.
int sayRotated(const CommonOptions& options, const std::string& file, const std::string& why_not_yet) {
  const bool is_in_force = why_not_yet.empty();
  if (options.json) {
    std::printf("%s\n", JsonObject().flag("ok", true).text("file", file).flag("in_force", is_in_force).json().c_str());
    return EX_OK;
  }
  if (!is_in_force) {
    std::fprintf(stderr,
                 "sessionctl: %s signs from the daemon's next start or reload on, and only then comes first in Express "
                 "applications, too; now it could not be asked: %s\n",
                 harmless(file).c_str(), harmless(why_not_yet).c_str());
    return EX_OK;
  }
  sayDone(file + " signs from now on, and what the others have signed stays good until it is used");
  sayDone(
      "Express applications, which have it behind the old one, now put it first; `sessionctl secret status` says when "
      "the old one can go");
  return EX_OK;
}

/// What is written now. `before`: what was.
int putInForce(const CommonOptions& options, const std::string& file, const std::string& before) {
  const DaemonAnswer answer = askTheDaemon(options, "reload");
  if (answer.exit_code == EX_OK) return sayRotated(options, file, "");
  // The next start reads it. A daemon that runs with another configuration has answered, and has taken nothing.
  if (!answer.came && answer.exit_code == EX_UNAVAILABLE) return sayRotated(options, file, answer.lines.front());
  if (!answer.came && answer.exit_code == EX_PROTOCOL) return sayUnknown(options, file, answer);
  return undo(options, options.config_file, before, answer);
}

/// Whoever reads this writes the line by hand; the secret is there.
int cannotEdit(const CommonOptions& options, const std::string& file, const Config& config) {
  return fail(
      options, EX_DATAERR,
      "the secret is made, but " + options.config_file +
          " was not changed: session.secret_files does not stand there as one list in brackets. Below session: write "
          "this line in its place, then `sessionctl reload`:",
      {"  " + secretFilesLine(file, config.session.secret_files)});
}

/// The list is read as it is meant, and what it names is no secret: one that is too short, say.
bool isOfSecrets(const std::vector<ConfigProblem>& problems) {
  return std::ranges::all_of(problems, [](const ConfigProblem& problem) {
    return problem.severity == ProblemSeverity::kWarning || problem.path.starts_with("session.secret_files[");
  });
}

/// What was tried is gone; whoever writes the same line into the configuration hears the same.
int sayRefused(const CommonOptions& options, std::vector<ConfigProblem> problems) {
  for (ConfigProblem& problem : problems) problem.file = options.config_file;
  return sayProblems(options, false, problems, "");
}

int sayNotLocked(const CommonOptions& options, int error) {
  if (error != EWOULDBLOCK) return fail(options, EX_NOINPUT, options.config_file + ": " + errnoText(error));
  return fail(options, EX_TEMPFAIL,
              "somebody else is changing " + options.config_file + "; nothing was done, run this again");
}

/// Nothing is made yet, and nothing will be.
int sayOlder(const CommonOptions& options, const std::string& file, std::vector<std::string> others) {
  std::erase(others, file);
  return fail(options, EX_DATAERR,
              file +
                  " is in session.secret_files already, behind the one that signs, and nothing was changed. To have "
                  "it sign again, write this line in the place of that list, then `sessionctl reload`:",
              {"  " + secretFilesLine(file, others)});
}

/// Where it was left behind half done, or is run again: what is left of it is done.
int finish(const CommonOptions& options, const std::string& file, const std::string& text) {
  if (!options.json) {
    std::fprintf(stderr, "sessionctl: %s comes first in session.secret_files already: no secret was made\n",
                 harmless(file).c_str());
  }
  return putInForce(options, file, text);
}

/// Whoever holds the lock.
int rotate(const CommonOptions& options, const std::string& file) {
  const auto before = readFile(options.config_file, kMaxConfigFileSize);
  if (!before) return fail(options, EX_NOINPUT, options.config_file + ": " + before.error());
  const auto read = readConfigFile(options.config_file);
  if (!read) return sayProblems(options, false, read.error(), "");
  const std::vector<std::string>& files = read->config.session.secret_files;
  if (files.front() == file) return finish(options, file, before->bytes);
  if (std::ranges::find(files, file) != files.end()) return sayOlder(options, file, files);
  if (files.size() == SessionSettings::kMaxSecrets) {
    return fail(
        options, EX_DATAERR,
        "session.secret_files names " + std::to_string(files.size()) +
            " files, and more may not be: take out one that is not needed any more (`sessionctl secret status`)");
  }
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    if (const auto why = makeSecret(file, rightsForDaemon(options, read->config)))
      return fail(options, EX_CANTCREAT, *why);
  }
  const auto after = withFirstSecret(before->bytes, file, files);
  if (!after) return cannotEdit(options, file, read->config);
  // Read as a configuration before anything depends on it: is this the list, and is all of it good?
  const std::string beside = options.config_file + ".tried";
  ::unlink(beside.c_str());  // of one that was killed
  if (const auto why = whyNotCreated(beside, *after)) return fail(options, EX_CANTCREAT, beside + ": " + *why);
  const auto tried = readConfigFile(beside);
  ::unlink(beside.c_str());
  if (!tried && isOfSecrets(tried.error())) return sayRefused(options, tried.error());
  std::vector<std::string> expected = files;
  expected.insert(expected.begin(), file);
  if (!tried || tried->config.session.secret_files != expected) return cannotEdit(options, file, read->config);
  if (const auto why = whyNotReplaced(options.config_file, *after)) {
    return fail(options, EX_CANTCREAT, options.config_file + ": " + *why);
  }
  return putInForce(options, file, before->bytes);
}

}  // namespace

int secretNew(const CommonOptions& options, const std::string& typed) {
  const std::string file = absolutePath(typed);
  // What is wrong with a configuration is not for this command to say: the first secret is made before that is good.
  const auto read = readConfigFile(options.config_file);
  const auto rights = read ? rightsForDaemon(options, read->config) : std::nullopt;
  if (const auto why = makeSecret(file, rights)) return fail(options, EX_CANTCREAT, *why);
  if (options.json) {
    std::printf("%s\n", JsonObject().flag("ok", true).text("file", file).json().c_str());
  } else {
    sayDone(file + " holds a new secret, for " + (rights ? "the daemon" : "its owner") +
            " alone; name it in session.secret_files: `sessionctl secret rotate` does");
  }
  return EX_OK;
}

int secretStatus(const CommonOptions& options) {
  const auto read = readConfigFile(options.config_file);
  if (!read) return sayProblems(options, false, read.error(), "");
  const DaemonAnswer answer = askTheDaemon(options, "status");
  const SecretStatus status = statusOf(read->config, answer);
  const std::string since = memberOf(answer, "in_force_since").value_or("");
  if (!options.json) {
    printStatus(status, since, read->config);
    return EX_OK;
  }
  std::vector<std::string> list;
  list.reserve(status.uses.size());
  for (const SecretUse& use : status.uses) {
    list.push_back(JsonObject()
                       .text("file", use.file)
                       .flag("signs", use.signs)
                       .raw("seen", use.hits ? std::to_string(*use.hits) : "null")
                       .json());
  }
  const std::string in_force = !status.is_in_force ? "null" : *status.is_in_force ? "true" : "false";
  std::printf("%s\n", JsonObject()
                          .flag("ok", true)
                          .raw("in_force", in_force)
                          .textOrNull("since", since)
                          .number("unused_cookies_end_after_seconds", longestUnused(read->config).count())
                          .list("secrets", list)
                          .json()
                          .c_str());
  return EX_OK;
}

int secretRotate(const CommonOptions& options, const std::string& typed) {
  // Of two at once each would write what it has made of the same list, and one secret be gone from it.
  const auto lock = lockToChange(options.config_file);
  if (!lock) return sayNotLocked(options, lock.error());
  return rotate(options, absolutePath(typed));
}

}  // namespace sessiond::ctl
