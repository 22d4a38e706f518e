#include "config/secret_option.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sessiond {
namespace {

/// A secret that is there, but not for whoever asks: making another one would log everybody out.
const std::string kAskWhoMay =
    "; it is there, for others to read: check as root, or let the daemon do it (sessionctl reload)";

}  // namespace

std::optional<Secret> loadSecret(const std::string& name, const std::string& path, const FileLocations& locations,
                                 ConfigReport& report, const std::string& hint, std::size_t limit) {
  const Expected<std::string, std::string> file = fileToOpen(name, locations);
  if (!file) {
    report.error(path, file.error());
    return std::nullopt;
  }
  Expected<SecretFile, std::string> read = readSecretFile(*file, limit);
  if (!read) {
    const bool is_anothers = ::access(file->c_str(), R_OK) != 0 && errno == EACCES;
    report.error(path, read.error() + originOf(name, locations) + (is_anothers ? kAskWhoMay : hint));
    return std::nullopt;
  }
  if (read->others_may_read) {
    report.warning(path, shown(*file) + " can be read by everybody on this machine; chmod 0640 or stricter");
  }
  return std::move(read->secret);
}

}  // namespace sessiond
