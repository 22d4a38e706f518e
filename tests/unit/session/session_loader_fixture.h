// A SessionLoader with a store that answers when it is told to, and a clock that is set.

#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "session/session_loader.h"
#include "support/fake_clock.h"
#include "support/fake_loop.h"
#include "support/memory_session_store.h"
#include "support/session_ids.h"

namespace sessiond {
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr const char* kText = R"({"cookie":{"originalMaxAge":600000},"user":{"id":7}})";

/// Answers when it is told to.
class ScriptedLaneStore final : public LaneStore {
 public:
  void send(StoreBatch& batch, SteadyTime deadline, Client& client) override {
    ++batches;
    batch_ = &batch;
    client_ = &client;
    deadlines.push_back(deadline);
    if (refuses) answer();
  }
  bool asked() const { return batch_ != nullptr; }
  StoreBatch& batch() { return *batch_; }
  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const SessionLoad& load : batch_->loads) all.push_back(load.id->bytes());
    return all;
  }
  void answer() {
    StoreBatch& batch = *std::exchange(batch_, nullptr);
    batch.tracked = tracked;
    for (SessionLoad& load : batch.loads) {
      if (refuses) continue;
      load.result = StoredSession{.json = texts[load.id->bytes()], .user_tag = users[std::string(load.user)]};
      if (load.wants_ttl) load.result->ttl = milliseconds(600'000);
    }
    for (KeyTouch& touch : batch.touches) {
      if (!refuses) touch.result = touched;
      touches.push_back(touch);
      touched_ids.push_back(touch.id->bytes());
    }
    client_->answered(batch);
  }

  std::map<std::string, std::string_view> texts;
  std::map<std::string, std::uint64_t> users;  ///< by name, the tag of the password
  TouchOutcome touched = TouchOutcome::kTouched;
  bool tracked = true;
  bool refuses = false;
  int batches = 0;
  std::vector<SteadyTime> deadlines;
  std::vector<KeyTouch> touches;
  std::vector<std::string> touched_ids;

 private:
  StoreBatch* batch_ = nullptr;
  Client* client_ = nullptr;
};

class SessionLoaderTest : public testing::Test, public SessionLoader::Client {
 protected:
  SessionLoaderTest() {
    prove();
    for (const char* id : {"a", "b", "c"}) store_.texts[id] = kText;
  }

  void loaded(SessionWant& want) override { loaded_.push_back(&want); }
  void touched(TouchWant& want) override { touched_.push_back(&want); }

  void prove() { trust_.prove(trust_.era() == 0 ? trust_.beginEra() : trust_.era(), clock_.steadyNow()); }
  SessionWant& want(const std::string& name) {
    ids_.push_back(idOf(name));
    SessionWant& want = wants_.emplace_back();
    want = {.id = &ids_.back(), .cookie = "s:a.signature", .arrived = clock_.steadyNow()};
    loader_.want(want);
    return want;
  }
  TouchWant& touch(const std::string& name, SteadyTime ends) {
    TouchWant& want = touch_wants_.emplace_back(
        TouchWant{.id = idOf(name), .ttl = seconds(60), .ends = ends, .arrived = clock_.steadyNow()});
    loader_.want(want);
    return want;
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }

  FakeClock clock_;
  MetricsRegistry metrics_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  FactsExtractor extractor_{ExtractionRules{}};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  std::vector<std::string> buried_;
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  FactsReader reader_{
      extractor_, TombstoneLifetime{}, revoked_, epoch_, log_names_, metrics_, [this](const SessionId& id, seconds) {
        buried_.push_back(id.bytes());
      }};
  TouchThrottle throttle_{seconds(60)};
  LateTouches late_{2};
  LoaderMetrics loader_metrics_{metrics_};
  MemoryUserSessionIndex index_{clock_};
  IndexWriter index_writer_{index_, clock_, metrics_};
  ScriptedLaneStore store_;
  FakeLoop loop_;
  SessionLoader loader_{{.cache = cache_,
                         .reader = reader_,
                         .throttle = throttle_,
                         .late = late_,
                         .metrics = loader_metrics_,
                         .index = &index_writer_,
                         .clock = clock_,
                         .budget = milliseconds(750)},
                        store_,
                        loop_,
                        *this};
  std::deque<SessionId> ids_;
  std::deque<SessionWant> wants_;
  std::deque<TouchWant> touch_wants_;
  std::vector<SessionWant*> loaded_;
  std::vector<TouchWant*> touched_;
};

}  // namespace sessiond
