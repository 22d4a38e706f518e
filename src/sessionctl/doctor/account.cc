#include "sessionctl/doctor/account.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sessiond::ctl {
namespace {

bool mayHere(const Account& account, const std::string& path, Right right) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return false;
  const auto bit = static_cast<mode_t>(right);
  if (account.user == 0) return right != Right::kUse || S_ISDIR(status.st_mode) || (status.st_mode & 0111) != 0;
  if (status.st_uid == account.user) return (status.st_mode >> 6 & bit) != 0;
  const bool is_member = std::ranges::find(account.groups, status.st_gid) != account.groups.end();
  return (status.st_mode >> (is_member ? 3 : 0) & bit) != 0;
}

}  // namespace

std::optional<Account> accountOf(const std::string& user, const std::string& group) {
  const passwd* const entry = ::getpwnam(user.c_str());
  const ::group* const own = ::getgrnam(group.c_str());
  if (entry == nullptr || own == nullptr) return std::nullopt;
  Account account{.name = user, .user = entry->pw_uid, .groups = std::vector<gid_t>(64)};
  int count = static_cast<int>(account.groups.size());
  if (::getgrouplist(user.c_str(), own->gr_gid, account.groups.data(), &count) < 0) {
    account.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.c_str(), own->gr_gid, account.groups.data(), &count);
  }
  account.groups.resize(static_cast<std::size_t>(count));
  return account;
}

std::optional<Account> accountOf(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  if (!status) return std::nullopt;
  Account account;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    unsigned number = 0;
    if (word == "Uid:" && words >> number >> number) account.user = number;
    if (word == "Gid:" && words >> number >> number) account.groups.push_back(number);
    if (word == "Groups:")
      while (words >> number) account.groups.push_back(number);
  }
  const passwd* const entry = ::getpwuid(account.user);
  account.name = entry == nullptr ? std::to_string(account.user) : entry->pw_name;
  return account;
}

std::string groupName(gid_t group) {
  const ::group* const entry = ::getgrgid(group);
  return entry == nullptr ? std::to_string(group) : entry->gr_name;
}

bool may(const Account& account, const std::string& path, Right right) {
  for (std::filesystem::path folder = std::filesystem::path(path).parent_path(); !folder.empty();
       folder = folder.parent_path()) {
    if (!mayHere(account, folder, Right::kUse)) return false;
    if (folder == folder.root_path()) break;
  }
  return mayHere(account, path, right);
}

}  // namespace sessiond::ctl
