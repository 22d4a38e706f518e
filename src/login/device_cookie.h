// Device cookies: prove that a browser has been logged in before as this user, so that others' wrong tries cannot lock
// that browser out (OWASP's "device cookies").
//
//   value   base64url(time | device id | HMAC-SHA256(key, time | device id | user))
//   time    8 bytes big-endian, in ms; a device id is 16 random bytes
//
// The cookie says nothing about who the user is, and is of no use to another one. It gives nobody a session.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/derived_keys.h"
#include "base/secret.h"

namespace sessiond {

/// Immutable and thread-safe.
class DeviceCookies {
 public:
  static constexpr std::chrono::hours kLifetime{365 * 24};

  /// The keys are derived from the secrets: the first signs, all verify. `clock` must outlive this. REQUIRES: a secret.
  DeviceCookies(std::span<const Secret> secrets, const Clock& clock);

  /// The device's id if one of the values is a cookie of this user's that is not too old. `user` is canonical.
  std::optional<std::string> deviceOf(std::string_view user, std::span<const std::string_view> values) const;
  /// A value for this user's browser; an empty `device` makes a new one.
  std::string issue(std::string_view user, std::string_view device) const;

 private:
  DerivedKeys keys_;
  const Clock& clock_;
};

}  // namespace sessiond
