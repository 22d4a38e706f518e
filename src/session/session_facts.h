// SessionFacts: all that a session check needs of a session, extracted from its JSON once.
//
// A check decides from facts, policy and time alone (session_policy.h), never from the document; so the in-process
// cache can keep facts instead of parsed JSON, and a cached check and a loaded one decide by the same code.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/header_block.h"
#include "session/check_status.h"
#include "session/cookie_attributes.h"
#include "session/identity_header.h"
#include "session/login_epoch.h"
#include "session/record_damage.h"
#include "session/user_keeper.h"

namespace sessiond {

/// What a check decides by. A plain value; a million of them may be cached: small members, no waste.
struct DecisionFacts {
  /// What the stored value is by itself, whatever policy and time say: kValid (`user_at` leads to something other than
  /// null, false or ""), kAnonymous, or one of readSessionRecord()'s errors.
  CheckStatus state = CheckStatus::kCorrupt;
  bool required_identity_missing : 1 = false;
  bool refused_identity_lost : 1 = false;     ///< of a header whose `lost` is kRefuse
  RecordDamage damage = RecordDamage::kNone;  ///< of kCorrupt
  UserKeeper keeper = UserKeeper::kNobody;    ///< SessionRecord's, as the next one
  std::uint32_t epoch = LoginEpoch::kNone;
  std::uint64_t policies_met = 0;         ///< bit i: what policy i asks of the session's content is there
  std::optional<WallTime> created;        ///< /_sd/created; absent on sessions that others made
  std::optional<WallTime> authenticated;  ///< /_sd/authenticated
  std::uint64_t password_tag = 0;         ///< SessionRecord's
  /// How long a touch keeps the key: ceil(originalMaxAge / 1000), else the idle timeout; absent: never touch
  /// (originalMaxAge is a string or absurdly large), and counted by the caller.
  std::optional<std::chrono::seconds> touch_ttl;
};

/// With what is sent. A plain value; what is kept of it is a KnownSession (known_session.h).
struct SessionFacts : DecisionFacts {
  /// Identity headers whose value could not be sent as it stands. Counted by the caller, once an extraction.
  IdentityHeaderBits identity_lost = 0;
  IdentityHeaderBits identity_empty = 0;  ///< of kValid: those without a value
  HeaderBlock identity;                   ///< every mapped header, rendered; present even when its value is empty
  /// For sending the cookie again (cookieToResend): the session's own attributes, and from when on it expires.
  CookieAttributes cookie;
  std::optional<std::chrono::milliseconds> cookie_max_age;
  static constexpr std::size_t kLongestLogin = 1024;
  std::string login;    ///< SessionRecord's, where the store keeps the user
  std::string user_id;  ///< of kValid, as indexes file it (user_id.h); empty: none
};

}  // namespace sessiond
