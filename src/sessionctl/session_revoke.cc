// sessionctl session revoke --all: logs everybody out. It talks to Redis itself, so it works without a daemon; running
// daemons are told by Redis.

#include <sysexits.h>

#include <cstdio>
#include <string>

#include "redis/redis_session_scan.h"
#include "session/everybody_ender.h"
#include "sessionctl/commands.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {
namespace {

/// So seldom that a terminal can be read, and so often that one sees it get on.
constexpr std::size_t kPagesToReport = 100;

struct Sweep {
  std::size_t looked_at = 0;
  std::size_t ended = 0;
  std::string next;
};

std::string describe(const Sweep& progress) {
  return std::to_string(progress.looked_at) + " sessions looked at, " + std::to_string(progress.ended) +
         " of applications ended";
}

ControlAnswer failure(const Sweep& progress, std::string what) {
  return {.exit_code = EX_UNAVAILABLE,
          .lines = {std::move(what), describe(progress), "to go on from there: --from " + progress.next}};
}

ControlAnswer sweep(const EverybodyEnder& ender, Sweep& progress, bool reports) {
  for (std::size_t pages = 1;; ++pages) {
    const auto swept = ender.sweep(progress.next);
    if (!swept) return failure(progress, "Redis does not answer; what applications made may live on");
    progress.looked_at += swept->looked_at;
    progress.ended += swept->ended;
    progress.next = swept->next;
    if (progress.next == SessionScan::kEnd) break;
    if (reports && pages % kPagesToReport == 0)
      std::fprintf(stderr, "%s (--from %s)\n", describe(progress).c_str(), progress.next.c_str());
  }
  return {.lines = {"looked_at: " + std::to_string(progress.looked_at), "ended: " + std::to_string(progress.ended)}};
}

}  // namespace

int revokeAll(const CommonOptions& options, const SessionOptions& which) {
  if (!which.yes && !confirmed("Log everybody out? It cannot be undone.")) {
    return sayAnswer(
        options, {.exit_code = EX_USAGE, .lines = {"nobody was logged out; --yes logs everybody out without asking"}},
        false, "");
  }
  const auto opened = openRedis(options);
  if (!opened) return opened.error();
  RedisSite& site = **opened;
  RedisSessionScan scan(site.redis, site.keys);
  const FactsExtractor extractor(site.config.extractionRules());
  const EverybodyEnder ender({site.store, scan, extractor,
                              TombstoneLifetime::from(site.config.session, site.config.cookie, site.config.logout)});
  Sweep progress{.next = which.from};
  // Whoever goes on with a sweep has moved the counter already.
  if (which.from == SessionScan::kEnd) {
    const auto epoch = ender.endLogins();
    if (!epoch && epoch.error() == StoreError::kCorrupt) {
      return sayAnswer(
          options,
          {.exit_code = EX_DATAERR,
           .lines = {site.keys.epoch() + " holds something that is no counter: delete it, then try again"}},
          false, "");
    }
    if (!epoch) return sayAnswer(options, failure(progress, "Redis does not answer; nobody is logged out"), false, "");
  }
  return sayAnswer(options, sweep(ender, progress, !options.json), true, "");
}

}  // namespace sessiond::ctl
