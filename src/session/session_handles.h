// Handles: what a session is called wherever people or programs choose one of a user's sessions: 16 characters of a
// keyed hash of its id. Who reads one cannot use the session.
//
// The keys are derived from the session secrets, so that all instances call a session by the same handle. The first
// secret makes it; those of the others still mean the session, so that a page that is open outlives a new secret.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/secret.h"
#include "session/session_id.h"

namespace sessiond {

/// Immutable and thread-safe.
class SessionHandles {
 public:
  /// REQUIRES: at least one secret.
  explicit SessionHandles(std::span<const Secret> secrets);

  /// Of hexadecimal digits: on a command line nothing of it is taken for an option.
  std::string of(const SessionId& id) const;
  /// All that mean that session, by each of the secrets; the first is of().
  std::vector<std::string> all(const SessionId& id) const;
  /// Is this a handle of that session, by any of the secrets?
  bool means(std::string_view handle, const SessionId& id) const;
  /// Could this be one? What could not be may be a session's id, or a cookie, and is repeated nowhere.
  static bool canBe(std::string_view text);

 private:
  std::vector<HmacKey> keys_;
};

}  // namespace sessiond
