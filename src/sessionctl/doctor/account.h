// Account: a user of this machine, and what that user may do to a file: by its mode, not by trying, since the doctor is
// root, who may all.

#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sessiond::ctl {

/// A plain value.
struct Account {
  std::string name;
  uid_t user = 0;
  std::vector<gid_t> groups;
};

/// As which a program runs that takes on a user and a group, as nginx's workers do: that group first, and those that
/// name the user as a member, but not what the user has at a login. Nothing: there is no such user, or no such group.
std::optional<Account> accountOf(const std::string& user, const std::string& group);
/// As which a process runs, with the groups that it has; nothing: it is gone.
std::optional<Account> accountOf(pid_t process);

/// Its number where it has no name.
std::string groupName(gid_t group);

enum class Right { kRead = 4, kWrite = 2, kUse = 1 };

/// May it do that to what is there, through all folders on the way? Access lists are not looked at.
bool may(const Account& account, const std::string& path, Right right);

}  // namespace sessiond::ctl
