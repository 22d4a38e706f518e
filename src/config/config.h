// Config: every option with its default, as plain structs. conf/sessiond.yaml is the commented reference; a lint
// holds the two against each other. Reading and checking is done elsewhere (config_loader.h).

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/secret.h"

namespace sessiond {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where sessiond listens when systemd passes no socket, and how it spreads its work over threads.
struct ListenConfig {
  std::string socket = "/run/sessiond/sessiond.sock";  ///< unix path, or host:port
  std::uint32_t mode = 0660;                           ///< of a unix socket; octal in YAML, quoted: "0660"
  std::string group;                                   ///< group of a unix socket; empty: the process's own
  std::uint32_t backlog = 1024;
  std::uint32_t lanes = 0;    ///< 0: one for every two cores
  std::uint32_t loaders = 0;  ///< 0: as many as lanes
  std::uint32_t workers = 4;
  std::uint32_t max_connections = 8192;
  milliseconds request_timeout{5000};  ///< half a request for longer than this: closed
  milliseconds drain_timeout{10000};   ///< SIGTERM: requests in flight get this long
};

struct BreakerConfig {
  std::uint32_t failures = 5;  ///< consecutive failures until it opens
  milliseconds min_backoff{100};
  milliseconds max_backoff{5000};
};

struct RedisConfig {
  std::string url = "redis://127.0.0.1:6379/0";  ///< redis://[user@]host[:port][/db] or unix://path[?db=N]
  std::string user;
  std::string password_file;
  Secret password;  ///< read from password_file
  milliseconds connect_timeout{500};
  milliseconds command_timeout{250};
  BreakerConfig breaker;
};

/// The in-process cache of what is known about sessions.
struct SessionCacheConfig {
  bool enabled = true;
  milliseconds max_staleness{1000};     ///< without proof of life from Redis for this long, nothing cached is believed
  std::uint32_t max_entries = 200'000;  ///< this and the next bound also what is kept without the cache
  std::size_t max_bytes = std::size_t{256} * 1024 * 1024;
};

struct SessionConfig {
  std::string key_prefix = "sess:";
  std::string user_at = "/user";         ///< JSON Pointer
  std::string roles_at = "/user/roles";  ///< JSON Pointer to the array that policies' roles are looked up in
  /// At least one; the first signs, all verify. `credential:NAME` is one of systemd's credentials.
  std::vector<std::string> secret_files = {"credential:session_secret"};
  std::vector<Secret> secrets;  ///< read from secret_files
  seconds idle_timeout{86400};
  seconds absolute_timeout{0};  ///< from /_sd/created; 0: none
  seconds touch_interval{60};
  std::size_t max_bytes = 256 * 1024;
  std::size_t identity_max_bytes = 6 * 1024;
  SessionCacheConfig cache;
};

enum class SecureOption { kAuto, kAlways, kNever };
enum class SameSiteOption { kUnset, kLax, kStrict, kNone };
enum class PriorityOption { kUnset, kLow, kMedium, kHigh };

struct CookieConfig {
  std::string name = "connect.sid";
  std::string domain;
  std::string path = "/";
  bool http_only = true;
  SecureOption secure = SecureOption::kAuto;
  SameSiteOption same_site = SameSiteOption::kLax;
  std::optional<seconds> max_age;  ///< absent: a cookie that ends with the browser
  bool rolling = false;
  bool partitioned = false;
  PriorityOption priority = PriorityOption::kUnset;
};

enum class IdentityEncodingOption { kUtf8, kPercent, kBase64Url };

struct IdentityHeaderConfig {
  std::string name;
  std::string from;  ///< JSON Pointer
  std::string join = ",";
  IdentityEncodingOption encode = IdentityEncodingOption::kUtf8;
  bool required = false;
};

struct PolicyConfig {
  std::string name;
  bool require_session = true;  ///< `require: session | optional`
  std::vector<std::string> roles_any = {};
  std::vector<std::string> roles_all = {};
  /// JSON Pointer → the value it must have, as JSON text of a scalar.
  std::vector<std::pair<std::string, std::string>> match = {};
  seconds max_auth_age{0};  ///< 0: none
};

struct LoginConfig {
  std::string url = "/login";  ///< where nginx serves the endpoint; used in X-Session-Login
  std::string default_redirect = "/";
  std::vector<std::string> allowed_origins;  ///< scheme://host[:port], for `rd` and for Origin
  std::vector<std::string> authenticators;   ///< of `htpasswd`, `redis`; tried in this order
  std::string htpasswd_file;
  std::string page_file;  ///< the site's own page; empty: the built-in one
};

struct LogoutConfig {
  std::string redirect = "/";
  seconds tombstone_lifetime{86400};  ///< at least this long; longer for sessions that live longer
};

/// The applications' own endpoints: `session` and `cache`.
struct ApiConfig {
  bool enabled = false;
  std::string token_file;
  Secret token;  ///< read from token_file; empty: none is asked for
};

/// What applications keep in the `cache` endpoint. Not the sessions that sessiond itself keeps in memory: that is
/// SessionCacheConfig.
struct AppCacheConfig {
  std::string key_prefix = "cache:";
  std::size_t max_bytes = std::size_t{1024} * 1024;  ///< of one value
};

struct MetricsConfig {
  bool enabled = true;
};

/// A whole configuration. Movable, not copyable (it holds secrets); immutable once loaded.
struct Config {
  ListenConfig listen;
  RedisConfig redis;
  SessionConfig session;
  CookieConfig cookie;
  std::vector<IdentityHeaderConfig> identity = {
      {.name = "X-User-Id", .from = "/user/id"},
      {.name = "X-User-Name", .from = "/user/name"},
      {.name = "X-User-Email", .from = "/user/email"},
      {.name = "X-User-Roles", .from = "/user/roles"},
  };
  std::vector<PolicyConfig> policies = {{.name = "default"}};
  LoginConfig login;
  LogoutConfig logout;
  ApiConfig api;
  AppCacheConfig cache;
  LogOptions log;
  MetricsConfig metrics;
};

}  // namespace sessiond
