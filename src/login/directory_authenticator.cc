#include "login/directory_authenticator.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

/// What all directories together say about a name.
struct Lookup {
  std::optional<UserEntry> entry;
  bool known = false;  ///< some directory has decided: by `entry`, or by a damaged one when that is empty
  bool unavailable = false;
};

Lookup lookUp(const std::vector<std::unique_ptr<UserDirectory>>& directories, std::string_view name) {
  Lookup lookup;
  for (const std::unique_ptr<UserDirectory>& directory : directories) {
    Expected<std::optional<UserEntry>, DirectoryError> found = directory->find(name);
    if (!found && found.error() == DirectoryError::kUnavailable) lookup.unavailable = true;
    if (lookup.known) continue;
    if (!found && found.error() == DirectoryError::kDamaged) lookup.known = true;
    if (found && *found) {
      lookup.known = true;
      lookup.entry = *std::move(found);
    }
  }
  return lookup;
}

}  // namespace

DirectoryAuthenticator::DirectoryAuthenticator(std::vector<std::unique_ptr<UserDirectory>> directories,
                                               const HmacKey& log_key)
    : directories_(std::move(directories)), log_key_(log_key), decoy_key_(Secret(randomBytes(32))) {
  SESSIOND_CHECK(!directories_.empty());
}

Expected<User, AuthenticationFailure> DirectoryAuthenticator::authenticate(const Credentials& credentials) {
  // What cannot be a name or a password is nobody's: refusing it at once tells nothing about any user.
  if (!isValidUserName(credentials.name) || !isPossiblePassword(credentials.password))
    return Unexpected(AuthenticationFailure::kUnknownUser);
  Lookup lookup = lookUp(directories_, credentials.name);
  if (lookup.unavailable) return Unexpected(AuthenticationFailure::kUnavailable);

  const std::optional<std::string> unusable =
      lookup.entry ? explainUnusableHash(lookup.entry->password_hash) : std::nullopt;
  const bool real = lookup.entry && !unusable;
  const PasswordCheck check =
      verifyPassword(real ? lookup.entry->password_hash : decoyHash(credentials.name), credentials.password);
  if (!lookup.known) return Unexpected(AuthenticationFailure::kUnknownUser);
  if (!real || check == PasswordCheck::kUnusableHash) {
    logError("login: the stored entry of a user cannot be used; set the password anew",
             {{"user", pseudonym(log_key_, credentials.name)},
              {"problem", unusable.value_or(lookup.entry ? "the hash is malformed" : "the entry is damaged")}});
    return Unexpected(AuthenticationFailure::kDamaged);
  }
  if (check == PasswordCheck::kDiffers) return Unexpected(AuthenticationFailure::kWrongPassword);
  return std::move(lookup.entry->user);
}

std::string DirectoryAuthenticator::decoyHash(std::string_view name) const {
  const std::size_t which = decoy_key_.sign(name).front() % directories_.size();
  return directories_[which]->decoyHash(name);
}

}  // namespace sessiond
