#include "config/own_paths.h"

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "login/verifier_address.h"
#include "redis/redis_address.h"

namespace sessiond {
namespace {

namespace fs = std::filesystem;

/// Made and written here, or only used: read, or connected to.
enum class Use { kMade, kUsed };

struct NamedPath {
  std::string option;  ///< empty: the configuration itself
  fs::path path;
  Use use;
};

/// One file, by a link or whatever other name, or one name in one folder, where neither has to exist yet.
bool isOneFile(const fs::path& one, const fs::path& other) {
  if (one.lexically_normal() == other.lexically_normal()) return true;
  std::error_code ignored;  // of files that are not there yet
  if (fs::equivalent(one, other, ignored)) return true;
  return one.filename() == other.filename() && fs::equivalent(one.parent_path(), other.parent_path(), ignored);
}

class PathList {
 public:
  PathList(const FileLocations& locations, const ConfigReport& report) : locations_(locations), report_(report) {}

  void addMade(const std::string& option, const std::string& path) {
    if (path.starts_with('/') && isKnown(option)) paths_.push_back({option, path, Use::kMade});
  }
  void addUsed(const std::string& option, const std::string& settled_name) {
    if (settled_name.empty()) return;
    const auto path = fileToOpen(settled_name, locations_);
    if (path) paths_.push_back({option, *path, Use::kUsed});
  }
  /// Those files of a folder that have such an ending.
  void addFolder(const std::string& option, const fs::path& folder, std::string_view ending) {
    std::error_code error;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      if (entry->path().extension() == ending) addUsed(option, entry->path().string());
    }
  }
  const std::vector<NamedPath>& paths() const { return paths_; }

 private:
  /// Where the file was not understood, a default may not be what it means.
  bool isKnown(const std::string& option) const { return report_.isSound(option) && report_.isSaid(option); }

  const FileLocations& locations_;
  const ConfigReport& report_;
  std::vector<NamedPath> paths_;
};

void addLog(const std::string& file, PathList& list) {
  std::error_code ignored;  // nothing is there yet
  if (!fs::is_character_file(file, ignored)) list.addMade("log.file", file);
}

void addSecrets(const Config& config, PathList& list) {
  const std::vector<std::string>& secrets = config.session.secret_files;
  for (std::size_t at = 0; at < secrets.size(); ++at) {
    list.addUsed("session.secret_files[" + std::to_string(at) + "]", secrets[at]);
  }
  list.addUsed("redis.password_file", config.redis.password_file);
  list.addUsed("redis.sentinel.password_file", config.redis.sentinel.password_file);
  list.addUsed("redis.tls.ca_file", config.redis.tls.ca_file);
  list.addUsed("redis.tls.cert_file", config.redis.tls.cert_file);
  list.addUsed("redis.tls.key_file", config.redis.tls.key_file);
  list.addUsed("api.token_file", config.api.token_file);
  list.addUsed("login.http_verifier.token_file", config.login.http_verifier.token_file);
  list.addUsed("login.http_verifier.ca_file", config.login.http_verifier.ca_file);
  list.addUsed("login.htpasswd_file", config.login.htpasswd_file);
}

void addPages(const Config& config, PathList& list) {
  list.addUsed("login.page_file", config.login.page_file);
  list.addUsed("pages.logo_file", config.pages.logo_file);
  list.addUsed("pages.logo_dark_file", config.pages.logo_dark_file);
  list.addUsed("pages.style_file", config.pages.style_file);
  if (config.pages.folder.empty()) return;
  list.addFolder("pages.folder", config.pages.folder, ".html");
  list.addFolder("pages.folder", fs::path(config.pages.folder) / "messages", ".yaml");
}

void checkPair(const NamedPath& one, const NamedPath& other, ConfigReport& report) {
  if (one.use == Use::kUsed && other.use == Use::kUsed) return;
  if (!isOneFile(one.path, other.path)) return;
  // Said of the one that stands in the file, and of what is made before what is used.
  const bool is_other = !report.isGiven(one.option) && report.isGiven(other.option);
  const NamedPath& wrong = is_other ? other : one;
  const NamedPath& taken = is_other ? one : other;
  if (!report.isSound(wrong.option)) return;
  report.error(wrong.option, "must be a path of its own but leads to the same file as " +
                                 (taken.option.empty() ? std::string("this configuration") : taken.option) + ", " +
                                 shownPath(taken.path.string()) + "; name another one");
}

}  // namespace

void checkOwnPaths(const Config& config, const std::string& config_file, const FileLocations& locations,
                   ConfigReport& report) {
  PathList list(locations, report);
  addLog(config.log.file, list);
  list.addMade("sessiond.control_socket", config.sessiond.control_socket);
  list.addMade("listen.socket", config.listen.socket);
  if (const auto redis = parseRedisUrl(config.redis.url)) list.addUsed("redis.url", redis->socket_path);
  if (const auto verifier = parseVerifierAddress(config.login.http_verifier.url))
    list.addUsed("login.http_verifier.url", verifier->socket);
  list.addUsed("", config_file);
  addSecrets(config, list);
  addPages(config, list);
  const std::vector<NamedPath>& paths = list.paths();
  for (std::size_t at = 0; at < paths.size(); ++at) {
    for (std::size_t next = at + 1; next < paths.size(); ++next) checkPair(paths[at], paths[next], report);
  }
}

}  // namespace sessiond
