#include "config/config_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "config/config_changes.h"
#include "config/config_file.h"
#include "config/config_reader.h"
#include "unit/config/secret_folder.h"

namespace sessiond {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kEverythingElse[] = R"(
listen: {socket: "[::1]:9000", mode: "0600", group: www-data, backlog: 5, lanes: 3, workers: 8, password_workers: 3,
  max_connections: 99, request_timeout: 1500ms, drain_timeout: 0s}
redis: {url: "rediss://app@db:6380/7", user: app, password_file: /etc/pw,
  tls: {ca_file: /etc/ca.pem, cert_file: /etc/own.pem, key_file: /etc/own.key, server_name: db.example, verify: false}, connect_timeout: 1s, command_timeout: 70ms,
  allow_replica: true, breaker: {failures: 2, min_backoff: 50ms, max_backoff: 9s}}
session: {key_prefix: "", user_at: /passport/user, user_id_at: /passport/user, roles_at: "/a b/~0", secret_files: [a, "credential:b"],
  idle_timeout: 90s, absolute_timeout: 12h, touch_interval: 0s, per_user: {max: 3, when_full: refuse}, max_bytes: 1000000, identity_max_bytes: 300,
  cache: {enabled: false, max_staleness: 300ms, max_entries: 1000, max_bytes: 8m}}
cookie: {name: __Host-sid, domain: "", path: /, http_only: false, secure: always, same_site: none, max_age: 30d,
  rolling: true, partitioned: true, priority: low}
identity: {X-Id: {from: "/a,b", join: ";", encode: percent, required: true}, "null": /x, X-All: {from: /user,
  encode: base64url}}
policies: {guests: {require: optional, max_auth_age: 5m}, "no": {roles_any: ["a b", "true", "#1"], roles_all: ["é"],
  match: {"/x: y": false, /n: -1.5e3, /s: "a\"\\"}}}
login: {url: /in, default_redirect: "/?a=b", allowed_origins: ["https://a:8443"], authenticators: [redis, htpasswd],
  htpasswd_file: /etc/users, redis_usual_hash: "$2b$10$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K",
  http_verifier: {url: "https://accounts.example/verify", token_file: /etc/verifier-token, ca_file: /etc/verifier.pem,
    timeout: 7s}, case_insensitive: true, throttle: {device_failures: 1, device_window: 1h, known_place_failures: 2,
    known_place_window: 2h, stranger_free: 3, stranger_first_wait: 2s, stranger_longest_wait: 3h, stranger_failures: 99,
    stranger_window: 2d, place_failures: 7, place_window: 3h, place_daily_failures: 8}, page_file: "/etc/a: b"}
logout: {redirect: /bye, replicas: 2, tombstone_lifetime: 90m}
sessions: {max_auth_age: 5m}
pages: {site_name: "A: b", logo_file: /etc/logo.svg, logo_dark_file: /etc/dark.svg, accent: "#047857",
  accent_dark: "#6ee7b7", help_url: "https://help.example/?a", home_url: /home, style_file: /etc/own.css,
  folder: /etc/pages, script: false, language: pt-BR, languages: [de, pt-BR]}
api: {enabled: true, token_file: /etc/token, allow_without_token: true, may_change_user: true}
cache: {key_prefix: "app:", max_bytes: 2m}
log: {level: debug, format: json, file: /var/log/sessiond.log, audit: false, audit_addresses: full,
  refusals: true}
metrics: {enabled: false}
sessiond:
  key_prefix: "site-a:"
  control_socket: /run/other.sock
)";

Config read(const std::string& yaml) {
  ConfigDraft draft = readConfig(yaml, "test");
  for (const ConfigProblem& problem : draft.report.take()) {
    if (problem.severity == ProblemSeverity::kError) ADD_FAILURE() << describe(problem);
  }
  return std::move(draft.config);
}

TEST(ConfigDump, OfTheReferenceIsThatOfTheDefaults) {
  const SecretFolder credentials;
  const auto result = readConfigFile("conf/sessiond.yaml", credentials.path());
  ASSERT_TRUE(result) << "run from the top of the source tree; " << describe(result.error().front());
  EXPECT_THAT(result->warnings, IsEmpty());
  EXPECT_EQ(dumpConfig(result->config), dumpConfig(Config{}));
}

TEST(ConfigDump, IsReadAgainToTheSame) {
  const std::string defaults = dumpConfig(Config{});
  EXPECT_EQ(dumpConfig(read(defaults)), defaults);
}

TEST(ConfigDump, KeepsEveryOptionThatIsNotAtItsDefault) {
  const std::string dump = dumpConfig(read(kEverythingElse));
  EXPECT_EQ(dumpConfig(read(dump)), dump);
  const std::string defaults = dumpConfig(Config{});
  std::istringstream lines(dump);
  for (std::string line; std::getline(lines, line);) {
    const bool is_of_sentinels = line == "    master: \"\"" || line == "    nodes: []" || line == "    user: \"\"" ||
                                 line == "    password_file: \"\"" || line == "    tls: false" ||
                                 line == "    database: 0" || line == "    max_silence: 5s";
    const bool is_heading = line.ends_with(":") || line.starts_with("#");
    const bool stays = line == "  domain: \"\"" || line == "  path: /" || line == "    roles_any: []" ||
                       line == "    roles_all: []" || line == "    match: {}" || line == "    max_auth_age: 0s" ||
                       line == "    require: session" || line.starts_with("  enabled:");
    if (is_heading || stays || is_of_sentinels) continue;
    EXPECT_THAT(defaults, Not(HasSubstr(line + "\n")));
  }
  // One section's default is what the other one is not.
  EXPECT_THAT(dump, HasSubstr("api:\n  enabled: true\n"));
  EXPECT_THAT(dump, HasSubstr("metrics:\n  enabled: false\n"));
}

TEST(ConfigDump, KeepsSentinelsWhichNeedNoUrl) {
  const std::string dump =
      dumpConfig(read("redis: {sentinel: {master: main, nodes: [\"a:1\", \"[::1]\"], user: u, password_file: /etc/pw, "
                      "tls: true, database: 3, "
                      "max_silence: 2s}}\n"));
  EXPECT_THAT(dump, HasSubstr("redis:\n  url: \"\"\n"));
  EXPECT_THAT(dump, HasSubstr("  sentinel:\n    master: main\n    nodes: [\"a:1\", \"[::1]\"]\n    user: u\n"
                              "    password_file: /etc/pw\n    tls: true\n    database: 3\n    max_silence: 2s\n"));
  EXPECT_EQ(dumpConfig(read(dump)), dump);
}

TEST(ConfigDump, WritesTheShortAndTheLongFormOfAHeader) {
  EXPECT_THAT(dumpConfig(read("identity: {X-A: {from: /a}, X-B: {from: /b, join: \";\", required: true}}\n")),
              HasSubstr("identity:\n  X-A: /a\n  X-B: {from: /b, join: \";\", required: true}\npolicies:\n"));
  EXPECT_THAT(
      dumpConfig(read("identity: {X-User-Id: {from: /a, required: false, lost: empty}, X-B: {from: /b, join: \",\", "
                      "lost: refuse}}\n")),
      HasSubstr("identity:\n  X-User-Id: {from: /a, required: false, lost: empty}\n"
                "  X-B: {from: /b, join: \",\", lost: refuse}\n"));
  EXPECT_THAT(dumpConfig(read("identity: {}\n")), HasSubstr("identity: {}\n"));
}

TEST(ConfigDump, HidesSecrets) {
  Config config;
  config.redis.password = Secret(std::string("hunter2"));
  config.redis.sentinel.password = Secret(std::string("hunter3"));
  config.session.secrets.emplace_back(std::string(48, 's'));
  config.api.token = Secret(std::string("a token nobody may see"));
  EXPECT_EQ(dumpConfig(config), dumpConfig(Config{}));
}

TEST(ConfigChanges, KnowsWhatNamesCredentials) {
  EXPECT_EQ(optionsWithCredentials(Config{}), "session.secret_files");
  const Config all = read(
      "session: {secret_files: [one, \"credential:two\"]}\n"
      "redis: {password_file: \"credential:a\", tls: {key_file: \"credential:b\"}}\n"
      "api: {token_file: \"credential:c\"}\n");
  EXPECT_EQ(optionsWithCredentials(all),
            "redis.password_file, redis.tls.key_file, session.secret_files, api.token_file");
  EXPECT_EQ(optionsWithCredentials(read("session: {secret_files: [one]}\nredis: {user: \"credential:\"}\n")), "");
}

TEST(ConfigChanges, OnlyWhatStandsFromTheStartNeedsARestart) {
  const StartedWith defaults = startedWith(Config{});
  EXPECT_THAT(changesNeedingRestart(defaults, Config{}), IsEmpty());
  EXPECT_THAT(changesNeedingRestart(defaults, read("listen: {mode: \"0600\", workers: 5}\nlog: {level: warn}\n")),
              ElementsAre("listen.mode", "listen.workers"));
  EXPECT_THAT(changesNeedingRestart(defaults, read("sessiond: {control_socket: /run/other.sock}\n")),
              ElementsAre("sessiond.control_socket"));
  EXPECT_THAT(
      changesNeedingRestart(
          defaults, read("redis: {url: redis://db}\ncookie: {name: sid}\nsessiond: {key_prefix: \"site-a:\"}\n")),
      IsEmpty());
}

TEST(ConfigChanges, TheTimeToDrainIsTheOneInForceAtTheEnd) {
  EXPECT_THAT(changesNeedingRestart(startedWith(Config{}), read("listen: {drain_timeout: 1m}\n")), IsEmpty());
}

}  // namespace
}  // namespace sessiond
