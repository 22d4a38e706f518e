// The htpasswd file format: one user a line, `name:hash`, and what sessiond reads beyond it.
//
//   # comments and empty lines are skipped
//   ada:$2y$12$...
//   grace:$y$j9T$...:id=42;name=Grace Hopper;email=grace@example.org;roles=admin,staff
//
// The third field holds what applications want to know; Apache and nginx take it for a comment, so one file serves
// them all. Members are `id`, `name`, `email` and `roles` (parted by commas), in any order, each at most once,
// parted by `;`. Left out, id and name are the login name, and there are no roles. A third field that says anything
// else makes the line bad: a misspelt `roles` must not silently take somebody's roles away.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "login/user_directory.h"

namespace sessiond {

struct HtpasswdLine {
  std::string login;  ///< the name to log in with
  UserEntry entry;
};

struct HtpasswdContent {
  std::vector<HtpasswdLine> users;    ///< sorted by login
  std::vector<std::string> problems;  ///< "file:line: what is wrong", all of them; never a hash
};

/// Reads a whole file's text. `file` is only for the problems' texts.
HtpasswdContent parseHtpasswd(std::string_view text, std::string_view file);

}  // namespace sessiond
