// RedisSite: one site's sessions and users in Redis, by the daemon's own configuration and rooms, but without the
// daemon: what is done here a running one learns as it learns of any other instance.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/metrics.h"
#include "prepare.h"
#include "redis/connection_error.h"
#include "redis/learned_nodes.h"
#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_session_index.h"
#include "redis_topology.h"
#include "session/session_ender.h"
#include "session/session_handles.h"
#include "session/session_list.h"
#include "sessionctl/output.h"

namespace sessiond::ctl {

/// Each is built from those above it.
struct RedisSite {
  explicit RedisSite(Prepared all);

  const SystemClock clock;
  MetricsRegistry metrics;
  const Prepared prepared;
  const Config& config;
  LearnedNodes learned;
  RedisTopology topology;
  RedisAccess& redis;
  const RedisKeys keys;
  RedisSessionStore store;
  RedisUserSessionIndex index;
  const HmacKey log_key;
  const SessionHandles handles;
  const SessionList list;
  const SessionEnder ender;
};

/// Where the configuration is good. The error is the exit code; why has been said.
Expected<std::unique_ptr<RedisSite>, int> openSite(const CommonOptions& options);
/// The same where Redis answers as well.
Expected<std::unique_ptr<RedisSite>, int> openRedis(const CommonOptions& options);

/// Does Redis answer? Waits a moment for sentinels and clusters to be heard.
StartupReport awaitRedis(RedisSite& site);
/// What keeps the sentinel at host:port from saying who is the primary; kRejected: what it answers. Absent: it says so.
std::optional<ConnectionError> troubleWithSentinel(RedisSite& site, const std::string& node);

/// For the audit log: who ends sessions here.
inline constexpr std::string_view kAdministrator = "administrator";

/// Ends every session in the user's index, as long as it takes.
Expected<Ending, StoreError> endAllOf(RedisSite& site, const std::string& user_id);

/// What to say and to exit with when the store has failed; RedisAccess has logged the reason. `further`: one a line.
int failStore(const CommonOptions& options, StoreError error, const std::vector<std::string>& further = {});

}  // namespace sessiond::ctl
