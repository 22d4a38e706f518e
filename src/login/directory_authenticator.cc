#include "login/directory_authenticator.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

/// What all directories together say about a name: the entry of the first that has one.
Expected<std::optional<UserEntry>, DirectoryError> lookUp(
    const std::vector<std::unique_ptr<UserDirectory>>& directories, std::string_view name) {
  std::optional<UserEntry> entry;
  bool unavailable = false;
  for (const std::unique_ptr<UserDirectory>& directory : directories) {
    Expected<std::optional<UserEntry>, DirectoryError> found = directory->find(name);
    if (!found) {
      unavailable = true;
    } else if (!entry) {
      entry = *std::move(found);
    }
  }
  if (unavailable) return Unexpected(DirectoryError::kUnavailable);
  return entry;
}

}  // namespace

DirectoryAuthenticator::DirectoryAuthenticator(std::vector<std::unique_ptr<UserDirectory>> directories,
                                               const HmacKey& log_key, Verify verify)
    : directories_(std::move(directories)), log_key_(log_key), verify_(std::move(verify)) {
  SESSIOND_CHECK(!directories_.empty());
}

Expected<User, AuthenticationFailure> DirectoryAuthenticator::authenticate(const Credentials& credentials) {
  Expected<std::optional<UserEntry>, DirectoryError> found = lookUp(directories_, credentials.name);
  if (!found) return Unexpected(AuthenticationFailure::kUnavailable);
  std::optional<UserEntry>& entry = *found;

  const bool locked = entry && (entry->locked || isLockedHash(entry->password_hash));
  std::string problem = entry ? entry->damage : "";
  if (entry && problem.empty()) problem = explainUnusableHash(entry->password_hash).value_or("");
  const bool real = entry && !locked && problem.empty();
  const Decoys decoys = usualHashes();
  const PasswordCheck check = real ? verify_(entry->password_hash, credentials.password) : PasswordCheck::kUnusableHash;
  const std::string spent = check == PasswordCheck::kUnusableHash ? "" : costOf(entry->password_hash);
  if (check != PasswordCheck::kMatches) {
    for (const auto& [cost, hash] : decoys)
      if (cost != spent) static_cast<void>(verify_(hash, credentials.password));
  }
  if (!entry) return Unexpected(AuthenticationFailure::kUnknownUser);
  if (locked) return Unexpected(AuthenticationFailure::kLocked);
  if (check == PasswordCheck::kUnusableHash) {
    const bool is_hash = entry->damage.empty();
    logUnusable(credentials, real ? "the hash is malformed" : problem,
                is_hash ? "set the password anew" : "mend what `problem` names");
    return Unexpected(AuthenticationFailure::kDamaged);
  }
  compareWithDecoys(spent, decoys);
  if (check == PasswordCheck::kDiffers) return Unexpected(AuthenticationFailure::kWrongPassword);
  if (isBcrypt(entry->password_hash) && credentials.password.size() > kBcryptPasswordBytes)
    logWarn("login: bcrypt looks at the first 72 bytes of a password only, and this user's is longer",
            {{"user", pseudonym(log_key_, credentials.name)}});
  return std::move(entry->user);
}

DirectoryAuthenticator::Decoys DirectoryAuthenticator::usualHashes() const {
  Decoys decoys;
  for (const std::unique_ptr<UserDirectory>& directory : directories_) {
    if (const std::optional<std::string> usual = directory->usualHash()) decoys.emplace(costOf(*usual), *usual);
  }
  if (decoys.empty()) decoys.emplace(costOf(kDefaultDecoyHash), kDefaultDecoyHash);
  return decoys;
}

void DirectoryAuthenticator::logUnusable(const Credentials& credentials, std::string_view problem,
                                         std::string_view remedy) const {
  logError("login: the stored entry of a user cannot be used; " + std::string(remedy),
           {{"user", pseudonym(log_key_, credentials.name)}, {"problem", problem}});
}

void DirectoryAuthenticator::compareWithDecoys(const std::string& cost, const Decoys& decoys) {
  if (decoys.contains(cost) || cost_complained_.exchange(true, std::memory_order_relaxed)) return;
  std::string unknown;
  for (const auto& [decoy_cost, hash] : decoys) unknown += (unknown.empty() ? "" : ", ") + decoy_cost;
  logWarn(
      "login: a user's password hash is of another kind or cost than what is computed for unknown names, so time tells "
      "them apart; give all users of the file hashes of one kind and cost, and login.redis_usual_hash one like those "
      "in Redis",
      {{"user_hash", cost}, {"unknown", unknown}});
}

}  // namespace sessiond
