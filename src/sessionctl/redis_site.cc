#include "sessionctl/redis_site.h"

#include <sysexits.h>

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/log.h"
#include "redis/error_reply.h"
#include "redis/redis_connection.h"
#include "redis/sentinel_contact.h"
#include "redis/sentinel_view.h"
#include "site_sessions.h"

namespace sessiond::ctl {
namespace {

constexpr std::chrono::seconds kPatienceWithOthers{3};
constexpr std::chrono::milliseconds kPause{50};

/// The audit log is the daemon's, where that is a file that is there: one made here would not be the daemon's to write.
/// Warnings go the same way; on a terminal there is nobody to read more of them than that.
LogSettings logSettingsOf(const LogSettings& daemons) {
  LogSettings log = daemons;
  log.level = LogLevel::kWarn;
  std::error_code ignored;
  if (log.file.empty() || !std::filesystem::exists(log.file, ignored)) {
    log.file.clear();
    log.format = LogFormat::kText;
  }
  return log;
}

}  // namespace

RedisSite::RedisSite(Prepared all)
    : prepared(std::move(all)),
      config(*prepared.config),
      topology(config, learned, clock, metrics),
      redis(topology.access()),
      keys(config.session.key_prefix, config.sessiond.key_prefix),
      store(redis, config.session, keys, config.logout.replicas),
      index(redis, keys, config.logout.tombstone_lifetime),
      log_key(logKeyOf(config.session.secrets.front())),
      handles(config.session.secrets),
      list({config.session, store, nullptr, index, handles, clock}),
      ender({config.session, TombstoneLifetime::from(config.session, config.cookie, config.logout), store, index,
             log_key, clock, metrics}) {}

Expected<std::unique_ptr<RedisSite>, int> openSite(const CommonOptions& options) {
  static const SystemClock clock;  // what is prepared goes on asking it
  auto prepared = prepare(options.config_file, ListeningSocket::kNone, clock);
  if (!prepared) return Unexpected(sayProblems(options, false, prepared.error(), ""));
  setUpLog(logSettingsOf(prepared->config->log));
  return std::make_unique<RedisSite>(*std::move(prepared));
}

StartupReport awaitRedis(RedisSite& site) {
  StartupReport report = site.redis.probe();
  const SteadyTime patience = site.clock.steadyNow() + kPatienceWithOthers;
  while (site.topology.needsDiscovery() && report.outcome == StartupProbe::kUnreachable &&
         site.clock.steadyNow() < patience) {
    std::this_thread::sleep_for(kPause);
    report = site.redis.probe();
  }
  return report;
}

std::optional<ConnectionError> troubleWithSentinel(RedisSite& site, const std::string& node) {
  const SentinelSettings& sentinel = site.config.redis.sentinel;
  RedisClient client(settingsForSentinel(node, sentinel, site.config.redis.tls), site.clock, site.metrics);
  auto connection = client.dial();
  if (!connection) return connection.error();
  RedisCommands questions;
  writeSentinelQuestions(sentinel.master, questions);
  RedisReplies replies;
  const auto done = (*connection)->exchange(questions, replies, site.clock.steadyNow(), client.newDeadline());
  if (!done) return done.error();
  const auto view = readSentinelView(replies);
  if (view) return std::nullopt;
  return rejection(view.error());
}

Expected<std::unique_ptr<RedisSite>, int> openRedis(const CommonOptions& options) {
  auto site = openSite(options);
  if (!site) return site;
  const StartupReport report = awaitRedis(**site);
  if (report.outcome == StartupProbe::kUnreachable) return Unexpected(fail(options, EX_UNAVAILABLE, report.message));
  if (report.outcome == StartupProbe::kMisconfigured || report.outcome == StartupProbe::kUnknown)
    return Unexpected(fail(options, EX_CONFIG, report.message));
  return site;
}

/// As often as it takes: the ender has a limit of time for those who wait in a browser.
Expected<Ending, StoreError> endAllOf(RedisSite& site, const std::string& user_id) {
  for (;;) {
    auto ended = site.ender.endAllOf(user_id, kAdministrator, {});
    if (ended) return ended;
    // More than fit into that time, or no answer in time? Another question tells.
    if (ended.error() != StoreError::kTimeout || !site.index.list(user_id, 1)) {
      return Unexpected(ended.error());
    }
  }
}

int failStore(const CommonOptions& options, StoreError error, const std::vector<std::string>& further) {
  switch (error) {
    case StoreError::kTimeout:
      return fail(options, EX_TEMPFAIL,
                  "Redis did not answer in time (redis.command_timeout); what was begun may be half done: run it again",
                  further);
    case StoreError::kCorrupt:
      return fail(options, EX_DATAERR, "a key in Redis holds something of another type than sessiond keeps there",
                  further);
    case StoreError::kUnavailable:
      break;
  }
  return fail(
      options, EX_UNAVAILABLE,
      "Redis did not do what it was asked for: it is gone, or its user (redis.user) may not; the log line above, "
      "or in log.file, says which",
      further);
}

}  // namespace sessiond::ctl
