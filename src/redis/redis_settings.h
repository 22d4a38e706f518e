// What can be set about Redis: the options of `redis`.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace sessiond {

class TlsContext;

/// Whom a server at rediss:// has to prove to be, and who it is told we are.
struct TlsSettings {
  std::string ca_file;  ///< empty: the authorities that the system knows
  std::string cert_file;
  std::string key_file;
  std::string server_name;  ///< empty: the host that is connected to
  bool verify = true;
  std::shared_ptr<const TlsContext> context;  ///< no option: made of the files; null: no server is asked for TLS
  std::string_view asked_by = kByUrl;         ///< no option: which one says whether TLS is spoken, for messages

  static constexpr std::string_view kByUrl = "redis.url";
  static constexpr std::string_view kBySentinel = "redis.sentinel.tls";
  static constexpr std::string_view kByCluster = "redis.cluster.tls";
};

struct BreakerSettings {
  std::uint32_t failures = 5;  ///< consecutive failures until it opens
  std::chrono::milliseconds min_backoff{100};
  std::chrono::milliseconds max_backoff{5000};
};

/// Which sentinels name the primary, in the place of an url.
struct SentinelSettings {
  std::string master;              ///< what they call it
  std::vector<std::string> nodes;  ///< host:port of each; empty: there are none
  std::string user;
  std::string password_file;
  Secret password;   ///< read from password_file
  bool tls = false;  ///< they and the servers speak it, as redis.tls says
  std::uint32_t database = 0;
  /// With no majority of them heard for so long, nobody knows who is the primary.
  std::chrono::milliseconds max_silence{5000};

  bool used() const { return !nodes.empty(); }
  /// A second one; secrets are not copied by themselves.
  SentinelSettings clone() const {
    return {.master = master,
            .nodes = nodes,
            .user = user,
            .password_file = password_file,
            .password = password.clone(),
            .tls = tls,
            .database = database,
            .max_silence = max_silence};
  }
};

/// Which nodes of a cluster to ask first; they name all others.
struct ClusterSettings {
  std::vector<std::string> nodes;  ///< host:port of each; empty: there are none
  bool tls = false;                ///< all nodes speak it, as redis.tls says

  bool used() const { return !nodes.empty(); }
};

/// How Redis is set up.
enum class TopologyKind : std::uint8_t {
  kSingle,     ///< one server, as far as is told
  kSentinels,  ///< one primary behind sentinels
  kCluster,
};

struct RedisSettings {
  /// As parseRedisUrl() takes it; empty where there are sentinels or a cluster.
  std::string url = "redis://127.0.0.1:6379/0";
  SentinelSettings sentinel;
  ClusterSettings cluster;
  std::string user;
  std::string password_file;
  Secret password;  ///< read from password_file
  TlsSettings tls;
  std::chrono::milliseconds connect_timeout{500};
  std::chrono::milliseconds command_timeout{250};
  bool allow_replica = false;  ///< a server that is no primary is used as well
  BreakerSettings breaker;

  TopologyKind topology() const {
    if (sentinel.used()) return TopologyKind::kSentinels;
    return cluster.used() ? TopologyKind::kCluster : TopologyKind::kSingle;
  }
  RedisSettings clone() const {
    return {.url = url,
            .sentinel = sentinel.clone(),
            .cluster = cluster,
            .user = user,
            .password_file = password_file,
            .password = password.clone(),
            .tls = tls,
            .connect_timeout = connect_timeout,
            .command_timeout = command_timeout,
            .allow_replica = allow_replica,
            .breaker = breaker};
  }
};

/// What sessiond itself keeps beside the sessions: the section `sessiond`.
struct OwnKeySettings {
  std::string key_prefix = "sessiond:";
};

}  // namespace sessiond
