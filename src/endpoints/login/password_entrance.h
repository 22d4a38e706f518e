// PasswordEntrance: the one way to a password. It finds out who tries, passes the gate (login_gate.h) before anything
// is computed, asks who knows the users, and tells the gate what became of the try.
//
// Whoever tries is known by two things: the network, by nginx's word and nobody else's (SESSIOND_ADDR), and the device
// cookie of an earlier login as the same user.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"
#include "endpoints/login/login_outcome.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "login/authenticator.h"
#include "login/device_cookie.h"
#include "login/login_gate.h"

namespace sessiond {

/// What an entrance works with; all outlive it.
struct EntranceParts {
  const SiteSettings& settings;
  LoginGate& gate;
  const DeviceCookies& devices;
  Authenticator& authenticator;
  const Clock& clock;
};

/// Thread-safe. Takes as long as a password hash.
class PasswordEntrance {
 public:
  explicit PasswordEntrance(const EntranceParts& parts) : parts_(parts) {}

  struct Refused {
    LoginOutcome outcome;
    std::chrono::milliseconds wait{0};  ///< for kThrottled
    std::string_view limit = {};        ///< for kThrottled: whose it was
    std::string user_id = {};           ///< for kTooManySessions
  };
  /// Somebody whose password was right.
  struct Admitted {
    std::string name;  ///< canonical, as it was tried
    User user;
    LoginGate::Pass pass;
    std::optional<std::string> device;  ///< that the browser has been so far
  };
  /// What a login leaves with the browser and tells the user.
  struct Receipt {
    std::string set_cookie;  ///< of the device
    FailureNote failures;    ///< before this login
  };

  /// REQUIRES: of whom it admits, the caller tells succeeded() or undecided(). `name` is canonical (user_name.h).
  Expected<Admitted, Refused> admit(const Request& request, std::string_view name, std::string_view password) const;
  /// The login stands.
  Receipt succeeded(const Request& request, const Admitted& admitted) const;
  /// Which device is the browser, that has logged in before as this user, whose name is canonical? Empty: it has not.
  /// Looks at a few cookies only, and never waits; absent: there are more, and the genuine one may be among those.
  std::optional<std::string> deviceOf(const Request& request, std::string_view name) const;
  /// What admit() would say, as after a refusal a moment ago, to this visitor or, where `device` is empty, to another
  /// stranger; absent: somebody has to be asked. Never waits. `device`: of deviceOf().
  std::optional<Refused> refusedLately(const Request& request, std::string_view name, std::string_view device) const;
  /// Is it the user's, as far as memory knows: a device (of deviceOf()), or a network that the user logged in from?
  /// Never waits.
  bool isReturning(const Request& request, std::string_view name, std::string_view device) const;
  /// Nothing came of it, and not because of the password.
  void undecided(const Admitted& admitted) const { parts_.gate.undecided(admitted.pass); }

 private:
  Expected<LoginGate::Pass, Refused> enterGate(const Request& request, std::string_view name,
                                               std::string_view device) const;
  void tellGate(const LoginGate::Pass& pass, AuthenticationFailure failure) const;

  const EntranceParts parts_;
};

}  // namespace sessiond
