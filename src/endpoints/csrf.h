// CsrfGuard: proves that a login form was sent from our own login page in this browser.
//
// The page comes with a cookie that holds a random nonce, and its form with a token made from that nonce; another
// site can read neither. So nobody can log a visitor in to an account of the attacker's choice.
//
//   cookie  __Host-sessiond_csrf=<32 characters>; Path=/; HttpOnly; Secure; SameSite=Strict   (over http:
//   sessiond_csrf) token   base64url(time, 8 bytes big-endian, in ms | HMAC-SHA256(key, nonce | time))
//
// The key is derived from the session secrets, so that every instance takes every other's tokens, and a change of
// secrets is survived as cookies survive it. Strict costs nothing: the form is sent from the page's own site. Without
// https there is no __Host- prefix, and a sibling host could plant a nonce; the Origin check (cross_site.h) remains.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "config/config.h"
#include "http/request.h"

namespace sessiond {

/// Immutable and thread-safe.
class CsrfGuard {
 public:
  static constexpr std::chrono::hours kTokenLifetime{12};
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

  /// Does the token belong to the request's cookie, and is it young enough?
  bool isGenuine(const Request& request, std::string_view token) const;

 private:
  std::string cookieName(const Request& request) const;

  std::vector<HmacKey> keys_;
  SecureOption secure_;
  const Clock& clock_;
};

}  // namespace sessiond
