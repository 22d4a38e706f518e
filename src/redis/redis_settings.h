// What can be set about Redis: the options of `redis`.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

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
  std::shared_ptr<const TlsContext> context;  ///< no option: made of the files; null: redis.url asks for no TLS
};

struct BreakerSettings {
  std::uint32_t failures = 5;  ///< consecutive failures until it opens
  std::chrono::milliseconds min_backoff{100};
  std::chrono::milliseconds max_backoff{5000};
};

struct RedisSettings {
  std::string url = "redis://127.0.0.1:6379/0";  ///< as parseRedisUrl() takes it
  std::string user;
  std::string password_file;
  Secret password;  ///< read from password_file
  TlsSettings tls;
  std::chrono::milliseconds connect_timeout{500};
  std::chrono::milliseconds command_timeout{250};
  bool allow_replica = false;  ///< a server that is no primary is used as well
  BreakerSettings breaker;
};

/// What sessiond itself keeps beside the sessions: the section `sessiond`.
struct OwnKeySettings {
  std::string key_prefix = "sessiond:";
};

}  // namespace sessiond
