// FactsSource: where a session check gets a session's facts from: Redis (store_facts_source.h), or the in-process
// cache before it.
//
// The two steps are the two threads a check may pass through: a lane peeks, which never waits, and a loader loads
// what no peek could tell.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "session/known_session.h"
#include "session/session_id.h"

namespace sessiond {

/// What is known of one session id. The first three are certain; the last one is not "no".
enum class Presence {
  kPresent,      ///< `session` says what it is
  kUnknown,      ///< no such session
  kRevoked,      ///< a tombstone stands for it, whatever its key holds
  kUnavailable,  ///< the store cannot say
};

struct FoundSession {
  Presence presence = Presence::kUnavailable;
  SessionRef session = {};  ///< when kPresent
  /// How long the key had to live when it was read from the store; absent: it does not expire, or was not asked.
  std::optional<std::chrono::milliseconds> ttl = {};
};

/// One session that a check asks for: id and cookie in, `found` out.
struct FactsLoad {
  const SessionId* id = nullptr;
  /// The cookie's value as the client sent it, if the first secret verified it to this id; else empty.
  std::string_view cookie;
  FoundSession found = {};
};

/// Thread-safe.
class FactsSource {
 public:
  virtual ~FactsSource() = default;
  /// What is known of the session that this cookie value, exactly so, was verified to by the first secret; nullopt
  /// when it takes a verification and a load to tell. Never waits.
  virtual std::optional<FoundSession> peek(std::string_view cookie, SteadyTime now) = 0;
  /// Fills in every `found`. Waits for the store, within its budget.
  virtual void load(std::span<FactsLoad> loads) = 0;
};

}  // namespace sessiond
