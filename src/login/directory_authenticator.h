// DirectoryAuthenticator: verifies passwords against hashes, looked up in one or several directories.
//
// The first directory in the configured order that knows the name decides: a wrong password there is wrong, whatever
// the next one would say, so that a user deleted or locked in the first cannot come in through an old entry of the
// second by mere order. All directories are asked all the same, and one that cannot answer makes the result
// kUnavailable, so that neither time nor failures tell which directory, if any, knows a name.
//
// Every refusal takes the time of one hash of each kind and cost that is usual in one of the directories: the entry's
// own, and decoys for all others; for a name that nobody has, or an entry of no use, decoys alone. So "no such user"
// takes the time of "wrong password", and neither a file of SHA-512 nor a Redis of bcrypt tells by it whom it has.
// Which decoys those are depends on what the directories hold, never on what was asked before. Users whose hash is of
// another kind or cost than is usual can be told apart by time; nothing can hide that but rehashing them.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "login/authenticator.h"
#include "login/login_settings.h"
#include "login/password_hash.h"
#include "login/user_directory.h"

namespace sessiond {

/// bcrypt at cost 12, what most applications write; of a random password that nobody has kept.
inline constexpr std::string_view kDefaultDecoyHash = "$2b$12$xBQ9RjfwKr0R4/LAZW7SduHBFRDrTjJBtZjxlSrBQiwz30pcFPMiO";

/// What nobody can see in Redis, and the settings say: a hash of the kind and cost that most users there have.
inline std::string usualHashInRedis(const LoginSettings& login) {
  return login.redis_usual_hash.empty() ? std::string(kDefaultDecoyHash) : login.redis_usual_hash;
}

/// Thread-safe.
class DirectoryAuthenticator final : public Authenticator {
 public:
  using Verify = std::function<PasswordCheck(std::string_view hash, std::string_view password)>;

  /// The decoys are the usual hashes of the directories that can tell, else kDefaultDecoyHash. `log_key` makes the
  /// names' pseudonyms in logs and must outlive this. REQUIRES: at least one directory.
  DirectoryAuthenticator(std::vector<std::unique_ptr<UserDirectory>> directories, const HmacKey& log_key,
                         Verify verify = verifyPassword);

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override;

 private:
  /// Each usual hash by what it costs.
  using Decoys = std::map<std::string, std::string>;
  Decoys usualHashes() const;
  void logUnusable(const Credentials& credentials, std::string_view problem, std::string_view remedy) const;
  /// Says, once, when a user's hash costs something that no decoy does.
  void compareWithDecoys(const std::string& cost, const Decoys& decoys);

  const std::vector<std::unique_ptr<UserDirectory>> directories_;
  const HmacKey& log_key_;
  const Verify verify_;
  std::atomic<bool> cost_complained_ = false;
};

}  // namespace sessiond
