// What can be set about logging in: the options of `login`.

#pragma once

#include <string>
#include <vector>

#include "login/login_gate_settings.h"
#include "login/user_name.h"

namespace sessiond {

struct LoginSettings {
  std::string url = "/login";  ///< where nginx serves the endpoint; used in X-Session-Login
  std::string default_redirect = "/";
  std::vector<std::string> allowed_origins;  ///< scheme://host[:port], for `rd` and for Origin
  std::vector<std::string> authenticators;   ///< of `htpasswd`, `redis`; tried in this order
  std::string htpasswd_file;
  std::string redis_usual_hash;   ///< like most users' in Redis; empty: like DirectoryAuthenticator's own
  bool case_insensitive = false;  ///< of users' names
  LoginGateSettings throttle;
  std::string page_file;  ///< the site's own page; empty: the built-in one
};

inline NameCase nameCaseOf(const LoginSettings& login) {
  return login.case_insensitive ? NameCase::kIgnored : NameCase::kMatters;
}

}  // namespace sessiond
