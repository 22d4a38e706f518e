// FactsSource: where a session check gets a session's facts from: Redis (store_facts_source.h), or the in-process
// cache before it.
//
// The two steps are the two threads a check may pass through: a lane peeks, which never waits, and a loader loads
// what no peek could tell. Where a load can be begun without waiting, the lane does that, too.

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/pending.h"
#include "session/found_session.h"
#include "session/session_id.h"

namespace sessiond {

/// One session that a check asks for: id and cookie in, `found` out.
struct FactsLoad {
  const SessionId* id = nullptr;
  /// The cookie's value as the client sent it, if the first secret verified it to this id; else empty.
  std::string_view cookie;
  bool wants_ttl = false;  ///< the key's remaining life, too
  SessionRef known = {};   ///< what was known of it before: where the text is still the same, that is what is found
  FoundSession found = {};
};

/// Thread-safe.
class FactsSource {
 public:
  virtual ~FactsSource() = default;
  /// What is known of the session that this cookie value, exactly so, was verified to by the first secret; nullopt
  /// when it takes a verification and perhaps a load to tell. Never waits.
  virtual std::optional<FoundSession> peek(std::string_view cookie, SteadyTime now) = 0;
  /// The same by the id; nullopt when it takes a load.
  virtual std::optional<FoundSession> peek(const SessionId& id, SteadyTime now) = 0;
  /// Fills in every `found`. Waits for the store, within its budget.
  virtual void load(std::span<FactsLoad> loads) = 0;
  /// Begins what load() does, without waiting; nullptr when that cannot be. The loads and what they refer to stay where
  /// they are until what is pending is destroyed, which comes before the source's end. kDone: every `found` is filled
  /// in. kFailed, or given up: none is; load() tells.
  virtual std::unique_ptr<Pending> beginLoad(std::span<FactsLoad> /*loads*/) { return nullptr; }
};

}  // namespace sessiond
