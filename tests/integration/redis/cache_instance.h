// An instance of sessiond as far as its in-process cache goes: what lanes share, and one lane, with a real Redis
// behind.

#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/crypto.h"
#include "redis/invalidation_listener.h"
#include "redis/redis_lane_store.h"
#include "redis/redis_session_store.h"
#include "redis/sentinel_watch.h"
#include "redis_test_fixture.h"
#include "session/coherent_store.h"
#include "session/facts_extractor.h"
#include "session/session_cache.h"
#include "session/session_loader.h"
#include "support/poll_loop.h"
#include "support/session_ids.h"
#include "support/soon.h"

namespace sessiond {

/// What the lanes of an instance share however Redis is reached.
struct SiteParts {
  SiteParts(SessionSettings its_config, const Clock& clock, MetricsRegistry& metrics)
      : config(std::move(its_config)),
        revoked(clock, metrics),
        reader(extractor, {.latest_writer = 3600s, .usual_life = 3600s}, revoked, epoch, log_names, metrics,
               [](const SessionId&, seconds) {}),
        loader_metrics(metrics) {}

  static SessionSettings sessionConfig(const std::string& prefix, milliseconds max_staleness) {
    SessionSettings made;
    made.key_prefix = prefix;
    made.cache.max_staleness = max_staleness;
    return made;
  }

  const SessionSettings config;
  const RedisKeys keys = keysFor(config);
  FactsExtractor extractor{ExtractionRules{.identity = {{.name = "U", .from = "/user/id"}}}};
  HmacKey log_names{Secret(std::string("names"))};
  RevokedSessions revoked;
  LiveCaches caches;
  LoginEpoch epoch;
  FactsReader reader;
  TouchThrottle throttle{60s};
  LateTouches late;
  LoaderMetrics loader_metrics;
};

/// Of an instance that has none from elsewhere.
struct ClockAndFigures {
  SystemClock clock;
  MetricsRegistry metrics;
};

/// What the lanes of an instance of sessiond share, as far as sessions go.
struct Site : ClockAndFigures, SiteParts {
  /// `lanes_url`: where the lanes are led to instead; empty: to the same server.
  Site(const RedisSettings& redis, const std::string& prefix, milliseconds max_staleness, const std::string& lanes_url)
      : SiteParts(sessionConfig(prefix, max_staleness), clock, metrics),
        client(redis, kProbeKey, clock, metrics),
        astray(lanes_url.empty() ? nullptr : std::make_unique<RedisClient>(configFor(lanes_url), clock, metrics)),
        trust(max_staleness),
        listener(client, keys, cache, burials, canaries, clock, metrics,
                 [this] { canaries.distrust(DistrustReason::kEverybody); }) {
    if (!redis.sentinel.used()) return;
    watch = std::make_unique<SentinelWatch>(redis, SentinelWatch::intervalFor(max_staleness), client.node(), learned,
                                            clock, metrics);
    soon([this] { return is_led.load(); }, 500ms);
  }

  std::unique_ptr<LaneStore> makeLaneStore(EventLoop& loop) {
    return std::make_unique<RedisLaneStore>(lanesNode(), &canaries, config, keys, loop, clock);
  }

  RedisNode& lanesNode() { return astray ? astray->node() : client.node(); }

  RedisClient client;
  std::unique_ptr<RedisClient> astray;  ///< for its node
  CacheTrust trust;
  SessionCache cache{CacheLimits{}, trust};
  RedisSessionStore redis_store{client, config, keys};
  const LiveCaches::Membership membership{caches, cache};
  CoherentStore store{redis_store, caches, revoked, epoch, clock};
  BurialQueue burials{store, redis_store, revoked, log_names, metrics};
  Canaries canaries{trust, keys, metrics};
  InvalidationListener listener;
  const NodeObservers::Registration registration{
      client.node().observers(),
      {.moved =
           [this] {
             canaries.renewAll();
             burials.renewAfterMove();
             is_led = true;
           },
       .doubted = [this] { canaries.distrust(DistrustReason::kSentinels); }}};
  std::atomic<bool> is_led = false;  ///< by sentinels: whoever was connected before is connected anew
  LearnedNodes learned;
  std::unique_ptr<SentinelWatch> watch;
  const milliseconds budget{750};  ///< of a check
};

/// Of one thread.
template <typename AnySite>
class LaneOf final : private SessionLoader::Client {
 public:
  explicit LaneOf(AnySite& site) : site_(site), store_(site.makeLaneStore(loop_)) {}

  /// The user's id, or what else is known of the session; from memory if it can be.
  std::string check(const std::string& name) {
    live();
    const std::string cookie = "s:" + name + ".signature";
    if (const auto found = site_.cache.recognize(cookie, now()).found) return describe(*found);
    const SessionId id = idOf(name);
    SessionWant want{.id = &id, .cookie = cookie, .arrived = now()};
    loaded_ = false;
    loader_.want(want);
    loader_.flush();
    EXPECT_TRUE(loop_.runUntil([this] { return loaded_; }));
    return describe(want.found);
  }
  bool isInMemory(const std::string& name) {
    live();
    return site_.cache.recognize("s:" + name + ".signature", now()).found.has_value();
  }
  /// Touches it, whose life is thought to end after so long: what became of it.
  std::string touch(const std::string& name, std::chrono::seconds ttl, milliseconds left) {
    TouchWant want{.id = idOf(name), .ttl = ttl, .ends = now() + left, .arrived = now()};
    touched_ = false;
    loader_.want(want);
    loader_.flush();
    EXPECT_TRUE(loop_.runUntil([this] { return touched_; }));
    if (!want.result) return "unavailable";
    return *want.result == TouchOutcome::kTouched ? "touched"
           : *want.result == TouchOutcome::kGone  ? "gone"
                                                  : "changed";
  }
  /// Begins a check; done() is called when it ends.
  void begin(const std::string& name, std::function<void(const std::string&)> done) {
    auto& begun = begun_.emplace_back();
    begun.id.emplace(idOf(name));
    begun.done = std::move(done);
    begun.want = {.id = &*begun.id, .arrived = now(), .asker = &begun};
    loader_.want(begun.want);
    loader_.flush();
  }
  bool runUntil(const std::function<bool()>& condition) { return loop_.runUntil(condition); }
  /// Lets the lane do what it does while checks are made.
  void live() {
    store_->noteUse();
    loop_.run(milliseconds(0));
  }

 private:
  /// A check that nobody waits for here.
  struct Begun final : Asker {
    std::optional<SessionId> id;
    SessionWant want;
    std::function<void(const std::string&)> done;
  };

  void loaded(SessionWant& want) override {
    if (want.asker == nullptr) {
      loaded_ = true;
    } else {
      static_cast<Begun*>(want.asker)->done(describe(want.found));
    }
  }
  void touched(TouchWant&) override { touched_ = true; }
  SteadyTime now() { return site_.clock.steadyNow(); }
  static std::string describe(const FoundSession& found) {
    return std::string(found.absence ? nameOf(*found.absence) : found.session->identity().text());
  }

  AnySite& site_;
  PollLoop loop_;
  std::list<Begun> begun_;
  const std::unique_ptr<LaneStore> store_;
  SessionLoader loader_{{.cache = site_.cache,
                         .reader = site_.reader,
                         .throttle = site_.throttle,
                         .late = site_.late,
                         .metrics = site_.loader_metrics,
                         .clock = site_.clock,
                         .budget = site_.budget},
                        *store_,
                        loop_,
                        *this};
  bool loaded_ = false;
  bool touched_ = false;
};
using Lane = LaneOf<Site>;

/// A site with one lane.
template <typename AnySite>
class InstanceOf {
 public:
  std::string check(const std::string& name) { return lane_.check(name); }
  bool isInMemory(const std::string& name) { return lane_.isInMemory(name); }
  /// As far as memory is believed; where a machine was too slow for a proof, once there is one again. Nothing is
  /// loaded.
  bool isKept(const std::string& name) {
    return soon([&] { return isInMemory(name); });
  }
  bool keeps(const std::string& name) {
    check(name);
    return isInMemory(name);
  }
  /// Waits until its subscription stands and the session is kept.
  ::testing::AssertionResult settle(const std::string& name) {
    if (soon([&] { return keeps(name); })) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << name << " is not kept: " << check(name);
  }
  std::uint64_t counter(const std::string& name, const MetricLabels& labels = {}) {
    return site_.metrics.counter(name, "", labels).read();
  }
  std::uint64_t invalidations() { return counter("sessiond_cache_invalidations_total"); }
  std::uint64_t subscriptions() { return counter("sessiond_cache_subscriptions_total"); }
  /// Of what was believed, for this reason.
  std::uint64_t losses(const std::string& reason) {
    return counter("sessiond_cache_trust_lost_total", {{"reason", reason}});
  }
  std::uint64_t misses() { return counter("sessiond_cache_misses_total"); }
  SessionStore& store() { return site_.store; }
  AnySite& site() { return site_; }
  LaneOf<AnySite>& lane() { return lane_; }

 protected:
  template <typename... Arguments>
  explicit InstanceOf(const Arguments&... arguments) : site_(arguments...) {}

 private:
  AnySite site_;
  LaneOf<AnySite> lane_{site_};
};

class Instance : public InstanceOf<Site> {
 public:
  explicit Instance(const RedisSettings& redis,
                    const std::string& prefix = "sess:", milliseconds max_staleness = 1000ms,
                    const std::string& lanes_url = "")
      : InstanceOf(redis, prefix, max_staleness, lanes_url) {}
  explicit Instance(const std::string& url, const std::string& prefix = "sess:", milliseconds max_staleness = 1000ms,
                    const std::string& lanes_url = "")
      : Instance(configFor(url), prefix, max_staleness, lanes_url) {}
};

inline std::string sessionOf(const std::string& user) {
  return R"({"cookie":{},"user":{"id":")" + user + R"("}})";
}

}  // namespace sessiond
