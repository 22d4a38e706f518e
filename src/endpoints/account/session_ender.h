// SessionEnder: makes a session end for good: the key deleted, a tombstone in its place, the user's index told.
//
// The tombstone stays as long as anybody could still write the session back: logout.tombstone_lifetime, or the
// session's own longest time to live if that is longer.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "json/json_pointer.h"
#include "session/cookie_attributes.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// What was known of a session when it ended.
struct EndedSession {
  std::string user_id;                     ///< empty: nobody's, or unreadable
  std::optional<CookieAttributes> cookie;  ///< its own attributes, when it was readable
};

/// What a session has to do with, as far as ending it goes; all outlive the ender.
struct SessionEnderParts {
  const SessionSettings& settings;
  std::chrono::seconds tombstone_lifetime;  ///< logout.tombstone_lifetime
  SessionStore& store;
  UserSessionIndex& index;
  const HmacKey& log_key;
  MetricsRegistry& metrics;
};

/// Thread-safe.
class SessionEnder {
 public:
  explicit SessionEnder(const SessionEnderParts& parts);

  /// What ending it would find out; changes nothing.
  Expected<EndedSession, StoreError> look(const SessionId& id) const;
  /// Ends one session, known or not: a key that is gone may be written back as well. `why` is a word for the audit
  /// log. On an error the session may live on; calling again is safe.
  Expected<EndedSession, StoreError> end(const SessionId& id, std::string_view why) const;
  /// Ends every session in the user's index except `kept`; the first error stops it. How many there were.
  Expected<std::size_t, StoreError> endAllOf(std::string_view user_id, std::string_view why,
                                             std::span<const SessionId> kept) const;

 private:
  struct Found;
  Expected<Found, StoreError> find(const SessionId& id) const;
  void drop(std::string_view user_id, const SessionId& id) const;

  const SessionEnderParts parts_;
  const JsonPointer user_at_;
  Counter& revoked_;
};

}  // namespace sessiond
