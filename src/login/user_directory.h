// UserDirectory: where the names, password hashes and data of users are kept: an htpasswd file (htpasswd_directory.h)
// or Redis (redis/redis_user_directory.h).
//
// A directory only looks up; it never sees a password. What verifies passwords against directories is
// DirectoryAuthenticator (directory_authenticator.h).

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "login/user.h"

namespace sessiond {

/// What a directory holds about one name, whether or not somebody can log in with it.
struct UserEntry {
  std::string password_hash = {};  ///< in the form that verifyPassword() (password_hash.h) reads; it need not be usable
  User user = {};
  bool locked = false;      ///< by the directory's own means; a hash can be locked as well (isLockedHash())
  std::string damage = {};  ///< why the entry makes no sense, without name and hash; empty: it does
};

enum class DirectoryError {
  kUnavailable,  ///< cannot tell whether there is such a user: Redis down, timed out, a file that cannot be read
};

/// Thread-safe.
class UserDirectory {
 public:
  virtual ~UserDirectory() = default;

  /// The entry of exactly this name, which is canonical (user_name.h); an empty optional when there is none.
  virtual Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) = 0;

  /// A hash of the kind and cost that most of the entries have; nullopt for a directory that cannot look at them all,
  /// or has none. It depends on what the directory holds and on nothing that was asked. Never waits.
  virtual std::optional<std::string> usualHash() = 0;
};

}  // namespace sessiond
