// Visitor: who is logged in where a request comes from, as far as the endpoints for people want to know it.

#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/expected.h"
#include "http/request.h"
#include "session/check_status.h"
#include "session/session_finder.h"
#include "session/session_id.h"
#include "session/session_settings.h"
#include "session/user_id.h"

namespace sessiond {

/// Somebody who is logged in. A plain value.
struct Visitor {
  SessionId session;
  std::string name;     ///< the user's `name`, else the `id`; empty when the session says neither as a text
  std::string login;    ///< the name of the login; empty when another application made the session
  std::string user_id;  ///< by which the user's sessions are filed (user_id.h); empty: there is none
  std::optional<WallTime> authenticated;
};

/// Immutable and thread-safe. Waits for the store.
class VisitorFinder {
 public:
  /// The first outlives it.
  VisitorFinder(const SessionFinder& finder, const RecordSettings& settings);

  /// The error is why there is nobody: a session of nobody is kAnonymous; kUnavailable means that there may well be
  /// somebody.
  Expected<Visitor, CheckStatus> find(const Request& request) const;

 private:
  const SessionFinder& finder_;
  const SessionOwner owner_;
};

}  // namespace sessiond
