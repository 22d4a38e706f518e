// SettledLogins: the logins that stood by the password file when it was last read and had settled. Held against the
// next such reading they tell which logins are gone. They outlive the directory that reads the file, so that what
// changes while a reload is under way is told as well; what changes while no process runs, nobody can tell.
//
// Each file is apart, and so is the same one read in another way: a new configuration reads its own before it is known
// whether it comes into force, and what it makes of it says nothing about the one in force.

#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/guarded.h"

namespace sessiond {

/// A user who can log in, with the password that they have.
struct StandingLogin {
  std::uint64_t tag = 0;  ///< of its hash (password_tag.h)
  std::string user;       ///< User::json
};

/// Thread-safe.
class SettledLogins {
 public:
  /// What stands by that file now, sorted by tag. `which`: the file, and how it is read. Gives back what stood by it
  /// the last time and does no more; the first time nothing.
  std::vector<StandingLogin> replace(const std::string& which, std::vector<StandingLogin> standing) {
    std::vector<StandingLogin> gone;
    auto all = last_.lock();
    std::vector<StandingLogin>& last = (*all)[which];
    std::ranges::set_difference(last, standing, std::back_inserter(gone), {}, &StandingLogin::tag, &StandingLogin::tag);
    std::swap(last, standing);
    return gone;
  }

 private:
  Guarded<std::map<std::string, std::vector<StandingLogin>>> last_;
};

}  // namespace sessiond
