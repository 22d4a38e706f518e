// DirectoryAuthenticator: verifies passwords against hashes, looked up in one or several directories.
//
// The first directory in the configured order that knows the name decides: a wrong password there is wrong, whatever
// the next one would say, so that a user deleted or locked in the first cannot come in through an old entry of the
// second by mere order. All directories are asked all the same, and one that cannot answer makes the result
// kUnavailable, so that neither time nor failures tell which directory, if any, knows a name.
//
// Exactly one hash is verified for every possible password: that of the entry, or, when there is none or it is of no
// use, a decoy of the kind and cost that most entries have, so that "no such user" takes the time of "wrong password".
// Which decoy that is depends on what the directories hold, never on what was asked before. Users
// whose hash is of another kind or cost can be told apart by time; nothing can hide that but rehashing them.

#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "login/authenticator.h"
#include "login/user_directory.h"

namespace sessiond {

/// bcrypt at cost 12, what most applications write; of a random password that nobody has kept.
inline constexpr std::string_view kDefaultDecoyHash = "$2b$12$xBQ9RjfwKr0R4/LAZW7SduHBFRDrTjJBtZjxlSrBQiwz30pcFPMiO";

/// Thread-safe.
class DirectoryAuthenticator final : public Authenticator {
 public:
  /// The decoy is the usual hash of the first directory that can tell, else kDefaultDecoyHash. `log_key` makes the
  /// names' pseudonyms in logs and must outlive this. REQUIRES: at least one directory.
  DirectoryAuthenticator(std::vector<std::unique_ptr<UserDirectory>> directories, const HmacKey& log_key);

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override;

 private:
  std::string decoyHash() const;
  void logUnusable(const Credentials& credentials, std::string_view problem, std::string_view remedy) const;
  /// Says, once, when a user's hash costs something else than the decoy.
  void compareWithDecoy(std::string_view hash);

  const std::vector<std::unique_ptr<UserDirectory>> directories_;
  const HmacKey& log_key_;
  std::atomic<bool> cost_complained_ = false;
};

}  // namespace sessiond
