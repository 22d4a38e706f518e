#include "login/htpasswd_directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "login/decoy_hash.h"

namespace sessiond {

HtpasswdDirectory::HtpasswdDirectory(std::string path, const Clock& clock)
    : path_(std::move(path)), clock_(clock), decoy_key_(Secret(randomBytes(32))) {}

Expected<std::unique_ptr<HtpasswdDirectory>, std::vector<std::string>> HtpasswdDirectory::open(std::string path,
                                                                                               const Clock& clock) {
  std::unique_ptr<HtpasswdDirectory> directory(new HtpasswdDirectory(std::move(path), clock));
  Reading reading = directory->read();
  if (!reading.content.problems.empty()) return Unexpected(std::move(reading.content.problems));
  if (reading.readable_by_others) logWarn("htpasswd: file is readable by everybody", {{"file", directory->path_}});
  directory->apply(std::move(reading));
  return directory;
}

HtpasswdDirectory::Reading HtpasswdDirectory::read() const {
  Reading reading;
  // Looked at before it is read: if it changes in between, the next look differs from this one.
  struct stat found {};
  if (::stat(path_.c_str(), &found) == 0) reading.version = FileVersion(found, clock_.wallNow());
  Expected<FileContents, std::string> file = readFile(path_, kMaxFileBytes);
  if (!file) {
    reading.content.problems = {path_ + ": " + file.error()};
    return reading;
  }
  reading.readable_by_others = (*file).readable_by_others;
  reading.content = parseHtpasswd((*file).bytes, path_);
  wipeString((*file).bytes);
  return reading;
}

void HtpasswdDirectory::apply(Reading reading) {
  std::vector<std::string> problems = std::move(reading.content.problems);
  const bool good = problems.empty();
  auto users = good ? std::make_shared<const Users>(std::move(reading.content.users)) : nullptr;
  {
    auto state = state_.lock();
    state->version = reading.version;
    if (good) std::swap(state->users, users);
    if (problems == state->problems) return;
    state->problems = problems;
  }
  if (good) {
    logInfo("htpasswd: file is in order again", {{"file", path_}});
    return;
  }
  for (const std::string& problem : problems) logError("htpasswd: " + problem);
  logError("htpasswd: the users read before stay in force", {{"file", path_}});
}

std::shared_ptr<const HtpasswdDirectory::Users> HtpasswdDirectory::current() {
  struct stat now {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (!there || !state_.lock()->version.isStill(now)) apply(read());
  return state_.lock()->users;
}

Expected<std::optional<UserEntry>, DirectoryError> HtpasswdDirectory::find(std::string_view name) {
  const std::shared_ptr<const Users> users = current();
  const auto found =
      std::lower_bound(users->begin(), users->end(), name,
                       [](const HtpasswdLine& line, std::string_view login) { return line.login < login; });
  if (found == users->end() || found->login != name) return std::optional<UserEntry>();
  return std::optional<UserEntry>(found->entry);
}

std::string HtpasswdDirectory::decoyHash(std::string_view name) {
  const std::shared_ptr<const Users> users = state_.lock()->users;
  if (users->empty()) return std::string(kDefaultDecoyHash);
  const Sha256Digest digest = decoy_key_.sign(name);
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  return (*users)[number % users->size()].entry.password_hash;
}

}  // namespace sessiond
