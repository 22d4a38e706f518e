// Secrets stand in files of their own, one a file; a newline at the end does not count.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/secret.h"

namespace sessiond {

/// A larger file is refused: it is not a secret but a mistake.
inline constexpr std::size_t kMaxSecretSize = 4096;

struct SecretFile {
  Secret secret;
  bool others_may_read = false;
};

/// Not empty. The error is a message with the file's name and the reason. Blocks on the file.
Expected<SecretFile, std::string> readSecretFile(const std::string& path, std::size_t limit = kMaxSecretSize);

/// Where the files that a configuration names are.
struct FileLocations {
  std::string config_folder;                         ///< absolute
  std::optional<std::string> credentials_directory;  ///< systemd's, if there is one
};

/// The path as an absolute one, taken from the configuration's folder; a `credential:NAME` stays as it is.
std::string settledName(std::string_view name, const FileLocations& locations);

/// The file to open for a settled name; the error is a message about the credential's name.
Expected<std::string, std::string> fileToOpen(std::string_view settled_name, const FileLocations& locations);

/// For a message about a credential: where systemd has it from, since the file that is opened is only a copy; or that
/// it passes none, so that another file is opened. Empty for other files.
std::string originOf(std::string_view settled_name, const FileLocations& locations);

}  // namespace sessiond
