#include "config/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "config/config_reader.h"
#include "config/config_validator.h"
#include "config/own_paths.h"
#include "config/secret_file.h"
#include "config/secret_option.h"
#include "config/tls_files.h"
#include "os/open_files.h"

namespace sessiond {
namespace {

/// Express accepts any length; a signing key shorter than its hash (RFC 2104 §3) can be searched for offline by
/// everybody who holds one signed cookie.
/// Shorter is refused; short of good is warned of only, because an application that has used its secret for years
/// must be able to share it.
constexpr std::size_t kLeastSecretSize = 8;
constexpr std::size_t kGoodSecretSize = 32;

/// A pipe will do (`sessiond -t -c <(template)`). The error is a message.
Expected<std::string, std::string> readWholeFile(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return Unexpected<std::string>("cannot be read: " + errnoText(errno));
  Expected<std::string, int> text = readBytes(fd.get(), kMaxConfigFileSize);
  if (!text) return Unexpected<std::string>("cannot be read: " + errnoText(text.error()));
  if (text->size() <= kMaxConfigFileSize) return *std::move(text);
  return Unexpected<std::string>("is larger than " + std::to_string(kMaxConfigFileSize / 1024) + " KiB");
}

/// What an editor may have put into the file, and nobody has typed. A token has rules of its own.
void checkForm(const Secret& secret, const std::string& name, const std::string& path, ConfigReport& report) {
  if (secret.reveal().starts_with("\xEF\xBB\xBF")) {
    report.warning(path, shown(name) +
                             " begins with a byte order mark, and it is part of the secret; write the file as UTF-8 "
                             "without one");
  }
  if (secret.reveal().find('\n') == std::string_view::npos) return;
  report.warning(path, shown(name) +
                           " holds several lines, and all of them together are the secret; each needs a file of "
                           "its own");
}

void checkSessionSecret(const Secret& secret, const SessionSettings& session, const std::string& path,
                        ConfigReport& report) {
  const std::size_t size = secret.reveal().size();
  if (size < kLeastSecretSize) {
    report.error(path, "must hold at least " + std::to_string(kLeastSecretSize) + " bytes but holds " +
                           std::to_string(size) + kMakeSecret);
  } else if (size < kGoodSecretSize) {
    report.warning(path, "holds " + std::to_string(size) + " bytes, and whoever has a cookie can try to guess it; " +
                             std::to_string(kGoodSecretSize) + " or more are safe" + kMakeSecret);
  }
  for (const Secret& earlier : session.secrets) {
    if (earlier.equals(secret.reveal())) report.warning(path, "holds the same secret as a file listed before it");
  }
}

void readSessionSecrets(SessionSettings& session, const FileLocations& locations, ConfigReport& report) {
  if (!report.isSound("session.secret_files")) return;
  for (std::size_t at = 0; at < session.secret_files.size(); ++at) {
    const std::string path = "session.secret_files[" + std::to_string(at) + "]";
    std::string& name = session.secret_files[at];
    name = settledName(name, locations);
    std::optional<Secret> secret = readSecret(name, path, locations, report, kMakeSecret);
    if (!secret) continue;
    checkForm(*secret, name, path, report);
    checkSessionSecret(*secret, session, path, report);
    session.secrets.push_back(*std::move(secret));
  }
}

void readRedisPassword(RedisSettings& redis, const FileLocations& locations, ConfigReport& report) {
  if (redis.password_file.empty() || !report.isSound("redis.password_file")) return;
  redis.password_file = settledName(redis.password_file, locations);
  if (std::optional<Secret> secret = readSecret(redis.password_file, "redis.password_file", locations, report)) {
    checkForm(*secret, redis.password_file, "redis.password_file", report);
    redis.password = *std::move(secret);
  }
}

void readSentinelPassword(SentinelSettings& sentinel, const FileLocations& locations, ConfigReport& report) {
  constexpr char kPath[] = "redis.sentinel.password_file";
  if (sentinel.password_file.empty() || !report.isSound(kPath)) return;
  sentinel.password_file = settledName(sentinel.password_file, locations);
  if (std::optional<Secret> secret = readSecret(sentinel.password_file, kPath, locations, report)) {
    checkForm(*secret, sentinel.password_file, kPath, report);
    sentinel.password = *std::move(secret);
  }
}

/// What `Authorization: Bearer` can carry (RFC 6750 §2.1), and no less than nobody can guess.
void checkToken(const Secret& token, const std::string& path, ConfigReport& report) {
  constexpr std::size_t kLeastTokenSize = 16;
  constexpr char kMakeToken[] = "; make one with: openssl rand -hex 32";
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
  const std::string_view bytes = token.reveal();
  if (bytes.find_first_not_of(kAllowed) != std::string_view::npos) {
    report.error(path, std::string("must hold one line of letters, digits and - . _ ~ + / = only") + kMakeToken);
  } else if (bytes.size() < kLeastTokenSize) {
    report.error(path, "must hold at least " + std::to_string(kLeastTokenSize) + " bytes but holds " +
                           std::to_string(bytes.size()) + kMakeToken);
  }
}

void readToken(std::string& file, Secret& token, const std::string& path, const FileLocations& locations,
               ConfigReport& report) {
  if (file.empty() || !report.isSound(path)) return;
  file = settledName(file, locations);
  if (std::optional<Secret> read = readSecret(file, path, locations, report)) {
    checkToken(*read, path, report);
    token = *std::move(read);
  }
}

/// Of a file that others read.
void settle(std::string& name, const std::string& path, const FileLocations& locations, const ConfigReport& report) {
  if (!name.empty() && report.isSound(path)) name = settledName(name, locations);
}

void readFiles(Config& config, const FileLocations& locations, ConfigReport& report) {
  readRedisPassword(config.redis, locations, report);
  readRedisTls(config.redis, locations, report);
  readSentinelPassword(config.redis.sentinel, locations, report);
  readToken(config.api.token_file, config.api.token, "api.token_file", locations, report);
  HttpVerifierSettings& verifier = config.login.http_verifier;
  readToken(verifier.token_file, verifier.token, "login.http_verifier.token_file", locations, report);
  settle(verifier.ca_file, "login.http_verifier.ca_file", locations, report);
  checkOpenFiles(config.listen, openFilesLimit(), report);
  settle(config.login.htpasswd_file, "login.htpasswd_file", locations, report);
  settle(config.login.page_file, "login.page_file", locations, report);
  settle(config.pages.logo_file, "pages.logo_file", locations, report);
  settle(config.pages.logo_dark_file, "pages.logo_dark_file", locations, report);
  settle(config.pages.style_file, "pages.style_file", locations, report);
  settle(config.pages.folder, "pages.folder", locations, report);
}

}  // namespace

Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(const std::string& path) {
  return readConfigFile(path, ConfigCheck());
}

Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(const std::string& path, const ConfigCheck& check) {
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return readConfigFile(path, directory == nullptr ? std::nullopt : std::optional<std::string>(directory), check);
}

Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(
    const std::string& path, const std::optional<std::string>& credentials_directory, const ConfigCheck& check) {
  const Expected<std::string, std::string> text = readWholeFile(path);
  if (!text) {
    const ConfigProblem problem{.file = path, .path = {}, .message = text.error()};
    return Unexpected<std::vector<ConfigProblem>>({problem});
  }
  ConfigDraft draft = readConfig(*text, path);
  std::error_code ignored;  // a path that cannot be made absolute is used as it is
  const FileLocations locations{std::filesystem::absolute(path, ignored).parent_path().string(), credentials_directory};
  if (draft.report.isSaid("session.secret_files")) {
    readSessionSecrets(draft.config.session, locations, draft.report);
  }
  readFiles(draft.config, locations, draft.report);
  checkOwnPaths(draft.config, path, locations, draft.report);
  if (check) check(draft.config, draft.report);
  const bool has_errors = draft.report.hasErrors();
  std::vector<ConfigProblem> problems = draft.report.take();
  if (has_errors) return Unexpected<std::vector<ConfigProblem>>(std::move(problems));
  return SoundConfig{std::move(draft.config), std::move(problems)};
}

}  // namespace sessiond
