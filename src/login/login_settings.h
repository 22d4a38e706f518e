// What can be set about logging in: the options of `login`.

#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/secret.h"
#include "login/authenticator_kind.h"
#include "login/login_gate_settings.h"
#include "login/user_name.h"

namespace sessiond {

/// An application of the site's that knows the users (http_verifier.h).
struct HttpVerifierSettings {
  std::string url;                          ///< where it is asked; empty: nowhere
  std::string token_file;                   ///< a bearer token to show it; empty: none
  Secret token;                             ///< read from token_file
  std::string ca_file;                      ///< who vouches for it; empty: those that the system trusts
  std::chrono::milliseconds timeout{3000};  ///< for all of a question
};

struct LoginSettings {
  std::string url = "/login";  ///< where nginx serves the endpoint; used in X-Session-Login
  std::string default_redirect = "/";
  std::vector<std::string> allowed_origins;       ///< scheme://host[:port], for `rd` and for Origin
  std::vector<AuthenticatorKind> authenticators;  ///< tried in this order; empty: nobody logs in here
  std::string htpasswd_file;
  std::string redis_usual_hash;  ///< like most users' in Redis; empty: kDefaultDecoyHash (directory_authenticator.h)
  HttpVerifierSettings http_verifier;
  bool case_insensitive = false;  ///< of users' names
  LoginGateSettings throttle;
  std::string page_file;  ///< the site's own page; empty: the built-in one

  bool lists(AuthenticatorKind kind) const {
    return std::find(authenticators.begin(), authenticators.end(), kind) != authenticators.end();
  }
};

inline NameCase nameCaseOf(const LoginSettings& login) {
  return login.case_insensitive ? NameCase::kIgnored : NameCase::kMatters;
}

}  // namespace sessiond
