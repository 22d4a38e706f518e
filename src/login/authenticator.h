// Authenticator: says whether a name and a password belong together, and who that is.
//
// Implemented over directories of password hashes (directory_authenticator.h), by an application that is asked over
// HTTP (http_verifier.h), and by several of these one after the other (authenticator_chain.h). How often one may try is
// not decided here: the login endpoint decides that before it calls authenticate().

#pragma once

#include <string_view>

#include "base/expected.h"
#include "login/user.h"

namespace sessiond {

/// What somebody claims. Views into the request; neither is ever logged. The name is canonical (user_name.h).
struct Credentials {
  std::string_view name;
  std::string_view password;
  std::string_view address = {};  ///< where the try comes from, by nginx's word
};

/// All but the last two are answered alike; they differ in counters and logs only.
enum class AuthenticationFailure {
  kUnknownUser,  ///< not one of ours: the next one may know
  kWrongPassword,
  kLocked,       ///< whoever keeps the users has locked this one
  kDamaged,      ///< the stored entry or its hash cannot be used
  kUnavailable,  ///< cannot tell, and nobody has looked at the password
  kNoVerdict,    ///< cannot tell, but somebody may have looked at it: whoever guesses may see it in what was told
};

/// Thread-safe. May take a tenth of a second and more: never called on a lane.
class Authenticator {
 public:
  virtual ~Authenticator() = default;
  virtual Expected<User, AuthenticationFailure> authenticate(const Credentials& credentials) = 0;
  /// Waits for as long as a refusal usually takes, and asks nobody: for names that somebody before it has decided, so
  /// that time does not tell who that was. By default it takes no time.
  virtual void passTheTimeOfARefusal() {}
};

}  // namespace sessiond
