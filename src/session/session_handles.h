// Handles: what a session is called wherever people or programs choose one of a user's sessions: 16 characters of a
// keyed hash of its id. Who reads one cannot use the session.
//
// The key is derived from the first session secret, so that all instances call a session by the same handle.

#pragma once

#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/secret.h"
#include "session/session_id.h"

namespace sessiond {

/// Immutable and thread-safe.
class SessionHandles {
 public:
  explicit SessionHandles(const Secret& secret);

  /// Of hexadecimal digits: on a command line nothing of it is taken for an option.
  std::string of(const SessionId& id) const;
  /// Could this be one? What could not be may be a session's id, or a cookie, and is repeated nowhere.
  static bool canBe(std::string_view text);

 private:
  const HmacKey key_;
};

}  // namespace sessiond
