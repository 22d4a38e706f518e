// AuthenticatorChain: several authenticators, asked in order. The first that knows the name decides: yes, no, or that
// nobody can tell, behind which nobody else is asked.
//
// What cannot be a name or a password is nobody's, and no authenticator hears of it. Refusing it at once tells nothing
// about any user; and whoever cuts a name at a control character, or looks past it, would take many names for one
// user's, each with tries of its own.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "login/authenticator.h"
#include "login/password_hash.h"
#include "login/user_name.h"

namespace sessiond {

/// Thread-safe if they are.
class AuthenticatorChain final : public Authenticator {
 public:
  explicit AuthenticatorChain(std::vector<std::unique_ptr<Authenticator>> links) : links_(std::move(links)) {}

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override {
    if (!isValidUserName(credentials.name) || !isPossiblePassword(credentials.password))
      return Unexpected(AuthenticationFailure::kUnknownUser);
    Expected<User, AuthenticationFailure> answer = Unexpected(AuthenticationFailure::kUnknownUser);
    for (const std::unique_ptr<Authenticator>& link : links_) {
      if (isNobodys(answer)) {
        answer = link->authenticate(credentials);
      } else {
        link->passTheTimeOfARefusal();
      }
      if (answer || nobodyCanTell(answer.error())) break;
    }
    return answer;
  }

 private:
  static bool isNobodys(const Expected<User, AuthenticationFailure>& answer) {
    return !answer && answer.error() == AuthenticationFailure::kUnknownUser;
  }
  static bool nobodyCanTell(AuthenticationFailure failure) {
    return failure == AuthenticationFailure::kUnavailable || failure == AuthenticationFailure::kNoVerdict;
  }

  const std::vector<std::unique_ptr<Authenticator>> links_;
};

}  // namespace sessiond
