#include "config/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/errno_text.h"
#include "base/file.h"
#include "base/unique_fd.h"
#include "config/config_report.h"

namespace sessiond {
namespace {

constexpr std::string_view kCredential = "credential:";

Unexpected<std::string> cannotRead(const std::string& path, int error) {
  return Unexpected<std::string>("cannot read " + shownPath(path) + ": " + errnoText(error));
}

void stripNewline(std::string& bytes) {
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.ends_with('\r')) bytes.pop_back();
}

}  // namespace

Expected<SecretFile, std::string> readSecretFile(const std::string& path, std::size_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status = {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return cannotRead(path, errno);
  Expected<std::string, int> bytes = readBytes(fd.get(), limit);
  if (!bytes) return cannotRead(path, bytes.error());
  if (bytes->size() > limit) {
    wipeString(*bytes);
    return Unexpected<std::string>(shownPath(path) + " must hold at most " + std::to_string(limit) +
                                   " bytes but holds more");
  }
  stripNewline(*bytes);
  if (bytes->empty()) return Unexpected<std::string>(shownPath(path) + " is empty");
  return SecretFile{Secret(std::move(*bytes)), (status.st_mode & S_IROTH) != 0};
}

std::string settledName(std::string_view name, const FileLocations& locations) {
  if (name.starts_with(kCredential)) return std::string(name);
  return (std::filesystem::path(locations.config_folder) / name).lexically_normal().string();
}

Expected<std::string, std::string> fileToOpen(std::string_view settled_name, const FileLocations& locations) {
  if (!settled_name.starts_with(kCredential)) return std::string(settled_name);
  const std::string_view credential = settled_name.substr(kCredential.size());
  if (credential.empty() || credential == "." || credential == ".." || credential.find('/') != std::string_view::npos) {
    return Unexpected<std::string>("must name a credential, without a path, but is " + shown(settled_name));
  }
  return locations.credentials_directory.value_or(locations.config_folder) + "/" + std::string(credential);
}

std::string originOf(std::string_view settled_name, const FileLocations& locations) {
  if (!settled_name.starts_with(kCredential)) return "";
  if (!locations.credentials_directory) {
    return "; systemd has passed no credential (LoadCredential= in the unit), so the file beside the configuration is "
           "meant";
  }
  const std::string name(settled_name.substr(kCredential.size()));
  return "; systemd makes it at the start from the file that LoadCredential=" + name +
         ":FILE of the unit names, such as " + locations.config_folder + "/" + name;
}

}  // namespace sessiond
