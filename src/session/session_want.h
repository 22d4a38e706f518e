// What a check wants of whoever loads sessions (session_loader.h): a session, or a touch that is acknowledged.

#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"
#include "session/found_session.h"
#include "session/lane_store.h"
#include "session/session_id.h"
#include "session/session_store.h"

namespace sessiond {

/// Whoever wants; derived from by what the client knows its wants by.
class Asker {
 protected:
  ~Asker() = default;
};

/// One session that a check wants: `found` out, the rest in. Stays where it is until it is told of.
struct SessionWant {
  const SessionId* id = nullptr;
  /// The cookie's value as the client sent it, if the first secret verified it to this id; else empty.
  std::string_view cookie;
  bool may_touch = false;  ///< a touch that is due takes the key's remaining life
  SteadyTime arrived;      ///< of the request: waiting is part of its budget
  Asker* asker = nullptr;  ///< the client's own
  FoundSession found = {};
};

/// One touch that a check waits for: `result` out, the rest in. It may end while the touch is under way, when the check
/// waits no more; so what the store is asked is another one (KeyTouch), whose id is the batch's
/// (PendingBatch::Touching).
struct TouchWant {
  SessionId id;
  std::chrono::seconds ttl{};
  SteadyTime ends;          ///< see KeyTouch
  SessionRef session = {};  ///< what is known of it
  SteadyTime arrived;       ///< of the request
  Asker* asker = nullptr;
  Expected<TouchOutcome, StoreError> result = Unexpected(StoreError::kUnavailable);
};

}  // namespace sessiond
