// SettledLogins: the logins that stood by the password file when it was last read and had settled. Held against the
// next such reading they tell which logins are gone. They outlive the directory that reads the file, so that what
// changes while a reload is under way is told as well; what changes while no process runs, nobody can tell.
//
// Each file is apart, and so is the same one read in another way: what a new configuration makes of its own says
// nothing about the one before. One that has not come into force, and may never, reads nothing that counts here
// (directory_watch.h).

#pragma once

#include <algorithm>
#include <atomic>
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
  /// A reading begins: the file has not been looked at yet. Its number, greater than any before.
  std::uint64_t begin() { return begun_.fetch_add(1, std::memory_order_acq_rel) + 1; }
  /// What stands by that file now, sorted by tag. `which`: the file, how it is read, and for whom; `reading`: its
  /// number. Gives back what stood by it the last time and does no more; the first time nothing. One that began before
  /// the last one did comes late, and says nothing.
  std::vector<StandingLogin> replace(const std::string& which, std::uint64_t reading,
                                     std::vector<StandingLogin> standing) {
    std::vector<StandingLogin> gone;
    auto all = last_.lock();
    Last& last = (*all)[which];
    if (reading < last.reading) return gone;
    last.reading = reading;
    std::ranges::set_difference(last.standing, standing, std::back_inserter(gone), {}, &StandingLogin::tag,
                                &StandingLogin::tag);
    std::swap(last.standing, standing);
    return gone;
  }

 private:
  struct Last {
    std::uint64_t reading = 0;
    std::vector<StandingLogin> standing;
  };
  std::atomic<std::uint64_t> begun_ = 0;
  Guarded<std::map<std::string, Last>> last_;
};

}  // namespace sessiond
