// EndSessionTickets: prove for some minutes that whoever sends a form has just given the right password of a user who
// may not log in yet, because there are as many sessions as the site allows. With one they may end a session, and
// nothing else.
//
//   base64url(HMAC-SHA256(key, until:id)) . base64url(until:id)      until: milliseconds since 1970; id: the user's
//
// The key is derived from the session secrets, so that every instance takes every other's tickets.

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
class EndSessionTickets {
 public:
  static constexpr std::chrono::minutes kLifetime{5};

  /// `clock` must outlive it. REQUIRES: at least one secret; the first signs, all verify.
  EndSessionTickets(std::span<const Secret> secrets, const Clock& clock);

  std::string issue(std::string_view user_id) const;
  /// The user's id; absent: forged, spoiled or too old.
  std::optional<std::string> read(std::string_view ticket) const;

 private:
  DerivedKeys keys_;
  const Clock& clock_;
};

}  // namespace sessiond
