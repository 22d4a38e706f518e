// LoginAttempt: what a POST to the login address says, as a form or as JSON.
//
//   application/x-www-form-urlencoded   user=ada&password=...&rd=%2Fa&csrf=...
//   application/json                    {"user":"ada","password":"...","rd":"/a"}

#pragma once

#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/secret.h"
#include "http/request.h"
#include "login/user_name.h"

namespace sessiond {

enum class LoginFormat { kForm, kJson };

struct LoginAttempt {
  LoginFormat format = LoginFormat::kForm;
  std::string user;  ///< canonical (user_name.h); as it was typed, but for spaces around it, when it is nobody's name
  Secret password;
  std::string rd;
  std::string csrf;  ///< forms only
};

enum class LoginAttemptError {
  kUnsupportedType,  ///< neither of the two content types
  kTooLarge,
  kMalformed,  ///< not what the content type says, a field twice, `user` or `password` missing
};

/// Reads the request's body.
Expected<LoginAttempt, LoginAttemptError> readLoginAttempt(const Request& request, NameCase name_case);

/// Was the body said to be JSON, so that the answer should be JSON too?
bool isJson(const Request& request);

}  // namespace sessiond
