// What the gate in front of every password has counted.

#include <sysexits.h>

#include <cstdio>
#include <string>
#include <vector>

#include "base/log.h"
#include "endpoints/login/address_prefix.h"
#include "login/login_gate.h"
#include "login/user_name.h"
#include "redis/key_scan.h"
#include "redis/redis_attempt_store.h"
#include "sessionctl/commands.h"
#include "sessionctl/redis_site.h"

namespace sessiond::ctl {
namespace {

using Counters = Expected<std::vector<LoginGate::Counter>, int>;

/// The daemon's own gate, on the same keys.
struct Throttle {
  explicit Throttle(RedisSite& all)
      : site(all),
        store(all.redis, all.keys, all.clock),
        gate(all.config.login.throttle, all.config.session.secrets.front(), store, store, all.clock) {}

  RedisSite& site;
  RedisAttemptStore store;
  LoginGate gate;
};

/// The counters whose keys begin so.
Counters scan(const CommonOptions& options, Throttle& throttle, const std::string& prefix) {
  const std::string own = throttle.site.keys.own("");
  KeyScan keys(throttle.site.redis, own + prefix);
  const auto all = keys.all();
  Progress progress("keys looked at");
  std::vector<LoginGate::Counter> counters;
  for (;;) {
    const auto page = keys.next();
    if (!page) return Unexpected(failStore(options, page.error()));
    if (!*page) return counters;
    progress.show(keys.passed(), all);
    for (const std::string& key : **page)
      if (auto counter = throttle.gate.counterOf(std::string_view(key).substr(own.size())))
        counters.push_back(*counter);
  }
}

/// The user's name as the gate counts it, and the network as it does; the error is the exit code.
Counters countersFor(const CommonOptions& options, const ThrottleOptions& which, Throttle& throttle) {
  if (which.user.empty() && which.network.empty()) return scan(options, throttle, std::string(kTriesPrefix));
  std::vector<LoginGate::Counter> counters;
  if (!which.user.empty()) {
    const auto user = canonicalUserName(which.user, nameCaseOf(throttle.site.config.login));
    if (!user) return Unexpected(fail(options, EX_DATAERR, "--user: the login takes no such name"));
    auto known = scan(options, throttle, throttle.gate.knownPlacesOf(*user));
    if (!known) return known;
    counters = *std::move(known);
    counters.push_back(throttle.gate.strangersOf(*user));
  }
  if (!which.network.empty()) {
    const std::string place = addressPrefix(which.network);
    if (place.empty()) return Unexpected(fail(options, EX_DATAERR, "--network: must be an IPv4 or IPv6 address"));
    counters.push_back(throttle.gate.at(place));
  }
  return counters;
}

struct Counted {
  LoginGate::Counter counter;
  AttemptCount count;
};

/// Those that count anything.
Expected<std::vector<Counted>, int> read(const CommonOptions& options, Throttle& throttle,
                                         const std::vector<LoginGate::Counter>& counters) {
  std::vector<Counted> all;
  for (const LoginGate::Counter& counter : counters) {
    auto count = throttle.store.look(counter.key, *counter.limit);
    if (!count) return Unexpected(failStore(options, StoreError::kUnavailable));
    bool is_any = false;
    for (const AttemptCount::Window& window : count->windows) is_any = is_any || window.tries > 0;
    if (is_any) all.push_back({counter, *std::move(count)});
  }
  return all;
}

/// How many it got through.
std::size_t forget(Throttle& throttle, const std::vector<Counted>& counted) {
  std::size_t done = 0;
  while (done < counted.size() && throttle.store.forget(counted[done].counter.key)) ++done;
  return done;
}

std::int64_t secondsOf(std::chrono::milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time).count();
}

std::string jsonOf(const Counted& one) {
  std::vector<std::string> windows;
  windows.reserve(one.count.windows.size());
  for (std::size_t i = 0; i < one.count.windows.size(); ++i) {
    windows.push_back(JsonObject()
                          .number("tries", static_cast<std::int64_t>(one.count.windows[i].tries))
                          .number("allowed", one.counter.limit->windows[i].tries)
                          .number("ends_in_seconds", secondsOf(one.count.windows[i].left))
                          .json());
  }
  return JsonObject()
      .text("counts", nameOf(one.counter.kind))
      .text("key", one.counter.key)
      .number("wait_seconds", secondsOf(one.count.wait))
      .list("windows", windows)
      .json();
}

std::string triesOf(const Counted& one) {
  std::string tries;
  for (std::size_t i = 0; i < one.count.windows.size(); ++i) {
    const AttemptCount::Window& window = one.count.windows[i];
    tries += (tries.empty() ? "" : ", ") + std::to_string(window.tries) + " of " +
             std::to_string(one.counter.limit->windows[i].tries) + " for " + inWords(window.left);
  }
  return tries;
}

void print(const std::vector<Counted>& all) {
  std::vector<std::vector<std::string>> rows;
  for (const Counted& one : all) {
    const bool waits = one.count.wait > std::chrono::milliseconds(0);
    rows.push_back({std::string(nameOf(one.counter.kind)), waits ? "waits " + inWords(one.count.wait) : "may try",
                    triesOf(one), one.counter.key});
  }
  printTable({"COUNTS", "NEXT TRY", "TRIES", "KEY"}, std::move(rows));
}

}  // namespace

int throttleList(const CommonOptions& options, const ThrottleOptions& which) {
  const auto site = openRedis(options);
  if (!site) return site.error();
  Throttle throttle(**site);
  const auto counters = countersFor(options, which, throttle);
  if (!counters) return counters.error();
  const auto all = read(options, throttle, *counters);
  if (!all) return all.error();
  if (!options.json) {
    print(*all);
    return EX_OK;
  }
  std::vector<std::string> list;
  for (const Counted& one : *all) list.push_back(jsonOf(one));
  std::printf("%s\n", JsonObject().flag("ok", true).list("counters", list).json().c_str());
  return EX_OK;
}

int throttleClear(const CommonOptions& options, const ThrottleOptions& which) {
  const bool is_named = !which.user.empty() || !which.network.empty();
  if (is_named == which.all) {
    return fail(options, EX_USAGE, "say whose tries to forget: --user NAME, --network ADDRESS or both; or --all");
  }
  if (which.all && !which.yes && !confirmed("Forget all wrong passwords that were counted?")) {
    return fail(options, EX_USAGE, "nothing was forgotten; --yes forgets all without asking");
  }
  const auto site = openRedis(options);
  if (!site) return site.error();
  Throttle throttle(**site);
  const auto counters = countersFor(options, which, throttle);
  if (!counters) return counters.error();
  const auto counted = read(options, throttle, *counters);
  if (!counted) return counted.error();
  const std::size_t cleared = forget(throttle, *counted);
  audit("throttle_cleared",
        {{"user", which.user.empty() ? "" : pseudonym((**site).log_key, which.user)}, {"counters", cleared}});
  if (cleared < counted->size()) return failStore(options, StoreError::kUnavailable);
  if (options.json) {
    const auto count = static_cast<std::int64_t>(cleared);
    std::printf("%s\n", JsonObject().flag("ok", true).number("cleared", count).json().c_str());
  } else {
    sayDone(counted->empty() ? "nothing was counted" : "forgotten; tries are let in again, within two seconds");
  }
  return EX_OK;
}

}  // namespace sessiond::ctl
