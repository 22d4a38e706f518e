// logout: ends the session for good, and with `all` every session of its user.
//
//   GET   a page that asks, or says that nobody is logged in; changes nothing
//   POST  for pages (Accept: text/html) 303 to `rd`, logout.redirect or a page that says so; else 204
//         503 when Redis cannot do it, and then the cookie stays: the session lives on, and the user must not
//         believe otherwise. With `all`, also when there were more sessions than could be ended in time: the next
//         attempt goes on where this one stopped
//
// X-Session-Logout says how good the end is: `final`, or `unburied` when the sessions were deleted, but Redis would not
// take a tombstone (it is full, say), so that an application which still has a copy can bring one back.
//
// `all=1` and `rd` may stand in the query string or in a form; what a form says of `all` counts, so that a link to the
// page decides nothing of what its buttons end. Of `all`, anything but 1 and 0 is refused: nobody who meant
// "everywhere" must read that it is done where one session has ended. Without a session there is nothing to end, and
// the cookie is cleared all the same. All session cookies of the browser are ended that carry a valid signature.

#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "endpoints/account/logout_pages.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "http/response.h"
#include "session/session_ender.h"
#include "session/session_finder.h"
#include "session/session_store.h"
#include "session/signed_cookie.h"
#include "session/user_id.h"

namespace sessiond {

/// What a logout works with; all outlive the endpoint.
struct LogoutParts {
  const SiteSettings& settings;
  const LogoutPages& pages;
  const SessionFinder& finder;
  const CookieSigner& signer;
  const SessionEnder& ender;
  const HmacKey& log_key;
  MetricsRegistry& metrics;
};

/// Thread-safe.
class LogoutEndpoint {
 public:
  explicit LogoutEndpoint(const LogoutParts& parts);

  Response answer(const Request& request) const;
  /// For when more is to be done than there is time for. Never waits.
  Response turnAway(const Request& request) const;

 private:
  /// What the client asks for, from query string and form.
  struct Wish {
    bool all = false;
    std::string rd;
  };

  /// What a logout did.
  struct Ended {
    std::vector<EndedSession> sessions;  ///< of the browser's cookies
    Ending ending;                       ///< of all that ended
    bool whose_is_known = true;          ///< with `all`: there was a user to end the other sessions of
  };

  Expected<Wish, int> readWish(const Request& request) const;
  Response logOut(const Request& request) const;
  Expected<Ended, StoreError> endSessions(const Request& request, bool all) const;
  Expected<std::set<std::string>, StoreError> usersOf(const std::vector<SessionId>& ids) const;
  Expected<void, StoreError> endOthers(const std::vector<SessionId>& ids, Ended& ended) const;
  Response unavailable(const Request& request, const Wish& wish, bool begun) const;
  void clearCookies(const Request& request, const std::vector<EndedSession>& ended, Response& response) const;
  Response refuse(const Request& request, int status, std::string_view word, std::string_view message) const;
  void leadOn(const Request& request, const Wish& wish, const Ended& ended, Response& response) const;

  const LogoutParts parts_;
  const SessionOwner owner_;
  Counter& done_;
  Counter& refused_;
  Counter& failed_;
};

}  // namespace sessiond
