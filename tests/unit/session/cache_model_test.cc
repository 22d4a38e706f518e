// The cache's promise, against a model: many threads read, write, lose and regain the subscription at random, and no
// read may ever see a version older than the promise allows.
//
// The model of Redis is a version for each session. A write raises it and puts an invalidation in a queue, which a
// listener thread carries out some time later. The floor of a session is the oldest version that a check which begins
// now may see: it rises when an invalidation has been carried out, to the latest version for all sessions when the
// listener falls silent for too long or everything is distrusted, and at once when this process itself has written.
// Who loses the subscription is not told of what is written until it stands again, and may not know it for as long as
// the last proof is good: the floor rises when time passes.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/parse.h"
#include "base/secret.h"
#include "session/session_loader.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kSessions = 6;
constexpr milliseconds kMaxStaleness(1000);

std::string nameOf(std::size_t session) {
  return "session" + std::to_string(session);
}

std::string cookieOf(std::size_t session) {
  return "s%3A" + nameOf(session) + ".c2lnbmF0dXJl";
}

class ModelRedis {
 public:
  ModelRedis(FakeClock& clock, CacheTrust& trust) : clock_(clock), trust_(trust) {}

  void connect(SessionCache& cache) { cache_ = &cache; }

  std::int64_t versionOf(std::size_t session) {
    const std::lock_guard lock(mutex_);
    return versions_[session];
  }

  void write(std::size_t session) {
    const std::lock_guard lock(mutex_);
    ++versions_[session];
    if (tracking_) queue_.push_back({session, versions_[session]});
  }

  /// As a logout here does: when it is answered, this process's own cache knows.
  void writeHere(std::size_t session) {
    std::int64_t version = 0;
    {
      const std::lock_guard lock(mutex_);
      version = ++versions_[session];
      if (tracking_) queue_.push_back({session, version});
    }
    cache_->invalidate(nameOf(session), clock_.steadyNow());
    raise(session, version);
  }

  /// Carries out the oldest invalidation; proves the subscription when none is left.
  void listen() {
    const std::lock_guard lock(mutex_);
    if (!tracking_) return;
    if (queue_.empty()) {
      trust_.prove(era_, clock_.steadyNow());
      return;
    }
    const auto [session, version] = queue_.front();
    queue_.pop_front();
    cache_->invalidate(nameOf(session), clock_.steadyNow());
    raise(session, version);
  }

  /// What is written until it is regained, and what was not yet carried out, is never told of.
  void loseSubscription() {
    const std::lock_guard lock(mutex_);
    trust_.beginEra();
    tracking_ = false;
    queue_.clear();
  }

  void regainSubscription() {
    const std::lock_guard lock(mutex_);
    tracking_ = true;
    era_ = trust_.beginEra();
    trust_.prove(era_, clock_.steadyNow());
  }

  void fallSilent() {
    const std::lock_guard lock(mutex_);
    clock_.advance(kMaxStaleness + milliseconds(1));
    raiseAllFloors();
  }

  void flush() {
    const std::lock_guard lock(mutex_);
    for (std::int64_t& version : versions_) ++version;
    if (!tracking_) return;
    queue_.clear();
    era_ = trust_.distrust();
    raiseAllFloors();
  }

  std::int64_t floor(std::size_t session) const { return floors_[session]; }

 private:
  struct Invalidation {
    std::size_t session;
    std::int64_t version;
  };

  void raise(std::size_t session, std::int64_t version) {
    std::int64_t floor = floors_[session];
    while (floor < version && !floors_[session].compare_exchange_weak(floor, version)) {
    }
  }
  void raiseAllFloors() {
    for (std::size_t i = 0; i < kSessions; ++i) raise(i, versions_[i]);
  }

  FakeClock& clock_;
  CacheTrust& trust_;
  SessionCache* cache_ = nullptr;
  std::mutex mutex_;
  bool tracking_ = false;
  CacheTrust::Era era_ = 0;
  std::array<std::int64_t, kSessions> versions_{};
  std::deque<Invalidation> queue_;
  std::array<std::atomic<std::int64_t>, kSessions> floors_{};
};

struct Model {
  FakeClock clock;
  MetricsRegistry metrics;
  CacheTrust trust{kMaxStaleness};
  SessionCache cache{CacheLimits{.max_entries = 64 * 100, .max_bytes = 64 << 20}, trust};
  ModelRedis redis{clock, trust};
  FactsExtractor extractor{ExtractionRules{.identity = {{.name = "V", .from = "/v"}}}};
  HmacKey log_names{Secret(std::string("names"))};
  RevokedSessions revoked{clock, metrics};
  LoginEpoch epoch;
  FactsReader reader{
      extractor, TombstoneLifetime{}, revoked, epoch, log_names, metrics, [](const SessionId&, seconds) {}};
  TouchThrottle throttle{seconds(60)};
  LateTouches late;
  LoaderMetrics loader_metrics{metrics};
  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> violations = 0;
  std::atomic<std::int64_t> peeked = 0;

  Model() { redis.connect(cache); }
};

/// A reader's lane.
class Lane final : private LaneStore, private EventLoop, private SessionLoader::Client {
 public:
  explicit Lane(Model& model) : model_(model) {}

  void read(std::mt19937& random) {
    const std::size_t session = random() % kSessions;
    const std::string cookie = cookieOf(session);
    const std::int64_t floor = model_.redis.floor(session);
    if (const auto here = model_.cache.recognize(cookie, model_.clock.steadyNow()).found) {
      ++model_.peeked;
      return judge(*here, floor);
    }
    const SessionId id = idOf(nameOf(session));
    SessionWant want{.id = &id, .cookie = cookie, .arrived = model_.clock.steadyNow()};
    loader_.want(want);
    loader_.flush();
    judge(want.found, floor);
  }

 private:
  /// Yields between the read and the answer, where the races are.
  void send(StoreBatch& batch, SteadyTime, LaneStore::Client& client) override {
    std::vector<std::string> texts;
    for (SessionLoad& load : batch.loads) {
      const auto session = static_cast<std::size_t>(load.id->bytes().back() - '0');
      texts.push_back(R"({"cookie":{},"user":1,"v":)" + std::to_string(model_.redis.versionOf(session)) + "}");
    }
    std::this_thread::yield();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      batch.loads[i].result = StoredSession{.json = texts[i]};
      if (batch.loads[i].wants_ttl) batch.loads[i].result->ttl = kNoEnd;
    }
    batch.tracked = true;
    client.answered(batch);
  }
  void loaded(SessionWant&) override {}
  void touched(TouchWant&) override {}
  bool watch(int, Interest, Waiter&) override { return true; }
  void unwatch(int, Waiter&) override {}
  void callAt(SteadyTime, Waiter&) override {}
  void forget(Waiter&) override {}

  void judge(const FoundSession& found, std::int64_t floor) {
    if (found.absence == CheckStatus::kUnavailable) return;  // the model's clock was moved beyond the check's budget
    const std::string_view line = found.session->identity().text();  // "V: 17\r\n"
    const auto version = parseInteger<std::int64_t>(line.substr(3, line.size() - 5));
    if (!version || *version < floor) ++model_.violations;
  }

  Model& model_;
  SessionLoader loader_{{.cache = model_.cache,
                         .reader = model_.reader,
                         .throttle = model_.throttle,
                         .late = model_.late,
                         .metrics = model_.loader_metrics,
                         .clock = model_.clock,
                         .budget = milliseconds(750)},
                        *this,
                        *this,
                        *this};
};

TEST(CacheModel, NoCheckSeesAStateOlderThanThePromise) {
  Model model;
  model.redis.regainSubscription();
  {
    std::vector<std::jthread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) {
      threads.emplace_back([&model, seed] {
        std::mt19937 random(seed);
        Lane lane(model);
        while (!model.stop) lane.read(random);
      });
    }
    threads.emplace_back([&model] {
      while (!model.stop) model.redis.listen();
    });
    std::mt19937 random(99);
    // On a busy machine the steps may be over before the readers have begun.
    for (int step = 0; step < 60000 || (model.peeked <= 100 && step < 20'000'000); ++step) {
      const auto dice = random() % 1000;
      if (dice < 500) model.redis.write(random() % kSessions);
      if (dice >= 500 && dice < 600) model.redis.writeHere(random() % kSessions);
      if (dice == 600) model.redis.flush();
      if (dice == 700) model.redis.fallSilent();
      if (dice == 800) {
        model.redis.loseSubscription();
        for (unsigned i = 0; i < random() % 50; ++i) model.redis.write(random() % kSessions);
        model.redis.regainSubscription();
      }
      if (dice >= 900) std::this_thread::yield();
    }
    model.stop = true;
  }
  EXPECT_EQ(model.violations, 0);
  EXPECT_GT(model.peeked, 100) << "the cache was hardly used: the test shows nothing";
}

}  // namespace
}  // namespace sessiond
