#include "config/secret_option.h"

#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sessiond {
namespace {

/// A secret that is there, but not for whoever asks: making another one would log everybody out. It may be the daemon
/// that asks.
std::string howToRead(const std::string& file) {
  const group* const own = ::getgrgid(::getegid());
  const std::string name = own == nullptr ? std::to_string(::getegid()) : own->gr_name;
  return "; it is there, for others to read: check as root, or let the daemon do it (sessionctl reload); if it is the "
         "daemon that may not: chgrp " +
         name + " " + file + " && chmod 640 " + file;
}

}  // namespace

std::optional<Secret> readSecret(const std::string& name, const std::string& path, const FileLocations& locations,
                                 ConfigReport& report, const std::string& hint, std::size_t limit) {
  const Expected<std::string, std::string> file = fileToOpen(name, locations);
  if (!file) {
    report.error(path, file.error());
    return std::nullopt;
  }
  Expected<SecretFile, std::string> read = readSecretFile(*file, limit);
  if (!read) {
    const bool is_anothers = ::access(file->c_str(), R_OK) != 0 && errno == EACCES;
    report.error(path, read.error() + originOf(name, locations) + (is_anothers ? howToRead(*file) : hint));
    return std::nullopt;
  }
  if (read->others_may_read) {
    report.warning(path, shownPath(*file) + " can be read by everybody on this machine; chmod o-rwx " + *file);
  }
  return std::move(read->secret);
}

}  // namespace sessiond
