// session: the data that applications keep in the user's session, for applications in any language.
//
//   GET     200 with the session's JSON without `cookie` and `_sd`, and an ETag
//   PATCH   application/merge-patch+json (RFC 7396): 200 with the data as it is then
//   401     as the session check answers it, with X-Session-Status; but an anonymous session is one
//   403     the change would make somebody else of the user (session_patch.h)
//   409     others kept changing the session; 412 If-Match names another state; 413, 415, 400, 422 with a reason
//   503     Redis cannot say
//
// A change is written by compare-and-set and tried anew on what others have written meanwhile: it overwrites no
// Express save, creates no session and leaves the time to live, `cookie` and all that it does not name as they are.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/request.h"
#include "http/response.h"
#include "session/session_finder.h"
#include "session/session_patch.h"
#include "session/session_store.h"

namespace sessiond {

/// What it works with; all outlive the endpoint.
struct SessionDataParts {
  const SessionFinder& finder;
  SessionStore& store;
  const Clock& clock;
  std::size_t max_bytes;  ///< session.max_bytes
  /// What no application may change: decidingPlaces(), or nothing where api.may_change_user is true.
  std::vector<JsonPointer> read_only = {};
};

/// Thread-safe.
class SessionDataEndpoint {
 public:
  explicit SessionDataEndpoint(SessionDataParts parts) : parts_(std::move(parts)) {}

  Response answer(const Request& request) const;

 private:
  Response show(const Request& request) const;
  Response change(const Request& request) const;
  /// One attempt; nullopt: somebody else was faster. `written` is what it tried to write.
  std::optional<Response> tryToChange(const Request& request, const OpenSession& session, std::string& written) const;

  const SessionDataParts parts_;
};

}  // namespace sessiond
