// UserDirectory: where the names, password hashes and data of users are kept: an htpasswd file (htpasswd_file.h) or
// Redis (redis/redis_user_directory.h).
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

/// What a directory holds about one name.
struct UserEntry {
  std::string password_hash;  ///< in the form that verifyPassword() (password_hash.h) reads
  User user;
};

enum class DirectoryError {
  kUnavailable,  ///< cannot tell whether there is such a user: Redis down, timed out
  kDamaged,      ///< there is an entry, and it makes no sense: wrong type, no password, roles that are no array
};

/// Thread-safe.
class UserDirectory {
 public:
  virtual ~UserDirectory() = default;

  /// The entry of exactly this name (bytes are compared, no case folding); an empty optional when there is none.
  /// `name` is well-formed UTF-8 without control characters, 1 to kMaxUserNameBytes bytes.
  virtual Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view name) = 0;

  /// A hash that costs as much to verify as the hashes of this directory do, for a name that it does not know. It
  /// may be another user's: the result of verifying it is thrown away. Never waits. A directory that cannot look at
  /// all its entries uses DecoyHash (decoy_hash.h).
  virtual std::string decoyHash(std::string_view name) = 0;
};

}  // namespace sessiond
