// DirectoryAuthenticator: verifies passwords against hashes, looked up in one or several directories.
//
// The first directory in the configured order that knows the name decides: a wrong password there is wrong, whatever
// the next one would say, so that a user deleted or locked in the first cannot come in through a stale entry of the
// second by mere order. All directories are asked all the same, and one that cannot answer makes the result
// kUnavailable, so that neither time nor failures tell which directory, if any, knows a name.
//
// Exactly one hash is verified for every possible password: that of the entry, or a decoy's when there is no entry
// or its hash is of no use.

#pragma once

#include <memory>
#include <vector>

#include "base/crypto.h"
#include "login/authenticator.h"
#include "login/user_directory.h"

namespace sessiond {

/// Thread-safe.
class DirectoryAuthenticator final : public Authenticator {
 public:
  /// `log_key` makes the names' pseudonyms in logs and must outlive this. REQUIRES: at least one directory.
  DirectoryAuthenticator(std::vector<std::unique_ptr<UserDirectory>> directories, const HmacKey& log_key);

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override;

 private:
  std::string decoyHash(std::string_view name) const;

  const std::vector<std::unique_ptr<UserDirectory>> directories_;
  const HmacKey& log_key_;
  const HmacKey decoy_key_;
};

}  // namespace sessiond
