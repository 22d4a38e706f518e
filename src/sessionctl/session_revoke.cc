// sessionctl session revoke --all: logs everybody out. It talks to Redis itself, so it works without a daemon; running
// daemons are told by Redis.

#include <sysexits.h>

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "redis/redis_session_scan.h"
#include "session/everybody_ender.h"
#include "session/session_handles.h"
#include "sessionctl/commands.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {
namespace {

/// So seldom that a terminal can be read, and so often that one sees it get on.
constexpr std::size_t kPagesToReport = 100;

/// RedisAccess has logged the reason.
constexpr std::string_view kUndone =
    "Redis did not do what it was asked for: it is gone, or its user (redis.user) may not; the log line above, or in "
    "log.file, says which";

/// Where a run was cut off, as it says it and is told it: CURSOR@MS, where the scan had come to, and when the counter
/// had been moved, in milliseconds since 1970. Without that nobody could tell who logged in before and outlived the
/// counter from who has logged in since.
struct CutOff {
  std::string cursor{SessionScan::kEnd};
  WallTime moved{};
};

std::optional<CutOff> parseCutOff(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto moved = parseInteger<std::int64_t>(text.substr(at + 1));
  if (at == 0 || !moved || *moved <= 0) return std::nullopt;
  return CutOff{.cursor = std::string(text.substr(0, at)), .moved = WallTime(std::chrono::milliseconds(*moved))};
}

/// What beside --all was meant instead of it, as it is written; "": nothing was named.
std::string meantInstead(const SessionOptions& which) {
  std::string words;
  for (const std::string& handle : which.handles) words += " " + (SessionHandles::canBe(handle) ? handle : "HANDLE");
  if (!which.user.empty()) words += " --user " + which.user;
  if (which.scan && !which.user.empty() && which.handles.empty()) words += " --scan";
  return words.empty() ? "" : "`sessionctl session revoke" + words + "`, or ";
}

/// So far.
struct Sweep : EverybodyEnder::Swept {
  std::optional<EverybodyEnder::Moved> moved = EverybodyEnder::Moved();
};

std::string describe(const Sweep& progress) {
  const bool all = !progress.moved;
  return std::to_string(progress.looked_at) + " sessions looked at, " + std::to_string(progress.ended) +
         (all ? " ended" : " of applications ended");
}

/// Of a sweep without the counter there is none: whoever went on would leave it unmoved.
std::string placeToGoOn(const Sweep& progress) {
  if (!progress.moved) return "";
  return "--from " + harmless(progress.next) + "@" + std::to_string(progress.moved->at.time_since_epoch().count());
}

int failHalfway(const CommonOptions& options, const Sweep& progress, const std::string& what) {
  const std::string place = placeToGoOn(progress);
  return fail(options, EX_UNAVAILABLE, what,
              {describe(progress), place.empty() ? "to go on: run this again" : "to go on from there: " + place});
}

int sayAllEnded(const CommonOptions& options, const Sweep& progress) {
  const bool is_final = progress.burial == Burial::kBuried;
  if (options.json) {
    std::printf("%s\n", JsonObject()
                            .flag("ok", is_final)
                            .number("ended", static_cast<std::int64_t>(progress.ended))
                            .flag("final", is_final)
                            .number("looked_at", static_cast<std::int64_t>(progress.looked_at))
                            .json()
                            .c_str());
  } else if (is_final) {
    sayDone("everybody is logged out: " + describe(progress));
  } else {
    std::fprintf(
        stderr,
        "sessionctl: %s, but Redis would not take every tombstone: an application that still has a copy of a session "
        "can bring it back; the log line above, or in log.file, says why; mend that and run this again\n",
        describe(progress).c_str());
  }
  return is_final ? EX_OK : EX_TEMPFAIL;
}

Expected<std::uint64_t, StoreError> endLogins(const EverybodyEnder& ender) {
  const auto epoch = ender.endLogins();
  if (epoch) audit("revoke_logins", {{"epoch", *epoch}});
  return epoch;
}

/// Another code than 0: it has been said why it was not all.
int sweep(const CommonOptions& options, const EverybodyEnder& ender, Sweep& progress) {
  for (std::size_t pages = 1;; ++pages) {
    const auto swept = ender.sweep(progress.next, progress.moved);
    if (!swept) {
      const bool none = !progress.moved && progress.ended == 0;
      return failHalfway(options, progress,
                         std::string(kUndone) + (none ? "; nobody is logged out" : "; some sessions may live on"));
    }
    progress.looked_at += swept->looked_at;
    progress.ended += swept->ended;
    if (swept->burial == Burial::kUnburied) progress.burial = Burial::kUnburied;
    progress.next = swept->next;
    if (progress.next == SessionScan::kEnd) return EX_OK;
    if (options.json || pages % kPagesToReport != 0) continue;
    const std::string place = placeToGoOn(progress);
    std::fprintf(stderr, "%s%s\n", describe(progress).c_str(), place.empty() ? "" : (" (" + place + ")").c_str());
  }
}

}  // namespace

int revokeAll(const CommonOptions& options, const SessionOptions& which) {
  if (!which.handles.empty() || !which.user.empty() || which.scan) {
    return fail(options, EX_USAGE,
                "nobody was logged out: --all is everybody, and goes with no handle, --user or --scan; write " +
                    meantInstead(which) + "--all without those");
  }
  const bool goes_on = !which.from.empty();
  const auto place = goes_on ? parseCutOff(which.from) : CutOff();
  if (!place) {
    return fail(
        options, EX_USAGE,
        "--from: must be what the run said that was cut off, such as 17@1767225600000, but is " + harmless(which.from));
  }
  if (!which.yes && !confirmed("Log everybody out? It cannot be undone.")) {
    return fail(options, EX_USAGE, "nobody was logged out; --yes logs everybody out without asking");
  }
  const auto opened = openRedis(options);
  if (!opened) return opened.error();
  RedisSite& site = **opened;
  RedisSessionScan scan(site.redis, site.keys);
  const FactsExtractor extractor(site.config.extractionRules());
  const EverybodyEnder ender({site.store, scan, extractor,
                              TombstoneLifetime::from(site.config.session, site.config.cookie, site.config.logout),
                              site.config.session.max_bytes});
  Sweep progress;
  progress.next = place->cursor;
  const WallTime began = goes_on ? place->moved : SystemClock().wallNow();
  // Whoever goes on with a sweep has moved the counter already.
  const auto epoch = goes_on ? site.store.raiseEpoch(0) : endLogins(ender);
  if (!epoch && epoch.error() == StoreError::kCorrupt) {
    return fail(options, EX_DATAERR,
                site.keys.epoch() + " holds something that is no counter: delete it, then try again");
  }
  if (!epoch && goes_on) return failHalfway(options, progress, std::string(kUndone) + "; some sessions may live on");
  // A full server takes no counter, but deletes; and that makes room.
  if (!epoch) progress.moved = std::nullopt;
  if (epoch) progress.moved = {.epoch = *epoch, .at = began};
  const int code = sweep(options, ender, progress);
  const bool is_final = progress.burial == Burial::kBuried;
  audit("revoke_swept", {{"ended", progress.ended}, {"tombstones", std::string_view(is_final ? "yes" : "no")}});
  if (code != EX_OK) return code;
  if (!epoch && !endLogins(ender)) {
    return fail(
        options, EX_TEMPFAIL,
        "every session that was there is ended, but Redis takes no counter: who logged in meanwhile is not logged out; "
        "the log line above, or in log.file, says why; mend that and run this again",
        {describe(progress)});
  }
  return sayAllEnded(options, progress);
}

}  // namespace sessiond::ctl
