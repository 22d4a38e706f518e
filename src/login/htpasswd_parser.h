// The htpasswd file format: one user a line, `name:hash`, and what sessiond reads beyond it.
//
//   # comments and empty lines are skipped, indented ones too; so is a byte order mark before the first line
//   ada:$2y$12$...
//   grace:$y$j9T$...:id=42;name=Grace Hopper;email=grace@example.org;roles=admin,staff
//
// The third field holds what applications want to know; Apache and nginx take it for a comment, so one file serves
// them all. Members are `id`, `name`, `email` and `roles` (parted by commas), in any order, each at most once,
// parted by `;`, without white space around names or values. Left out, id and name are the login name, and there are no
// roles. A third field that says anything else makes the line bad: a misspelt `roles` must not silently take somebody's
// roles away, and an id with a space before it reaches no application.
//
// A bad line is bad alone, the others stay good. Its user, if it names one, is known and cannot log in, so that nobody
// comes in through another directory because of a slip here. A hash that begins with `!` or `*` locks the user, and is
// no mistake. The first line of a name is the one that counts, as it is for Apache and nginx.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "login/user_directory.h"
#include "login/user_name.h"

namespace sessiond {

struct HtpasswdLine {
  std::string login;  ///< the name to log in with, canonical
  UserEntry entry;
};

struct HtpasswdContent {
  std::vector<HtpasswdLine> users;    ///< sorted by login; with those who are locked or whose line is bad
  std::vector<std::string> problems;  ///< "file:line: what is wrong", all of them; never a hash
};

/// Reads a whole file's text. `file` is only for the problems' texts.
HtpasswdContent parseHtpasswd(std::string_view text, std::string_view file, NameCase name_case);

}  // namespace sessiond
