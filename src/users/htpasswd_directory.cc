#include "users/htpasswd_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "users/decoy_hash.h"

namespace sessiond {
namespace {

constexpr std::chrono::seconds kSettlingTime{1};

bool sameTime(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

std::string errorText(int error) {
  return std::generic_category().message(error);
}

/// The whole of an open file; an error's text when it cannot be read or is too big.
Expected<std::string, std::string> readAll(int fd) {
  std::string text;
  std::string chunk(64 * 1024, '\0');
  while (true) {
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unexpected(errorText(errno));
    text.append(chunk, 0, static_cast<std::size_t>(got));
    if (text.size() > HtpasswdDirectory::kMaxFileBytes)
      return Unexpected("file must be at most " + std::to_string(HtpasswdDirectory::kMaxFileBytes) + " bytes");
  }
}

bool wasLongAgo(const timespec& changed, WallTime now) {
  const WallTime then{std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(changed.tv_sec) +
                                                                            std::chrono::nanoseconds(changed.tv_nsec))};
  return then + kSettlingTime < now;
}

}  // namespace

bool HtpasswdDirectory::Version::isStill(const struct stat& now) const {
  return settled && inode == now.st_ino && size == now.st_size && sameTime(modified, now.st_mtim) &&
         sameTime(changed, now.st_ctim);
}

HtpasswdDirectory::HtpasswdDirectory(std::string path, const Clock& clock)
    : path_(std::move(path)), clock_(clock), decoy_key_(Secret(randomBytes(32))) {}

Expected<std::unique_ptr<HtpasswdDirectory>, std::vector<std::string>> HtpasswdDirectory::open(std::string path,
                                                                                               const Clock& clock) {
  std::unique_ptr<HtpasswdDirectory> directory(new HtpasswdDirectory(std::move(path), clock));
  Reading reading = directory->read();
  if (!reading.content.problems.empty()) return Unexpected(std::move(reading.content.problems));
  directory->apply(std::move(reading));
  return directory;
}

HtpasswdDirectory::Reading HtpasswdDirectory::read() const {
  Reading reading;
  const auto fail = [&](const std::string& why) {
    reading.content.problems = {path_ + ": " + why};
    return std::move(reading);
  };
  // O_NONBLOCK: a FIFO in the file's place must not hang whoever logs in.
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail(errorText(errno));
  struct stat found {};
  if (::fstat(fd.get(), &found) != 0) return fail(errorText(errno));
  if (!S_ISREG(found.st_mode)) return fail("not a regular file");
  reading.version = {.inode = found.st_ino,
                     .size = found.st_size,
                     .modified = found.st_mtim,
                     .changed = found.st_ctim,
                     .settled = wasLongAgo(found.st_ctim, clock_.wallNow())};
  Expected<std::string, std::string> text = readAll(fd.get());
  if (!text) return fail(text.error());
  reading.content = parseHtpasswd(*text, path_);
  wipeString(*text);
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
