// AuthCheck: one session check on its way: what was asked, with which cookies, and what was found.
//
// What it finds is decided on by a pure function; the sessions in between are got by whoever makes the check: the auth
// endpoint, a SessionFinder, or whoever explains a check.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/fixed_vector.h"
#include "http/cookie_header.h"
#include "http/header_block.h"
#include "session/check_status.h"
#include "session/found_session.h"
#include "session/session_facts.h"
#include "session/session_policy.h"
#include "session/signed_cookie.h"

namespace sessiond {

/// One value of the session cookie. A browser may send several.
struct AuthCandidate {
  std::string_view cookie;  ///< as sent
  std::optional<VerifiedCookie> verified = {};
  CheckStatus failure = CheckStatus::kMalformed;  ///< when not verified and not found: why
  std::optional<FoundSession> found = {};

  /// Fills in `verified`, or in `failure` why not. Is it verified?
  bool verify(const CookieSigner& signer);
};

/// The candidates lie in the check itself, which usually has one.
struct AuthCheck {
  const SessionPolicy* policy = nullptr;
  std::size_t policy_index = 0;
  bool touch = true;
  bool https = false;
  bool refuses_claims = false;            ///< the application would take a client's own word for who it is
  std::string_view location_policy = {};  ///< as nginx names it; empty: the location names none
  FixedVector<AuthCandidate, kMaxCookieValues> candidates;
  /// Why not every cookie of the name is a candidate; absent: all are.
  std::optional<CheckStatus> cut = {};

  /// Candidates of the request's cookies. What was not looked at stays in mind.
  void addCandidates(const CookieValues& cookies);
};

struct AuthDecision : Judgement {
  /// The one that was decided on; nullptr when none led to a session.
  const AuthCandidate* winner = nullptr;
  /// Several cookies of the name, all of them looked at, and it is certain that none is good for anything.
  bool all_dead = false;

  /// The identity headers to send: the winner's, or `nobody`'s; a view of either. REQUIRES: isGranted().
  HeaderLines identity(const SessionFacts& nobody) const;
};

/// Does it lead to a session, so that no later candidate counts? A stored value that is empty or damaged does not.
bool leadsToSession(const FoundSession& found);

/// Decides: the first candidate that leads to a session wins; if the store cannot say whether one does, nobody can.
/// REQUIRES: every verified candidate has been found or is to be taken as kUnavailable.
AuthDecision decide(const AuthCheck& check, std::chrono::seconds absolute_timeout, WallTime now);

}  // namespace sessiond
