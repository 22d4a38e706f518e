// SessionFinder: the session that a request's cookies lead to, by the very rules of the session check (auth_check.h),
// with the text that is stored.
//
// Signatures before Redis, the first cookie that verifies and exists wins, tombstones outrank values, the absolute
// timeout holds. What it leaves out is who may pass where: an anonymous session is found, and no policy is asked.

#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "http/request.h"
#include "session/auth_check.h"
#include "session/check_status.h"
#include "session/cookie_settings.h"
#include "session/facts_extractor.h"
#include "session/facts_reader.h"
#include "session/login_epoch.h"
#include "session/logout_settings.h"
#include "session/revoked_sessions.h"
#include "session/session_id.h"
#include "session/session_record.h"
#include "session/session_settings.h"
#include "session/session_store.h"
#include "session/signed_cookie.h"
#include "session/user_id.h"

namespace sessiond {

/// A session that stands, as it was when it was read.
struct OpenSession {
  SessionId id;
  std::string json;
};

/// What it works with; all outlive it.
struct SessionFinderParts {
  const SessionSettings& session;
  const CookieSettings& cookie;
  const LogoutSettings& logout;
  const CookieSigner& signer;
  SessionStore& store;
  const RevokedSessions& revoked;
  LoginEpoch& epoch;
  const Clock& clock;
  const HmacKey& log_key;
  MetricsRegistry& metrics;
  FactsReader::Stands stands = {};
};

/// Thread-safe. Waits for the store.
class SessionFinder {
 public:
  /// `rules` are those of the session check: they say what is corrupt.
  SessionFinder(ExtractionRules rules, const SessionFinderParts& parts);

  /// The error is why there is none: what the session check would say.
  Expected<OpenSession, CheckStatus> find(const Request& request) const;
  /// The same session as it is now.
  Expected<OpenSession, CheckStatus> find(const SessionId& id) const;
  /// What it holds, by the rules that it was found by, without a login of somebody else than its user. The text must
  /// outlive it.
  Expected<SessionRecord, CheckStatus> read(const OpenSession& session) const;
  /// Loads them, and says of each whether it is a session. The error: not of all can anybody tell.
  Expected<std::vector<bool>, StoreError> areSessions(std::span<SessionLoad> loads) const;

 private:
  Expected<OpenSession, CheckStatus> decideOn(AuthCheck& check) const;

  const SessionFinderParts parts_;
  const SessionOwner owner_;
  const SessionPolicy anybody_;
  const FactsExtractor extractor_;
  const FactsReader facts_;
};

}  // namespace sessiond
