// HtpasswdDirectory: the users of one htpasswd file (htpasswd_parser.h), read anew when it changes.
//
// The file is looked at (stat) on every find(). When it may have changed since the last reading (file_version.h) it is
// read whole and put in force at once: who is gone from it is refused from then on, and a bad line is bad alone. Every
// problem is logged once. While the file cannot be read, nobody can tell who is in it: find() is kUnavailable.
//
// That somebody's login is gone for good is told only of a file that has settled: programs that write it in place leave
// it cut off for a moment, and nobody is to lose a session for good by that.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "login/file_version.h"
#include "login/htpasswd_parser.h"
#include "login/settled_logins.h"
#include "login/user_directory.h"

namespace sessiond {

/// Thread-safe. No lock is held while the file is read.
class HtpasswdDirectory final : public UserDirectory {
 public:
  static constexpr std::size_t kMaxFileBytes = 16 * 1024 * 1024;

  /// Reads the file for the first time. The error is why it cannot be read ("path: no such file or directory"); bad
  /// lines are none: firstProblems() are for whoever opens it to say. `clock` must outlive the directory.
  static Expected<std::unique_ptr<HtpasswdDirectory>, std::string> open(std::string path, NameCase name_case,
                                                                        const Clock& clock);

  /// What was wrong with it when it was opened: its rights, and its bad lines ("path:3: user "ada": ..."), of which the
  /// first twenty are named. Later ones are logged.
  const std::vector<std::string>& firstProblems() const { return first_problems_; }

  Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) override;
  /// The first, by name, of the usable hashes that cost what most of them do.
  std::optional<std::string> usualHash() override;

  /// Looks at the file, and reads it again if it has changed.
  void refresh() { current(); }
  /// Is there still a user who can log in with the hash that this is a tag of? As of the last reading that succeeded;
  /// never waits.
  bool stands(std::uint64_t tag);
  /// Is called, by whatever thread reads the file, when what stands has changed. REQUIRES: nobody uses the directory
  /// yet.
  void onChange(std::function<void()> changed) { changed_ = std::move(changed); }
  /// Is called likewise, with each login that stood by `settled` and does no more by a file that has settled since.
  /// `where`: what the sessions are in; of another one nothing is told here, nor there of this one.
  /// REQUIRES: as above; `settled` outlives the directory.
  void onWithdrawal(SettledLogins& settled, const std::string& where,
                    std::function<void(const StandingLogin&)> withdrawn);

 private:
  struct Users {
    std::vector<HtpasswdLine> lines;
    std::optional<std::string> usual_hash;
  };

  struct Reading {
    std::uint64_t number = 0;  ///< SettledLogins::begin()'s; 0 where nobody wants to know who is gone
    FileVersion version;
    HtpasswdContent content;
    std::optional<std::string> failure;  ///< why the file could not be read
    bool readable_by_others = false;
    bool settled = false;  ///< it has not changed while it was read, nor for a second before
  };

  struct State {
    std::shared_ptr<const Users> users;  ///< null: the file could not be read
    std::uint64_t reading = 0;           ///< the number of theirs
    FileVersion version;
    std::vector<std::uint64_t> tags;    ///< of usable entries, sorted
    std::vector<std::string> problems;  ///< those of the last reading; logged when they became these
  };

  HtpasswdDirectory(std::string path, NameCase name_case, const Clock& clock);

  Reading read() const;
  /// The users in force, after a look at the file; null when it cannot be read.
  std::shared_ptr<const Users> current();
  void noteFirst(const Reading& reading);
  void apply(Reading reading);
  void noteSettled(std::uint64_t reading, std::vector<StandingLogin> standing) const;
  void logReading(const Reading& reading) const;

  const std::string path_;
  const NameCase name_case_;
  const Clock& clock_;
  std::vector<std::string> first_problems_;
  std::function<void()> changed_;
  SettledLogins* settled_ = nullptr;  ///< null: nobody wants to know
  std::string which_;                 ///< by which name it is told of there
  std::function<void(const StandingLogin&)> withdrawn_;
  Guarded<State> state_;
};

/// What stands() of `directory` says; empty where there is none (null), and nobody can tell.
std::function<bool(std::uint64_t tag)> standsIn(HtpasswdDirectory* directory);

}  // namespace sessiond
