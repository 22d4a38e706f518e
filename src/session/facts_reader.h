// FactsReader: from what a read of the store found to what it means (FoundSession): counted, logged where somebody
// should know, and buried again where a revoked session has come back.
//
// Facts that are known from the same text are not extracted again, but for those that have to be counted or logged
// whenever they are read.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log_summary.h"
#include "base/metrics.h"
#include "base/once_per.h"
#include "session/facts_extractor.h"
#include "session/found_session.h"
#include "session/login_epoch.h"
#include "session/lost_identity.h"
#include "session/revoked_sessions.h"
#include "session/session_store.h"
#include "session/tombstone_lifetime.h"

namespace sessiond {

/// Thread-safe if `bury` is; everything passed in must outlive it.
class FactsReader {
 public:
  /// Has a session revoked again that came back after it was revoked, with a tombstone that stands so long.
  using Bury = std::function<void(const SessionId& id, std::chrono::seconds lifetime)>;

  /// Is this tag of a password still that of a user of the password file? Never waits. Empty: nobody can tell, all
  /// stand.
  using Stands = std::function<bool(std::uint64_t password_tag)>;

  /// `tombstones`: how long that of a session which came back after it was revoked has to stand.
  /// `revoked`, `epoch`: what is refused whatever the store says. `log_names` hashes session ids for log lines.
  FactsReader(const FactsExtractor& extractor, const TombstoneLifetime& tombstones, const RevokedSessions& revoked,
              LoginEpoch& epoch, const HmacKey& log_names, MetricsRegistry& metrics, Bury bury, Stands stands = {});

  /// `sent`: from before the read was. `cookie`: the value that the id was verified from by the newest secret, else
  /// empty. `known`: what was known of the id before; where the text is still the same, that is what is found. What
  /// needsUser() is to be read again with the user.
  FoundSession read(const SessionLoad& load, SteadyTime sent, std::string_view cookie = {},
                    const SessionRef& known = {}) const;
  /// Loads them and reads what is found, one for each; those that needsUser() a second time with the user that the
  /// session itself names. Waits for the store. REQUIRES: no load names a user.
  std::vector<FoundSession> load(SessionStore& store, std::span<SessionLoad> loads, const Clock& clock) const;

 private:
  /// What keeps a session from counting that is there.
  enum class Standing : std::uint8_t { kStands, kEnded, kUnknown, kNeedsUser };
  Standing standingOf(const KnownSession& session, const SessionLoad& load, SteadyTime sent) const;
  SessionRef recognize(const SessionId& id, std::string_view json, SteadyTime sent, std::string_view cookie,
                       const SessionRef& known) const;
  SessionFacts extract(const SessionId& id, std::string_view json, SteadyTime sent) const;
  void noteCorrupt(const SessionId& id, RecordDamage damage, SteadyTime now) const;
  void buryAgain(const SessionId& id, const StoredSession& copy) const;

  const FactsExtractor& extractor_;
  const TombstoneLifetime tombstones_;
  const RevokedSessions& revoked_;
  LoginEpoch& epoch_;
  const HmacKey& log_names_;
  const Bury bury_;
  const Stands stands_;
  Counter& corrupt_;
  Counter& untouchable_;
  mutable LogSummary corrupt_log_;
  mutable LostIdentity lost_identity_;
  Counter& resurrected_;
  Counter& disabled_;
  Counter& outdated_;
  mutable OncePer epoch_log_{std::chrono::minutes(1)};
};

}  // namespace sessiond
