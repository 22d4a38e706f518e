// Limits stand here once; conf/sessiond.yaml repeats them for people.

#include "config/options.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/config_schema.h"
#include "config/identity_option.h"
#include "config/option_kinds.h"
#include "config/policies_option.h"
#include "config/text_rules.h"
#include "config/units.h"
#include "login/verifier_address.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

constexpr milliseconds kDay = 24h;
constexpr milliseconds kTenYears = 3650 * kDay;
constexpr std::uint32_t kMost = 1'000'000;

constexpr std::array<std::string_view, 3> kSecureWords = {"auto", "always", "never"};
constexpr std::array<std::string_view, 5> kLevelWords = {"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 2> kFormatWords = {"text", "json"};
constexpr std::array<std::string_view, 2> kWhenFullWords = {"end_oldest", "refuse"};
constexpr std::array<std::string_view, 2> kAddressWords = {"hash", "full"};

using option_kinds::choice;
using option_kinds::choices;
using option_kinds::duration;
using option_kinds::fileMode;
using option_kinds::flag;
using option_kinds::number;
using option_kinds::size;
using option_kinds::text;
using option_kinds::texts;
using option_kinds::wholeSeconds;
using option_kinds::withSchema;

/// `null` is a value of its own: the cookie ends with the browser.
Option cookieMaxAge() {
  return {"cookie.max_age",
          [](const OptionValue& value, Config& config) {
            config.cookie.max_age.reset();
            if (value.node.kind != YamlKind::kNull) config.cookie.max_age = readSeconds(value, {1s, kTenYears});
          },
          [](const Config& config) {
            return " " + (config.cookie.max_age ? formatDuration(*config.cookie.max_age) : "null");
          },
          schemaOfEither({R"({"type":"null"})", schemaOfDuration()})};
}

Complaint aboutVerifierOrNone(std::string_view url) {
  if (url.empty()) return std::nullopt;
  const auto address = parseVerifierAddress(url);
  return address ? std::nullopt : Complaint(address.error() + " but is " + shown(url));
}

std::vector<Option> listenOptions() {
  return {
      text(
          "listen.socket", [](auto& c) -> auto& { return c.listen.socket; }, aboutListenSocket),
      fileMode(
          "listen.mode", [](auto& c) -> auto& { return c.listen.mode; }),
      text(
          "listen.group", [](auto& c) -> auto& { return c.listen.group; }, aboutGroup),
      number(
          "listen.backlog", [](auto& c) -> auto& { return c.listen.backlog; }, 1, 65535),
      number(
          "listen.lanes", [](auto& c) -> auto& { return c.listen.lanes; }, 0, 256),
      number(
          "listen.workers", [](auto& c) -> auto& { return c.listen.workers; }, 1, 256),
      number(
          "listen.password_workers", [](auto& c) -> auto& { return c.listen.password_workers; }, 0, 256),
      number(
          "listen.max_connections", [](auto& c) -> auto& { return c.listen.max_connections; }, 16, kMost),
      duration("listen.request_timeout", [](auto& c) -> auto& { return c.listen.request_timeout; }, {100ms, 60s}),
      duration("listen.drain_timeout", [](auto& c) -> auto& { return c.listen.drain_timeout; }, {0s, 10min}),
  };
}

std::vector<Option> redisOptions() {
  return {
      text(
          "redis.url", [](auto& c) -> auto& { return c.redis.url; }, aboutRedisUrl),
      text(
          "redis.user", [](auto& c) -> auto& { return c.redis.user; }, aboutRedisUser),
      text(
          "redis.password_file", [](auto& c) -> auto& { return c.redis.password_file; }, aboutNothing),
      text(
          "redis.tls.ca_file", [](auto& c) -> auto& { return c.redis.tls.ca_file; }, aboutNothing),
      text(
          "redis.tls.cert_file", [](auto& c) -> auto& { return c.redis.tls.cert_file; }, aboutNothing),
      text(
          "redis.tls.key_file", [](auto& c) -> auto& { return c.redis.tls.key_file; }, aboutNothing),
      text(
          "redis.tls.server_name", [](auto& c) -> auto& { return c.redis.tls.server_name; }, aboutServerName),
      flag(
          "redis.tls.verify", [](auto& c) -> auto& { return c.redis.tls.verify; }),
      duration("redis.connect_timeout", [](auto& c) -> auto& { return c.redis.connect_timeout; }, {10ms, 60s}),
      duration("redis.command_timeout", [](auto& c) -> auto& { return c.redis.command_timeout; }, {5ms, 60s}),
      flag(
          "redis.allow_replica", [](auto& c) -> auto& { return c.redis.allow_replica; }),
      number(
          "redis.breaker.failures", [](auto& c) -> auto& { return c.redis.breaker.failures; }, 1, 1000),
      duration("redis.breaker.min_backoff", [](auto& c) -> auto& { return c.redis.breaker.min_backoff; }, {1ms, 60s}),
      duration("redis.breaker.max_backoff", [](auto& c) -> auto& { return c.redis.breaker.max_backoff; }, {1ms, 10min}),
      text(
          "redis.sentinel.master", [](auto& c) -> auto& { return c.redis.sentinel.master; }, aboutSentinelMaster),
      texts(
          "redis.sentinel.nodes", [](auto& c) -> auto& { return c.redis.sentinel.nodes; }, aboutSentinelNode),
      text(
          "redis.sentinel.user", [](auto& c) -> auto& { return c.redis.sentinel.user; }, aboutRedisUser),
      text(
          "redis.sentinel.password_file", [](auto& c) -> auto& { return c.redis.sentinel.password_file; },
          aboutNothing),
      flag(
          "redis.sentinel.tls", [](auto& c) -> auto& { return c.redis.sentinel.tls; }),
      number(
          "redis.sentinel.database", [](auto& c) -> auto& { return c.redis.sentinel.database; }, 0, 65535),
      duration("redis.sentinel.max_silence", [](auto& c) -> auto& { return c.redis.sentinel.max_silence; }, {1s, 5min}),
      texts(
          "redis.cluster.nodes", [](auto& c) -> auto& { return c.redis.cluster.nodes; }, aboutClusterNode),
      flag(
          "redis.cluster.tls", [](auto& c) -> auto& { return c.redis.cluster.tls; }),
  };
}

std::vector<Option> sessionOptions() {
  return {
      text(
          "session.key_prefix", [](auto& c) -> auto& { return c.session.key_prefix; }, aboutKeyPrefix),
      text(
          "session.user_at", [](auto& c) -> auto& { return c.session.user_at; }, aboutUserPointer),
      text(
          "session.user_id_at", [](auto& c) -> auto& { return c.session.user_id_at; }, aboutUserIdPointer),
      text(
          "session.roles_at", [](auto& c) -> auto& { return c.session.roles_at; }, aboutUserPointer),
      withSchema(texts(
                     "session.secret_files", [](auto& c) -> auto& { return c.session.secret_files; }, aboutNothing),
                 schemaOfTexts(1, SessionSettings::kMaxSecrets)),
      wholeSeconds("session.idle_timeout", [](auto& c) -> auto& { return c.session.idle_timeout; }, {1s, kTenYears}),
      wholeSeconds("session.absolute_timeout", [](auto& c) -> auto& { return c.session.absolute_timeout; },
                   {1s, kTenYears, true}),
      wholeSeconds("session.touch_interval", [](auto& c) -> auto& { return c.session.touch_interval; }, {0s, kDay}),
      number(
          "session.per_user.max", [](auto& c) -> auto& { return c.session.per_user.max; }, 0, 1000),
      choice(
          "session.per_user.when_full", [](auto& c) -> auto& { return c.session.per_user.when_full; }, kWhenFullWords),
      size(
          "session.max_bytes", [](auto& c) -> auto& { return c.session.max_bytes; }, 1024, 16 * 1024 * 1024),
      size(
          "session.identity_max_bytes", [](auto& c) -> auto& { return c.session.identity_max_bytes; }, 256, 32 * 1024),
      flag(
          "session.cache.enabled", [](auto& c) -> auto& { return c.session.cache.enabled; }),
      duration("session.cache.max_staleness", [](auto& c) -> auto& { return c.session.cache.max_staleness; },
               {100ms, 60s}),
      number(
          "session.cache.max_entries", [](auto& c) -> auto& { return c.session.cache.max_entries; }, 64, 10'000'000),
      size(
          "session.cache.max_bytes", [](auto& c) -> auto& { return c.session.cache.max_bytes; }, 1024 * 1024,
          std::size_t{64} * 1024 * 1024 * 1024),
  };
}

std::vector<Option> cookieOptions() {
  return {
      text(
          "cookie.name", [](auto& c) -> auto& { return c.cookie.name; }, aboutCookieName),
      text(
          "cookie.domain", [](auto& c) -> auto& { return c.cookie.domain; }, aboutCookieDomain),
      text(
          "cookie.path", [](auto& c) -> auto& { return c.cookie.path; }, aboutCookiePath),
      flag(
          "cookie.http_only", [](auto& c) -> auto& { return c.cookie.http_only; }),
      choice(
          "cookie.secure", [](auto& c) -> auto& { return c.cookie.secure; }, kSecureWords),
      choice(
          "cookie.same_site", [](auto& c) -> auto& { return c.cookie.same_site; }, kSameSiteWords),
      cookieMaxAge(),
      flag(
          "cookie.rolling", [](auto& c) -> auto& { return c.cookie.rolling; }),
      flag(
          "cookie.partitioned", [](auto& c) -> auto& { return c.cookie.partitioned; }),
      choice(
          "cookie.priority", [](auto& c) -> auto& { return c.cookie.priority; }, kCookiePriorityWords),
  };
}

std::vector<Option> whoMayOptions() {
  return {
      {"identity", readIdentity, writeIdentity, schemaOfIdentity()},
      {"policies", readPolicies, writePolicies, schemaOfPolicies()},
      text(
          "login.url", [](auto& c) -> auto& { return c.login.url; }, aboutLocalPath),
      text(
          "login.default_redirect", [](auto& c) -> auto& { return c.login.default_redirect; }, aboutLocalUrl),
      texts(
          "login.allowed_origins", [](auto& c) -> auto& { return c.login.allowed_origins; }, aboutOrigin),
      choices(
          "login.authenticators", [](auto& c) -> auto& { return c.login.authenticators; }, kAuthenticatorWords),
      text(
          "login.htpasswd_file", [](auto& c) -> auto& { return c.login.htpasswd_file; }, aboutNothing),
      text(
          "login.redis_usual_hash", [](auto& c) -> auto& { return c.login.redis_usual_hash; }, aboutPasswordHash),
      text(
          "login.http_verifier.url", [](auto& c) -> auto& { return c.login.http_verifier.url; }, aboutVerifierOrNone),
      text(
          "login.http_verifier.token_file", [](auto& c) -> auto& { return c.login.http_verifier.token_file; },
          aboutNothing),
      text(
          "login.http_verifier.ca_file", [](auto& c) -> auto& { return c.login.http_verifier.ca_file; }, aboutNothing),
      duration("login.http_verifier.timeout", [](auto& c) -> auto& { return c.login.http_verifier.timeout; },
               {10ms, 60s}),
      flag(
          "login.case_insensitive", [](auto& c) -> auto& { return c.login.case_insensitive; }),
  };
}

std::vector<Option> throttleOptions() {
  return {
      number(
          "login.throttle.device_failures", [](auto& c) -> auto& { return c.login.throttle.device_failures; }, 1,
          kMost),
      duration("login.throttle.device_window", [](auto& c) -> auto& { return c.login.throttle.device_window; },
               {1s, 30 * kDay}),
      number(
          "login.throttle.known_place_failures", [](auto& c) -> auto& { return c.login.throttle.known_place_failures; },
          1, kMost),
      duration("login.throttle.known_place_window",
               [](auto& c) -> auto& { return c.login.throttle.known_place_window; }, {1s, 30 * kDay}),
      number(
          "login.throttle.stranger_free", [](auto& c) -> auto& { return c.login.throttle.stranger_free; }, 1, kMost),
      duration("login.throttle.stranger_first_wait",
               [](auto& c) -> auto& { return c.login.throttle.stranger_first_wait; }, {1s, kDay}),
      duration("login.throttle.stranger_longest_wait",
               [](auto& c) -> auto& { return c.login.throttle.stranger_longest_wait; }, {1s, kDay}),
      number(
          "login.throttle.stranger_failures", [](auto& c) -> auto& { return c.login.throttle.stranger_failures; }, 1,
          kMost),
      duration("login.throttle.stranger_window", [](auto& c) -> auto& { return c.login.throttle.stranger_window; },
               {1s, 30 * kDay}),
      number(
          "login.throttle.place_failures", [](auto& c) -> auto& { return c.login.throttle.place_failures; }, 1, kMost),
      duration("login.throttle.place_window", [](auto& c) -> auto& { return c.login.throttle.place_window; },
               {1s, 30 * kDay}),
      number(
          "login.throttle.place_daily_failures", [](auto& c) -> auto& { return c.login.throttle.place_daily_failures; },
          1, kMost),
  };
}

std::vector<Option> endOptions() {
  return {
      text(
          "login.page_file", [](auto& c) -> auto& { return c.login.page_file; }, aboutNothing),
      text(
          "logout.redirect", [](auto& c) -> auto& { return c.logout.redirect; }, aboutLocalUrlOrNone),
      number(
          "logout.replicas", [](auto& c) -> auto& { return c.logout.replicas; }, 0, 100),
      wholeSeconds("logout.tombstone_lifetime", [](auto& c) -> auto& { return c.logout.tombstone_lifetime; },
                   {60s, kTenYears}),
      wholeSeconds("sessions.max_auth_age", [](auto& c) -> auto& { return c.sessions.max_auth_age; }, {0s, kTenYears}),
  };
}

std::vector<Option> pagesOptions() {
  return {
      text(
          "pages.site_name", [](auto& c) -> auto& { return c.pages.site_name; }, aboutNothing),
      text(
          "pages.logo_file", [](auto& c) -> auto& { return c.pages.logo_file; }, aboutNothing),
      text(
          "pages.logo_dark_file", [](auto& c) -> auto& { return c.pages.logo_dark_file; }, aboutNothing),
      text(
          "pages.accent", [](auto& c) -> auto& { return c.pages.accent; }, aboutNothing),
      text(
          "pages.accent_dark", [](auto& c) -> auto& { return c.pages.accent_dark; }, aboutNothing),
      text(
          "pages.help_url", [](auto& c) -> auto& { return c.pages.help_url; }, aboutLinkOrNone),
      text(
          "pages.home_url", [](auto& c) -> auto& { return c.pages.home_url; }, aboutLink),
      text(
          "pages.style_file", [](auto& c) -> auto& { return c.pages.style_file; }, aboutNothing),
      text(
          "pages.folder", [](auto& c) -> auto& { return c.pages.folder; }, aboutNothing),
      flag(
          "pages.script", [](auto& c) -> auto& { return c.pages.script; }),
      text(
          "pages.language", [](auto& c) -> auto& { return c.pages.language; }, aboutNothing),
      texts(
          "pages.languages", [](auto& c) -> auto& { return c.pages.languages; }, aboutNothing),
  };
}

std::vector<Option> applicationOptions() {
  return {
      flag(
          "api.enabled", [](auto& c) -> auto& { return c.api.enabled; }),
      text(
          "api.token_file", [](auto& c) -> auto& { return c.api.token_file; }, aboutNothing),
      flag(
          "api.allow_without_token", [](auto& c) -> auto& { return c.api.allow_without_token; }),
      flag(
          "api.may_change_user", [](auto& c) -> auto& { return c.api.may_change_user; }),
      text(
          "cache.key_prefix", [](auto& c) -> auto& { return c.cache.key_prefix; }, aboutAppCachePrefix),
      size(
          "cache.max_bytes", [](auto& c) -> auto& { return c.cache.max_bytes; }, 1024, 16 * 1024 * 1024),
  };
}

std::vector<Option> observationOptions() {
  return {
      choice(
          "log.level", [](auto& c) -> auto& { return c.log.level; }, kLevelWords),
      choice(
          "log.format", [](auto& c) -> auto& { return c.log.format; }, kFormatWords),
      withSchema(text(
                     "log.file", [](auto& c) -> auto& { return c.log.file; }, aboutLogFile),
                 schemaOfPath()),
      flag(
          "log.audit", [](auto& c) -> auto& { return c.log.audit; }),
      choice(
          "log.audit_addresses", [](auto& c) -> auto& { return c.log.audit_addresses; }, kAddressWords),
      flag(
          "log.refusals", [](auto& c) -> auto& { return c.log.refusals; }),
      flag(
          "metrics.enabled", [](auto& c) -> auto& { return c.metrics.enabled; }),
      text(
          "sessiond.key_prefix", [](auto& c) -> auto& { return c.sessiond.key_prefix; }, aboutOwnPrefix),
      text(
          "sessiond.control_socket", [](auto& c) -> auto& { return c.sessiond.control_socket; }, aboutControlSocket),
  };
}

std::vector<Option> buildTable() {
  std::vector<Option> table;
  for (const auto section : {listenOptions, redisOptions, sessionOptions, cookieOptions, whoMayOptions, throttleOptions,
                             endOptions, pagesOptions, applicationOptions, observationOptions}) {
    for (Option& option : section()) table.push_back(std::move(option));
  }
  return table;
}

}  // namespace

const std::vector<Option>& allOptions() {
  static const std::vector<Option> table = buildTable();
  return table;
}

const Option* findOption(std::string_view path) {
  const std::vector<Option>& table = allOptions();
  const auto found =
      std::find_if(table.begin(), table.end(), [path](const Option& option) { return option.path == path; });
  return found == table.end() ? nullptr : &*found;
}

bool isSection(std::string_view path) {
  return std::any_of(allOptions().begin(), allOptions().end(), [path](const Option& option) {
    return option.path.size() > path.size() && option.path.starts_with(path) && option.path[path.size()] == '.';
  });
}

}  // namespace sessiond
