// SessionStarter: makes the session of somebody who has just shown who they are: its record, as Express would have
// written it, in the store, and the cookie that leads to it.
//
// The id is new and random: until the cookie is sent nobody knows it, so a session that is withdrawn before that
// was never anybody's.

#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/expected.h"
#include "session/cookie_settings.h"
#include "session/facts_extractor.h"
#include "session/new_session.h"
#include "session/record_damage.h"
#include "session/session_id.h"
#include "session/session_settings.h"
#include "session/session_store.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// A session that stands in the store.
struct StartedSession {
  SessionId id;
  std::chrono::seconds life;  ///< of its key, until it is touched
  std::string set_cookie;     ///< the header's value
};

/// Why there is no session: the store failed, or it is not to be stored for what is said here.
struct NoStart {
  bool store_failed = false;
  RecordDamage damage = RecordDamage::kNone;
  std::string identity = {};  ///< FactsExtractor::headersThatRefuse()
};

/// What it works with; all outlive it.
struct SessionStarterParts {
  const SessionSettings& session;
  const CookieSettings& cookie;
  const FactsExtractor& extractor;
  const CookieSigner& signer;
  SessionStore& store;
  const Clock& clock;
};

/// Thread-safe. Waits for the store.
class SessionStarter {
 public:
  explicit SessionStarter(const SessionStarterParts& parts) : parts_(parts) {}

  /// `user_json`: what applications find at session.user_at, valid JSON. `login.created`, `epoch` and `user_id` are
  /// filled in here. `https`: what the browser speaks. On an error there is nothing in the store that anybody could
  /// come to. One that every check would refuse, because its user is too large, too deep or cannot be named to
  /// applications, is not stored: whoever had it would be led to the login again and again, or nowhere. Nor is one
  /// whose user's id is a number that an application would change.
  Expected<StartedSession, NoStart> start(std::string_view user_json, LoginRecord login, bool https) const;
  /// It is not to be, and its cookie was not sent. If this fails as well, what is left over has an id nobody knows.
  void withdraw(const StartedSession& started) const;

 private:
  const SessionStarterParts parts_;
};

}  // namespace sessiond
