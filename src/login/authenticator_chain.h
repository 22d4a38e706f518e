// AuthenticatorChain: several authenticators, asked in order. The first that knows the name decides: yes, no, or that
// nobody can tell, behind which nobody else is asked.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "login/authenticator.h"

namespace sessiond {

/// Thread-safe if they are.
class AuthenticatorChain final : public Authenticator {
 public:
  explicit AuthenticatorChain(std::vector<std::unique_ptr<Authenticator>> links) : links_(std::move(links)) {}

  Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) override {
    for (const std::unique_ptr<Authenticator>& link : links_) {
      Expected<User, AuthenticationFailure> answer = link->authenticate(credentials);
      if (answer || answer.error() != AuthenticationFailure::kUnknownUser) return answer;
    }
    return Unexpected(AuthenticationFailure::kUnknownUser);
  }

 private:
  const std::vector<std::unique_ptr<Authenticator>> links_;
};

}  // namespace sessiond
