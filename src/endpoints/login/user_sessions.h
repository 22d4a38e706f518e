// UserSessions: the session of a user whose password was right, and the end of what the browser had before.
//
// Its writes are ordered so that a failure leaves nothing half done: the session, whose id nobody knows yet, its
// entry in the index, then the cookie; the old session ends last, and if that fails it is logged and the login stands.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/log_summary.h"
#include "endpoints/login/password_entrance.h"
#include "endpoints/login/session_cap.h"
#include "endpoints/site_settings.h"
#include "http/request.h"
#include "login/user.h"
#include "session/cookie_attributes.h"
#include "session/session_finder.h"
#include "session/session_id.h"
#include "session/session_starter.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// A user's session that stands in the store and in the index.
struct UserSession {
  StartedSession session;
  User user;
  std::string user_id;
};

/// Thread-safe. Waits for the store.
class UserSessions {
 public:
  using Refused = PasswordEntrance::Refused;
  /// All outlive it.
  struct Parts {
    const SiteSettings& settings;
    const SessionFinder& finder;
    const SessionStarter& starter;
    const SessionCap& cap;
    const CookieSigner& signer;
    /// Ends sessions, now or as soon as that can be; `why` is a word of the audit log, for good.
    std::function<void(const std::vector<SessionId>& ids, std::string_view why)> end;
    const HmacKey& log_key;
    const Clock& clock;
  };
  explicit UserSessions(Parts parts) : parts_(std::move(parts)) {}

  /// `name` is what was tried, canonical.
  Expected<UserSession, Refused> start(const Request& request, User user, std::string_view name) const;
  /// Those whose cookies came with the login. Returns what they say of their cookies (own_cookies.h).
  std::vector<CookieAttributes> endPrevious(const Request& request) const;

 private:
  Refused unstarted(const NoStart& why, std::string_view name) const;

  const Parts parts_;
  mutable LogSummary nobodys_log_;
  mutable LogSummary damaged_log_;
  mutable LogSummary nameless_log_;
};

}  // namespace sessiond
