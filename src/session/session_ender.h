// SessionEnder: makes sessions end for good: the key deleted, a tombstone in its place, the user's index told.
//
// The tombstone stays as long as anybody could still write the session back (session/tombstone_lifetime.h). Where it
// cannot be written, as on a server that is full, the session is deleted all the same; that is logged, counted, and
// said to whoever asked.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "session/cookie_attributes.h"
#include "session/session_settings.h"
#include "session/session_store.h"
#include "session/tombstone_lifetime.h"
#include "session/user_id.h"
#include "session/user_session_index.h"

namespace sessiond {

/// What was known of a session when it ended.
struct EndedSession {
  std::string user_id;                     ///< empty: nobody's, or unreadable
  std::optional<CookieAttributes> cookie;  ///< its own attributes, when it was readable
  bool was_there = false;                  ///< and counted: neither gone nor revoked before
  bool audited = false;  ///< its end is in the audit log; that of one that was not there only so often
  Ending ending;
};

/// What a session has to do with, as far as ending it goes; all outlive the ender.
struct SessionEnderParts {
  const SessionSettings& settings;
  TombstoneLifetime tombstones;
  SessionStore& store;
  UserSessionIndex& index;
  const HmacKey& log_key;
  const Clock& clock;
  MetricsRegistry& metrics;
};

/// Thread-safe.
class SessionEnder {
 public:
  /// As many sessions as end in one round trip; to look at them takes more where they may be large.
  static constexpr std::size_t kPage = 256;
  /// Ending all of a user's sessions may take this long; nginx waits longer.
  static constexpr std::chrono::seconds kPatience{6};

  explicit SessionEnder(const SessionEnderParts& parts);

  /// Ends sessions, known or not: a key that is gone may be written back as well. `why` is a word for the audit log.
  /// On an error some may live on; calling again is safe.
  Expected<std::vector<EndedSession>, StoreError> end(std::span<const SessionId> ids, std::string_view why) const;
  /// Ends every session in the user's index except `kept`, page by page; who logs in meanwhile stays logged in.
  /// kTimeout: there were more than could be ended in kPatience.
  Expected<Ending, StoreError> endAllOf(std::string_view user_id, std::string_view why,
                                        std::span<const SessionId> kept) const;

  /// Ends these, which the user's index names, and takes them from it; what is somebody else's by now lives on.
  /// kTimeout: as above.
  Expected<Ending, StoreError> endListed(std::string_view user_id, const std::vector<SessionId>& listed,
                                         std::string_view why) const;
  /// The same where others may have ended them a moment ago: those are only taken from the index.
  Expected<Ending, StoreError> endMissed(std::string_view user_id, const std::vector<SessionId>& listed,
                                         std::string_view why) const;

 private:
  struct Found;
  struct Everything;
  /// Of a session that is gone behind its tombstone.
  enum class Over { kEndAgain, kLeave };
  Expected<EndMoment, StoreError> sayAllEnd(const Everything& everything) const;
  Expected<Ending, StoreError> endBefore(const Everything& everything, EndMoment moment) const;
  Expected<Ending, StoreError> endUntilNone(const Everything& everything) const;
  Expected<Ending, StoreError> endListedUntil(SteadyTime until, std::string_view user_id,
                                              std::span<const SessionId> listed, std::string_view why, Over over) const;
  Expected<Ending, StoreError> endListedPage(std::string_view user_id, std::span<const SessionId> listed,
                                             std::string_view why, Over over) const;
  Expected<std::vector<Found>, StoreError> find(std::span<const SessionId> ids) const;
  Found interpret(const StoredSession& stored) const;
  Expected<std::vector<EndedSession>, StoreError> endPage(std::span<const SessionId> ids, std::string_view why) const;
  Expected<std::vector<EndedSession>, StoreError> endFound(std::span<const SessionId> ids, std::vector<Found> found,
                                                           std::string_view why) const;
  void note(const SessionId& id, const EndedSession& session, std::string_view why) const;
  void drop(std::string_view user_id, const SessionId& id) const;

  const SessionEnderParts parts_;
  const SessionOwner owner_;
  Counter& revoked_;
  Counter& unburied_;
  mutable LogSummary gone_log_{20};
  mutable LogSummary unburied_log_{20};
};

}  // namespace sessiond
