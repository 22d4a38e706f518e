// HtpasswdDirectory: the users of one htpasswd file (htpasswd_parser.h), read anew when it changes.
//
// The file is looked at (stat) on every find(). When it may have changed since the last reading (file_version.h) it is
// read whole and, if every line is good, put in force at once; a file with any bad line, or one that cannot be
// read, leaves the old users in force, and every problem is logged once.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "login/file_version.h"
#include "login/htpasswd_parser.h"
#include "login/user_directory.h"

namespace sessiond {

/// Thread-safe. No lock is held while the file is read.
class HtpasswdDirectory final : public UserDirectory {
 public:
  static constexpr std::size_t kMaxFileBytes = 16 * 1024 * 1024;

  /// Reads the file for the first time; every problem when it cannot be used ("path: no such file or directory",
  /// "path:3: ..."). `clock` must outlive the directory.
  static Expected<std::unique_ptr<HtpasswdDirectory>, std::vector<std::string>> open(std::string path,
                                                                                     const Clock& clock);

  Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) override;
  /// One of the file's own hashes, always the same for a name: with hashes of several kinds, names that nobody has
  /// spread over the same costs as names that somebody has.
  std::string decoyHash(std::string_view name) override;

 private:
  using Users = std::vector<HtpasswdLine>;

  struct Reading {
    FileVersion version;
    HtpasswdContent content;
    bool readable_by_others = false;
  };

  struct State {
    std::shared_ptr<const Users> users = std::make_shared<const Users>();
    FileVersion version;
    std::vector<std::string> problems;  ///< those of the last reading; logged when they became these
  };

  HtpasswdDirectory(std::string path, const Clock& clock);

  Reading read() const;
  /// The users in force, after a look at the file.
  std::shared_ptr<const Users> current();
  /// Puts a reading in force, or logs why not.
  void apply(Reading reading);

  const std::string path_;
  const Clock& clock_;
  const HmacKey decoy_key_;
  Guarded<State> state_;
};

}  // namespace sessiond
