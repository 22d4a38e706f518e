// SessionRecord: what a stored value is, by the rules that express-session and connect-redis read it with.
//
//   {"cookie":{"originalMaxAge":86400000,"expires":"2026-01-02T00:00:00.000Z","httpOnly":true,"path":"/"},
//    "user":{"id":42},"_sd":{"created":1767225600000,"authenticated":1767225600000,"address":"192.0.2.0/24",
//    "user":"42"}}
//
// `cookie.expires` is never looked at: a touch moves only the key's time to live, so it is out of date by design.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/expected.h"
#include "json/json_tree.h"
#include "session/check_status.h"
#include "session/login_epoch.h"
#include "session/record_damage.h"
#include "session/stored_cookie.h"
#include "session/user_keeper.h"

namespace sessiond {

/// The members of a session that sessiond itself understands.
struct SessionRecord {
  explicit SessionRecord(JsonTree parsed) : tree(std::move(parsed)) {}

  JsonTree tree;
  StoredCookie cookie;
  std::optional<WallTime> created;          ///< _sd.created
  std::optional<WallTime> authenticated;    ///< _sd.authenticated
  UserKeeper keeper = UserKeeper::kNobody;  ///< of _sd.auth
  std::uint64_t password_tag = 0;           ///< the same; 0: it says nothing of that
  std::uint32_t epoch = LoginEpoch::kNone;  ///< _sd.epoch; 0 where there is an _sd without one
  std::string_view login;                   ///< _sd.login: what was typed, canonical. In the tree
  std::optional<std::string_view> user_id;  ///< _sd.user: whose login that was. In the tree
};

/// Why a stored value is no session that counts.
struct NoRecord {
  CheckStatus status;
  RecordDamage damage = RecordDamage::kNone;  ///< of kCorrupt
};

/// Reads a stored value; `json` must live as long as the record's tree. The error is
///   kUnknown   no bytes, `""`, `null` or `false`: what Express takes for "no session"
///   kExpired   cookie.originalMaxAge is 0 or negative: Express deletes such a session at its next touch
///   kCorrupt   no session; RecordDamage says why (record_damage.h). A value of more than max_bytes is corrupt.
/// So are a `cookie`, `_sd` or one of their members here that come twice, and an `_sd` that sessiond did not write.
Expected<SessionRecord, NoRecord> readSessionRecord(std::string_view json, std::size_t max_bytes,
                                                    std::chrono::seconds idle_timeout);

/// Applications may put another user into a session that a login at sessiond made. What that login says then is not
/// about who stands there: `user_id`, as user_id.h gives it. One that is nobody's by name is still ended with the user
/// who logged in, but does not count as a login.
void dropLoginOfAnother(SessionRecord& record, std::string_view user_id);

}  // namespace sessiond
