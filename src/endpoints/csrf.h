// CsrfGuard: proves that a form (the login's, one that ends sessions) was sent from our own page in this browser.
//
// The page comes with a cookie that holds a random nonce, and its form with a token made from that nonce; another
// site can read neither. So nobody can log a visitor in to an account of the attacker's choice.
//
//   cookie  __Host-sessiond_csrf=<32 characters>; Path=/; HttpOnly; Secure; SameSite=Lax   (over http: sessiond_csrf)
//   token   base64url(time, 8 bytes big-endian, in ms | HMAC-SHA256(key, nonce | time))
//
// The key is derived from the session secrets, so that every instance takes every other's tokens, and a change of
// secrets is survived as cookies survive it. Without https there is no __Host- prefix, and a sibling host could plant a
// nonce; the Origin check (cross_site.h) remains.
//
// Lax and not Strict: a visit that begins at another site brings no Strict cookie, would be given a new nonce, and with
// that every login page already open in this browser would be void. A POST from another site brings neither.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/derived_keys.h"
#include "base/secret.h"
#include "http/request.h"
#include "session/cookie_settings.h"

namespace sessiond {

/// What a form's token is worth.
enum class CsrfVerdict {
  kGenuine,
  kNoCookie,    ///< the browser sent no nonce: it keeps no cookies, or forgot them
  kBadToken,    ///< missing, spoiled, another browser's, or of secrets that are gone
  kExpired,     ///< ours, but too old
  kFromFuture,  ///< ours, from an instance whose clock is ahead of this one's by more than kClockTolerance
};

/// Immutable and thread-safe.
class CsrfGuard {
 public:
  /// Long, so that a page left open for days still logs in: nonce and Origin protect the form, its age adds little.
  static constexpr std::chrono::hours kTokenLifetime{7 * 24};
  /// Clocks of several instances may differ by this much.
  static constexpr std::chrono::minutes kClockTolerance{5};

  /// `clock` must outlive the guard. REQUIRES: at least one secret; the first signs, all verify.
  CsrfGuard(std::span<const Secret> secrets, SecureOption secure, const Clock& clock);

  struct Ticket {
    std::string token;                      ///< for the form
    std::optional<std::string> set_cookie;  ///< when the browser has no nonce yet
  };
  /// For a page that is about to be sent. A nonce that the browser already has is kept, so that several open pages
  /// work.
  Ticket issue(const Request& request) const;

  /// Did the browser send, or may it have sent, more nonces than a lane is to verify?
  bool hasMany(const Request& request) const;
  /// Does the token belong to one of the request's cookies, and is it young enough? kFromFuture is also a warning in
  /// the log: only a clock that runs ahead makes such a token.
  CsrfVerdict check(const Request& request, std::string_view token) const;

 private:
  CsrfVerdict checkAge(WallTime made) const;
  std::string cookieName(const Request& request) const;

  DerivedKeys keys_;
  SecureOption secure_;
  const Clock& clock_;
};

}  // namespace sessiond
