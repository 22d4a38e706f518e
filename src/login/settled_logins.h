// SettledLogins: the logins that stood by the password file when it was last read and had settled. Held against the
// next such reading they tell which logins are gone. They outlive the directory that reads the file, so that what
// changes while a reload is under way is told as well; what changes while no process runs, nobody can tell.

#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
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
  /// What stands by the file of that path now, sorted by tag. Gives back what stood by it the last time and does no
  /// more; of another file than then nothing.
  std::vector<StandingLogin> replace(const std::string& path, std::vector<StandingLogin> standing) {
    std::vector<StandingLogin> gone;
    auto last = last_.lock();
    if (last->path == path) {
      std::ranges::set_difference(last->standing, standing, std::back_inserter(gone), {}, &StandingLogin::tag,
                                  &StandingLogin::tag);
    }
    last->path = path;
    std::swap(last->standing, standing);
    return gone;
  }

 private:
  struct Last {
    std::string path;
    std::vector<StandingLogin> standing;
  };
  Guarded<Last> last_;
};

}  // namespace sessiond
