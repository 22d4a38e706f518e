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
      text("listen.socket", aboutListenSocket, [](auto& c) { return &c.listen.socket; }),
      fileMode("listen.mode", [](auto& c) { return &c.listen.mode; }),
      text("listen.group", aboutGroup, [](auto& c) { return &c.listen.group; }),
      number("listen.backlog", 1, 65535, [](auto& c) { return &c.listen.backlog; }),
      number("listen.lanes", 0, 256, [](auto& c) { return &c.listen.lanes; }),
      number("listen.workers", 1, 256, [](auto& c) { return &c.listen.workers; }),
      number("listen.password_workers", 0, 256, [](auto& c) { return &c.listen.password_workers; }),
      number("listen.max_connections", 16, kMost, [](auto& c) { return &c.listen.max_connections; }),
      duration("listen.request_timeout", {100ms, 60s}, [](auto& c) { return &c.listen.request_timeout; }),
      duration("listen.drain_timeout", {0s, 10min}, [](auto& c) { return &c.listen.drain_timeout; }),
  };
}

std::vector<Option> redisOptions() {
  return {
      text("redis.url", aboutRedisUrl, [](auto& c) { return &c.redis.url; }),
      text("redis.user", aboutRedisUser, [](auto& c) { return &c.redis.user; }),
      text("redis.password_file", aboutNothing, [](auto& c) { return &c.redis.password_file; }),
      text("redis.tls.ca_file", aboutNothing, [](auto& c) { return &c.redis.tls.ca_file; }),
      text("redis.tls.cert_file", aboutNothing, [](auto& c) { return &c.redis.tls.cert_file; }),
      text("redis.tls.key_file", aboutNothing, [](auto& c) { return &c.redis.tls.key_file; }),
      text("redis.tls.server_name", aboutServerName, [](auto& c) { return &c.redis.tls.server_name; }),
      flag("redis.tls.verify", [](auto& c) { return &c.redis.tls.verify; }),
      duration("redis.connect_timeout", {10ms, 60s}, [](auto& c) { return &c.redis.connect_timeout; }),
      duration("redis.command_timeout", {5ms, 60s}, [](auto& c) { return &c.redis.command_timeout; }),
      flag("redis.allow_replica", [](auto& c) { return &c.redis.allow_replica; }),
      number("redis.breaker.failures", 1, 1000, [](auto& c) { return &c.redis.breaker.failures; }),
      duration("redis.breaker.min_backoff", {1ms, 60s}, [](auto& c) { return &c.redis.breaker.min_backoff; }),
      duration("redis.breaker.max_backoff", {1ms, 10min}, [](auto& c) { return &c.redis.breaker.max_backoff; }),
      text("redis.sentinel.master", aboutSentinelMaster, [](auto& c) { return &c.redis.sentinel.master; }),
      texts("redis.sentinel.nodes", aboutSentinelNode, [](auto& c) { return &c.redis.sentinel.nodes; }),
      text("redis.sentinel.user", aboutRedisUser, [](auto& c) { return &c.redis.sentinel.user; }),
      text("redis.sentinel.password_file", aboutNothing, [](auto& c) { return &c.redis.sentinel.password_file; }),
      flag("redis.sentinel.tls", [](auto& c) { return &c.redis.sentinel.tls; }),
      number("redis.sentinel.database", 0, 65535, [](auto& c) { return &c.redis.sentinel.database; }),
      duration("redis.sentinel.max_silence", {1s, 5min}, [](auto& c) { return &c.redis.sentinel.max_silence; }),
      texts("redis.cluster.nodes", aboutClusterNode, [](auto& c) { return &c.redis.cluster.nodes; }),
      flag("redis.cluster.tls", [](auto& c) { return &c.redis.cluster.tls; }),
  };
}

std::vector<Option> sessionOptions() {
  return {
      text("session.key_prefix", aboutKeyPrefix, [](auto& c) { return &c.session.key_prefix; }),
      text("session.user_at", aboutUserPointer, [](auto& c) { return &c.session.user_at; }),
      text("session.user_id_at", aboutUserIdPointer, [](auto& c) { return &c.session.user_id_at; }),
      text("session.roles_at", aboutUserPointer, [](auto& c) { return &c.session.roles_at; }),
      withSchema(texts("session.secret_files", aboutNothing, [](auto& c) { return &c.session.secret_files; }),
                 schemaOfTexts(1, SessionSettings::kMaxSecrets)),
      wholeSeconds("session.idle_timeout", {1s, kTenYears}, [](auto& c) { return &c.session.idle_timeout; }),
      wholeSeconds("session.absolute_timeout", {1s, kTenYears, true},
                   [](auto& c) { return &c.session.absolute_timeout; }),
      wholeSeconds("session.touch_interval", {0s, kDay}, [](auto& c) { return &c.session.touch_interval; }),
      number("session.per_user.max", 0, 1000, [](auto& c) { return &c.session.per_user.max; }),
      choice("session.per_user.when_full", kWhenFullWords, [](auto& c) { return &c.session.per_user.when_full; }),
      size("session.max_bytes", 1024, 16 * 1024 * 1024, [](auto& c) { return &c.session.max_bytes; }),
      size("session.identity_max_bytes", 256, 32 * 1024, [](auto& c) { return &c.session.identity_max_bytes; }),
      flag("session.cache.enabled", [](auto& c) { return &c.session.cache.enabled; }),
      duration("session.cache.max_staleness", {100ms, 60s}, [](auto& c) { return &c.session.cache.max_staleness; }),
      number("session.cache.max_entries", 64, 10'000'000, [](auto& c) { return &c.session.cache.max_entries; }),
      size("session.cache.max_bytes", 1024 * 1024, std::size_t{64} * 1024 * 1024 * 1024,
           [](auto& c) { return &c.session.cache.max_bytes; }),
  };
}

std::vector<Option> cookieOptions() {
  return {
      text("cookie.name", aboutCookieName, [](auto& c) { return &c.cookie.name; }),
      text("cookie.domain", aboutCookieDomain, [](auto& c) { return &c.cookie.domain; }),
      text("cookie.path", aboutCookiePath, [](auto& c) { return &c.cookie.path; }),
      flag("cookie.http_only", [](auto& c) { return &c.cookie.http_only; }),
      choice("cookie.secure", kSecureWords, [](auto& c) { return &c.cookie.secure; }),
      choice("cookie.same_site", kSameSiteWords, [](auto& c) { return &c.cookie.same_site; }),
      cookieMaxAge(),
      flag("cookie.rolling", [](auto& c) { return &c.cookie.rolling; }),
      flag("cookie.partitioned", [](auto& c) { return &c.cookie.partitioned; }),
      choice("cookie.priority", kCookiePriorityWords, [](auto& c) { return &c.cookie.priority; }),
  };
}

std::vector<Option> whoMayOptions() {
  return {
      {"identity", readIdentity, writeIdentity, schemaOfIdentity()},
      {"policies", readPolicies, writePolicies, schemaOfPolicies()},
      text("login.url", aboutLocalPath, [](auto& c) { return &c.login.url; }),
      text("login.default_redirect", aboutLocalUrl, [](auto& c) { return &c.login.default_redirect; }),
      texts("login.allowed_origins", aboutOrigin, [](auto& c) { return &c.login.allowed_origins; }),
      choices("login.authenticators", kAuthenticatorWords, [](auto& c) { return &c.login.authenticators; }),
      text("login.htpasswd_file", aboutNothing, [](auto& c) { return &c.login.htpasswd_file; }),
      text("login.redis_usual_hash", aboutPasswordHash, [](auto& c) { return &c.login.redis_usual_hash; }),
      text("login.http_verifier.url", aboutVerifierOrNone, [](auto& c) { return &c.login.http_verifier.url; }),
      text("login.http_verifier.token_file", aboutNothing, [](auto& c) { return &c.login.http_verifier.token_file; }),
      text("login.http_verifier.ca_file", aboutNothing, [](auto& c) { return &c.login.http_verifier.ca_file; }),
      duration("login.http_verifier.timeout", {10ms, 60s}, [](auto& c) { return &c.login.http_verifier.timeout; }),
      flag("login.case_insensitive", [](auto& c) { return &c.login.case_insensitive; }),
  };
}

std::vector<Option> throttleOptions() {
  return {
      number("login.throttle.device_failures", 1, kMost, [](auto& c) { return &c.login.throttle.device_failures; }),
      duration("login.throttle.device_window", {1s, 30 * kDay},
               [](auto& c) { return &c.login.throttle.device_window; }),
      number("login.throttle.known_place_failures", 1, kMost,
             [](auto& c) { return &c.login.throttle.known_place_failures; }),
      duration("login.throttle.known_place_window", {1s, 30 * kDay},
               [](auto& c) { return &c.login.throttle.known_place_window; }),
      number("login.throttle.stranger_free", 1, kMost, [](auto& c) { return &c.login.throttle.stranger_free; }),
      duration("login.throttle.stranger_first_wait", {1s, kDay},
               [](auto& c) { return &c.login.throttle.stranger_first_wait; }),
      duration("login.throttle.stranger_longest_wait", {1s, kDay},
               [](auto& c) { return &c.login.throttle.stranger_longest_wait; }),
      number("login.throttle.stranger_failures", 1, kMost, [](auto& c) { return &c.login.throttle.stranger_failures; }),
      duration("login.throttle.stranger_window", {1s, 30 * kDay},
               [](auto& c) { return &c.login.throttle.stranger_window; }),
      number("login.throttle.place_failures", 1, kMost, [](auto& c) { return &c.login.throttle.place_failures; }),
      duration("login.throttle.place_window", {1s, 30 * kDay}, [](auto& c) { return &c.login.throttle.place_window; }),
      number("login.throttle.place_daily_failures", 1, kMost,
             [](auto& c) { return &c.login.throttle.place_daily_failures; }),
  };
}

std::vector<Option> endOptions() {
  return {
      text("login.page_file", aboutNothing, [](auto& c) { return &c.login.page_file; }),
      text("logout.redirect", aboutLocalUrlOrNone, [](auto& c) { return &c.logout.redirect; }),
      number("logout.replicas", 0, 100, [](auto& c) { return &c.logout.replicas; }),
      wholeSeconds("logout.tombstone_lifetime", {60s, kTenYears}, [](auto& c) { return &c.logout.tombstone_lifetime; }),
      wholeSeconds("sessions.max_auth_age", {0s, kTenYears}, [](auto& c) { return &c.sessions.max_auth_age; }),
  };
}

std::vector<Option> pagesOptions() {
  return {
      text("pages.site_name", aboutNothing, [](auto& c) { return &c.pages.site_name; }),
      text("pages.logo_file", aboutNothing, [](auto& c) { return &c.pages.logo_file; }),
      text("pages.logo_dark_file", aboutNothing, [](auto& c) { return &c.pages.logo_dark_file; }),
      text("pages.accent", aboutNothing, [](auto& c) { return &c.pages.accent; }),
      text("pages.accent_dark", aboutNothing, [](auto& c) { return &c.pages.accent_dark; }),
      text("pages.help_url", aboutLinkOrNone, [](auto& c) { return &c.pages.help_url; }),
      text("pages.home_url", aboutLink, [](auto& c) { return &c.pages.home_url; }),
      text("pages.style_file", aboutNothing, [](auto& c) { return &c.pages.style_file; }),
      text("pages.folder", aboutNothing, [](auto& c) { return &c.pages.folder; }),
      flag("pages.script", [](auto& c) { return &c.pages.script; }),
      text("pages.language", aboutNothing, [](auto& c) { return &c.pages.language; }),
      texts("pages.languages", aboutNothing, [](auto& c) { return &c.pages.languages; }),
  };
}

std::vector<Option> applicationOptions() {
  return {
      flag("api.enabled", [](auto& c) { return &c.api.enabled; }),
      text("api.token_file", aboutNothing, [](auto& c) { return &c.api.token_file; }),
      flag("api.allow_without_token", [](auto& c) { return &c.api.allow_without_token; }),
      flag("api.may_change_user", [](auto& c) { return &c.api.may_change_user; }),
      text("cache.key_prefix", aboutAppCachePrefix, [](auto& c) { return &c.cache.key_prefix; }),
      size("cache.max_bytes", 1024, 16 * 1024 * 1024, [](auto& c) { return &c.cache.max_bytes; }),
  };
}

std::vector<Option> observationOptions() {
  return {
      choice("log.level", kLevelWords, [](auto& c) { return &c.log.level; }),
      choice("log.format", kFormatWords, [](auto& c) { return &c.log.format; }),
      withSchema(text("log.file", aboutLogFile, [](auto& c) { return &c.log.file; }), schemaOfPath()),
      flag("log.audit", [](auto& c) { return &c.log.audit; }),
      choice("log.audit_addresses", kAddressWords, [](auto& c) { return &c.log.audit_addresses; }),
      flag("log.refusals", [](auto& c) { return &c.log.refusals; }),
      flag("metrics.enabled", [](auto& c) { return &c.metrics.enabled; }),
      text("sessiond.key_prefix", aboutOwnPrefix, [](auto& c) { return &c.sessiond.key_prefix; }),
      text("sessiond.control_socket", aboutControlSocket, [](auto& c) { return &c.sessiond.control_socket; }),
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
