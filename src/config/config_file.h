// Reading a configuration: the file, the secrets it names, and every problem in them at once.
//
//   Expected<SoundConfig, std::vector<ConfigProblem>> read = readConfigFile("/etc/sessiond/sessiond.yaml");
//   if (!read) for (const ConfigProblem& problem : read.error()) std::cerr << describe(problem) << '\n';
//
// Secrets stand in files of their own: `credential:NAME` is NAME in systemd's credentials directory; any other
// name is a path, a relative one taken from the configuration file's folder. Where systemd gives no credentials
// (`sessiond -t` in a shell, a container), `credential:NAME` is NAME in the configuration file's folder, which is
// where the shipped unit takes it from.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "config/config.h"
#include "config/config_problem.h"
#include "config/config_report.h"

namespace sessiond {

inline constexpr std::string_view kDefaultConfigFile = "/etc/sessiond/sessiond.yaml";

/// What is larger is refused unread; yaml-cpp needs up to 250 bytes of memory for a hostile byte.
inline constexpr std::size_t kMaxConfigFileSize = 256 * 1024;

/// Besides what the file says, some fields are settled: names of files are absolute (`credential:` stays), a user named
/// in redis.url stands in redis.user too, and the policy `default` exists.
struct SoundConfig {
  Config config;
  std::vector<ConfigProblem> warnings;  ///< such as a secret file that others may read; sorted
};

/// All problems, sorted by position, errors and warnings; at least one is an error. Blocks on files; thread-safe
/// as long as nobody changes the environment.
Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(const std::string& path);

/// What somebody above looks at once everything else is read, whether it was sound or not (ConfigReport::isSound).
using ConfigCheck = std::function<void(const Config& config, ConfigReport& report)>;

/// The same, with a check more.
Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(const std::string& path, const ConfigCheck& check);

/// The same with the folder of systemd's credentials given instead of taken from $CREDENTIALS_DIRECTORY.
Expected<SoundConfig, std::vector<ConfigProblem>> readConfigFile(
    const std::string& path, const std::optional<std::string>& credentials_directory, const ConfigCheck& check = {});

}  // namespace sessiond
