// Visitor: who is looking at a page, as far as the page wants to say it.

#pragma once

#include <optional>
#include <string>

#include "base/expected.h"
#include "http/request.h"
#include "json/json_pointer.h"
#include "session/check_status.h"
#include "session/session_finder.h"
#include "session/session_record.h"

namespace sessiond {

/// Somebody who is logged in. A plain value.
struct Visitor {
  std::string name;   ///< the user's `name`, else the `id`; empty when the session says neither as a text
  std::string login;  ///< the name of the login; empty when another application made the session
};

/// Who is logged in in this session; absent: nobody.
std::optional<Visitor> visitorIn(const SessionRecord& session, const JsonPointer& user_at);

/// The error is why there is nobody: a session of nobody is kAnonymous; kUnavailable means that there may well be
/// somebody. Waits for the store.
Expected<Visitor, CheckStatus> findVisitor(const SessionFinder& finder, const Request& request,
                                           const JsonPointer& user_at);

}  // namespace sessiond
