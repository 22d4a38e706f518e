// What the ACL user may not do that sessiond will ask for, said at the start and not at somebody's first logout.
//
// Redis looks at a user's rights when a command is queued for a transaction. So everything is queued behind MULTI, and
// the connection is closed without EXEC: nothing is carried out. (ACL DRYRUN would need Redis 7 and a right of its
// own.)
//
//   MULTI                              -> OK
//   GETRANGE sess:permission-check 0 0 -> QUEUED
//   EXPIRE sess:permission-check 1     -> NOPERM this user has no permissions to run the 'expire' command
//
// With a cache, what the invalidation listener sends is asked for too (CLIENT ID, CLIENT TRACKING, SUBSCRIBE).

#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "login/login_settings.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "session/app_cache.h"
#include "session/session_settings.h"

namespace sessiond {

/// What the rights are needed for. No field has a default: whoever leaves one out is told by the compiler.
struct PermissionScope {
  const RedisKeys& keys;
  const SessionSettings& session;
  const LoginSettings& login;
  const AppCacheSettings* app_cache;  ///< nullptr: the applications' endpoints are off
  bool waits_for_replicas;            ///< logout.replicas is not 0
  bool in_cluster;
  bool probes_writes;  ///< whether writes are taken is asked now and then (NodeWrites::mustBeTaken)
};

struct MissingRight {
  enum class Kind {
    kCommand,  ///< the ACL user may not run it
    kPlace,    ///< may run it, but not with these keys, or this channel
    kUnknown,  ///< the server does not know it: it was renamed
  };
  std::string name;  ///< "EXPIRE sess:*"
  Kind kind = Kind::kCommand;
};

/// "EXPIRE sess:*, DEL sess:*": those that are `unknown` to the server, or the others.
std::string listOf(const std::vector<MissingRight>& rights, bool unknown);

/// Every missing right, at any server; none also when it does not answer. Waits, on connections of its own.
std::vector<MissingRight> missingRights(RedisAccess& redis, const PermissionScope& scope, const Clock& clock);

/// The same of what only changing users in Redis needs (RedisUserEditor): the daemon reads them.
std::vector<MissingRight> missingEditorRights(RedisAccess& redis, const RedisKeys& keys, const Clock& clock);

/// The same of what only going through all keys needs (KeyScan): the daemon never does.
std::vector<MissingRight> missingScanRights(RedisAccess& redis, const Clock& clock);

/// kLimited, with every missing right ("EXPIRE sess:*") in its message, and the ACL SETUSER that gives them; or kOk,
/// also when the server does not answer, which is for RedisAccess::probe() to say. Waits, on connections of its own,
/// one to each server.
StartupReport checkPermissions(RedisAccess& redis, const PermissionScope& scope, const Clock& clock);

}  // namespace sessiond
