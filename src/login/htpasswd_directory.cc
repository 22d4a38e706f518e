#include "login/htpasswd_directory.h"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "login/password_hash.h"
#include "login/password_tag.h"

namespace sessiond {
namespace {

/// Of a bad line. It is not ignored: whom it names no other directory lets in.
constexpr const char* kConsequence = "; this line lets nobody in";

bool isUsable(const UserEntry& entry) {
  return !entry.locked && entry.damage.empty();
}

/// Sorted by tag.
std::vector<StandingLogin> standingIn(const std::vector<HtpasswdLine>& lines) {
  std::vector<StandingLogin> standing;
  for (const HtpasswdLine& line : lines) {
    const std::string& hash = line.entry.password_hash;
    if (!isUsable(line.entry) || isLockedHash(hash)) continue;
    standing.push_back({.tag = passwordTag(line.login, hash), .user = line.entry.user.json});
  }
  std::ranges::sort(standing, {}, &StandingLogin::tag);
  return standing;
}

std::optional<std::string> usualHashOf(const std::vector<HtpasswdLine>& lines) {
  std::map<std::string, std::size_t> users_of;
  for (const HtpasswdLine& line : lines) {
    if (isUsable(line.entry)) ++users_of[costOf(line.entry.password_hash)];
  }
  const auto usual = std::max_element(users_of.begin(), users_of.end(),
                                      [](const auto& left, const auto& right) { return left.second < right.second; });
  if (usual == users_of.end()) return std::nullopt;
  const auto first = std::find_if(lines.begin(), lines.end(), [&](const HtpasswdLine& line) {
    return isUsable(line.entry) && costOf(line.entry.password_hash) == usual->first;
  });
  return first->entry.password_hash;
}

}  // namespace

HtpasswdDirectory::HtpasswdDirectory(std::string path, NameCase name_case, const Clock& clock)
    : path_(std::move(path)), name_case_(name_case), clock_(clock) {}

Expected<std::unique_ptr<HtpasswdDirectory>, std::string> HtpasswdDirectory::open(std::string path, NameCase name_case,
                                                                                  const Clock& clock) {
  std::unique_ptr<HtpasswdDirectory> directory(new HtpasswdDirectory(std::move(path), name_case, clock));
  Reading reading = directory->read();
  if (reading.failure) return Unexpected(*std::move(reading.failure));
  directory->noteFirst(reading);
  directory->apply(std::move(reading));
  return directory;
}

HtpasswdDirectory::Reading HtpasswdDirectory::read() const {
  Reading reading;
  if (settled_ != nullptr) reading.number = settled_->begin();
  // Looked at before it is read: if it changes in between, the next look differs from this one.
  struct stat found = {};
  if (::stat(path_.c_str(), &found) == 0) reading.version = FileVersion(found, clock_.wallNow());
  Expected<FileContents, std::string> file = readFile(path_, kMaxFileBytes);
  if (!file) {
    reading.failure = path_ + ": " + file.error();
    reading.content.problems = {*reading.failure};
    return reading;
  }
  reading.readable_by_others = (*file).readable_by_others;
  reading.content = parseHtpasswd((*file).bytes, path_, name_case_);
  wipeString((*file).bytes);
  // A slip of the hand refuses people, and ends nothing.
  const bool is_meant = reading.content.problems.empty() && !reading.content.users.empty();
  reading.settled = is_meant && ::stat(path_.c_str(), &found) == 0 && reading.version.isStill(found);
  return reading;
}

void HtpasswdDirectory::noteFirst(const Reading& reading) {
  constexpr std::size_t kMostNamed = 20;
  const std::vector<std::string>& bad = reading.content.problems;
  if (reading.readable_by_others)
    first_problems_.push_back(path_ + " can be read by everybody on this machine; chmod o-rwx " + path_);
  for (std::size_t i = 0; i < std::min(bad.size(), kMostNamed); ++i) first_problems_.push_back(bad[i] + kConsequence);
  if (bad.size() > kMostNamed)
    first_problems_.push_back(path_ + ": " + std::to_string(bad.size() - kMostNamed) +
                              " other lines let nobody in either");
  state_.lock()->problems = bad;  // so that they are no news
}

void HtpasswdDirectory::apply(Reading reading) {
  std::shared_ptr<const Users> users;
  std::vector<StandingLogin> standing;
  std::vector<std::uint64_t> tags;
  bool changed = false;
  if (!reading.failure) {
    standing = standingIn(reading.content.users);
    for (const StandingLogin& login : standing) tags.push_back(login.tag);
    std::optional<std::string> usual_hash = usualHashOf(reading.content.users);
    users = std::make_shared<const Users>(
        Users{.lines = std::move(reading.content.users), .usual_hash = std::move(usual_hash)});
  }
  bool news = false;
  {
    auto state = state_.lock();
    if (reading.number < state->reading) return;  // another thread's began later, and is in force already
    state->reading = reading.number;
    state->version = reading.version;
    std::swap(state->users, users);
    if (!reading.failure) {
      changed = tags != state->tags;
      state->tags = std::move(tags);
    }
    news = reading.content.problems != state->problems;
    state->problems = reading.content.problems;
  }
  if (news) logReading(reading);
  if (changed && changed_) changed_();
  if (reading.settled) noteSettled(reading.number, std::move(standing));
}

void HtpasswdDirectory::noteSettled(std::uint64_t reading, std::vector<StandingLogin> standing) const {
  if (settled_ == nullptr) return;
  for (const StandingLogin& gone : settled_->replace(which_, reading, std::move(standing))) withdrawn_(gone);
}

void HtpasswdDirectory::onWithdrawal(SettledLogins& settled, const std::string& where,
                                     std::function<void(const StandingLogin&)> withdrawn) {
  settled_ = &settled;
  // Read in another way the same line has another tag.
  which_ = where + (name_case_ == NameCase::kIgnored ? " any case " : " this case ") + path_;
  withdrawn_ = std::move(withdrawn);
  state_.lock()->version = FileVersion();  // it is read once more, and what stands is noted
}

void HtpasswdDirectory::logReading(const Reading& reading) const {
  if (reading.failure) {
    logError("htpasswd: " + *reading.failure + "; until it can be read, nobody can log in");
    return;
  }
  if (reading.content.problems.empty()) logInfo("htpasswd: file is in order again", {{"file", path_}});
  for (const std::string& problem : reading.content.problems) logWarn("htpasswd: " + problem + kConsequence);
}

std::shared_ptr<const HtpasswdDirectory::Users> HtpasswdDirectory::current() {
  struct stat now = {};
  const bool there = ::stat(path_.c_str(), &now) == 0;
  if (!there || !state_.lock()->version.isStill(now)) apply(read());
  return state_.lock()->users;
}

Expected<std::optional<UserEntry>, DirectoryError> HtpasswdDirectory::find(std::string_view name) {
  const std::shared_ptr<const Users> users = current();
  if (users == nullptr) return Unexpected(DirectoryError::kUnavailable);
  const auto& lines = users->lines;
  const auto found =
      std::lower_bound(lines.begin(), lines.end(), name,
                       [](const HtpasswdLine& line, std::string_view login) { return line.login < login; });
  if (found == lines.end() || found->login != name) return std::optional<UserEntry>();
  std::optional<UserEntry> entry(found->entry);
  entry->user.auth = htpasswdAuth(passwordTag(name, entry->password_hash));
  return entry;
}

bool HtpasswdDirectory::stands(std::uint64_t tag) {
  auto state = state_.lock();
  return std::ranges::binary_search(state->tags, tag);
}

std::optional<std::string> HtpasswdDirectory::usualHash() {
  const std::shared_ptr<const Users> users = state_.lock()->users;
  return users == nullptr ? std::nullopt : users->usual_hash;
}

std::function<bool(std::uint64_t tag)> standsIn(HtpasswdDirectory* directory) {
  if (directory == nullptr) return {};
  return [directory](std::uint64_t tag) { return directory->stands(tag); };
}

}  // namespace sessiond
