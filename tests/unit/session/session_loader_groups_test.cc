// SessionLoader where several servers share the sessions: what waits for one of them keeps nobody waiting who wants
// something of another one.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "session/session_loader.h"
#include "support/fake_clock.h"
#include "support/fake_loop.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The group of an id is its first byte, unless it has moved; a user's, if he is asked for, makes another one of it.
/// Answers when told to.
class GroupedStore final : public LaneStore {
 public:
  Group groupOf(const SessionId& id) const override {
    const auto found = moved_.find(id.bytes()[0]);
    return static_cast<Group>(found == moved_.end() ? id.bytes()[0] : found->second);
  }
  std::uint64_t groupsVersion() const override { return moved_.size(); }
  void move(char from, char to) { moved_[from] = to; }
  Group groupOf(const SessionLoad& load) const override {
    const Group own = groupOf(*load.id);
    return load.user.empty() ? own : own | static_cast<Group>(load.user[0]) << 8U;
  }
  bool hasGroups() const override { return true; }
  void send(StoreBatch& batch, SteadyTime, Client& client) override {
    under_way_.push_back(&batch);
    client_ = &client;
  }
  /// Ids of each batch under way, in the order of sending.
  std::vector<std::string> asked() const {
    std::vector<std::string> all;
    for (const StoreBatch* batch : under_way_) {
      std::string ids;
      for (const SessionLoad& load : batch->loads) ids += load.id->bytes() + " ";
      for (const KeyTouch& touch : batch->touches) ids += "+" + touch.id->bytes() + " ";
      all.push_back(ids);
    }
    return all;
  }
  void answer(std::size_t index) {
    StoreBatch& batch = *under_way_.at(index);
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(index));
    batch.tracked = true;
    for (SessionLoad& load : batch.loads) {
      load.result = StoredSession{.json = texts[load.id->bytes()], .user_tag = 1};
      if (load.wants_ttl) load.result->ttl = milliseconds(600'000);
    }
    for (KeyTouch& touch : batch.touches) touch.result = TouchOutcome::kTouched;
    client_->answered(batch);
  }

  std::map<std::string, std::string_view> texts;

 private:
  std::map<char, char> moved_;
  std::vector<StoreBatch*> under_way_;
  Client* client_ = nullptr;
};

class SessionLoaderGroups : public testing::Test, public SessionLoader::Client {
 protected:
  SessionLoaderGroups() {
    trust_.prove(trust_.beginEpoch(), clock_.steadyNow());
    for (const char* id : {"a1", "a2", "b1", "b2", "c1"}) store_.texts[id] = R"({"cookie":{},"user":{"id":7}})";
  }

  void loaded(SessionWant& want) override { loaded_ += want.id->bytes() + " "; }
  void touched(TouchWant& want) override { loaded_ += "+" + want.id.bytes() + " "; }
  SessionWant& want(const std::string& name) {
    ids_.push_back(*SessionId::fromBytes(name));
    SessionWant& want = wants_.emplace_back();
    want = {.id = &ids_.back(), .arrived = clock_.steadyNow()};
    loader_.want(want);
    return want;
  }
  std::string told() { return std::exchange(loaded_, ""); }
  using Batches = std::vector<std::string>;

  FakeClock clock_;
  MetricsRegistry metrics_;
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{}, trust_};
  FactsExtractor extractor_{ExtractionRules{}};
  HmacKey log_names_{Secret(std::string("names"))};
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  FactsReader reader_{extractor_,
                      {.latest_writer = seconds(3600), .usual_life = seconds(3600)},
                      revoked_,
                      epoch_,
                      log_names_,
                      metrics_,
                      [](const SessionId&, seconds) {}};
  TouchThrottle throttle_{seconds(60)};
  LateTouches late_;
  LoaderMetrics loader_metrics_{metrics_};
  GroupedStore store_;
  FakeLoop loop_;
  std::deque<SessionId> ids_;
  std::list<SessionWant> wants_;
  std::string loaded_;
  SessionLoader loader_{{.store = store_,
                         .cache = cache_,
                         .reader = reader_,
                         .throttle = throttle_,
                         .late = late_,
                         .metrics = loader_metrics_,
                         .clock = clock_,
                         .loop = loop_,
                         .budget = milliseconds(750)},
                        *this};
};

TEST_F(SessionLoaderGroups, WhoWaitsForOneServerGoesToAnotherThatHasHisSessionNow) {
  want("a1");
  loader_.flush();
  want("a2");
  loader_.flush();
  ASSERT_EQ(store_.asked(), (Batches{"a1 "})) << "it waits behind";
  store_.move('a', 'x');
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "a2 "}));
  store_.answer(1);
  EXPECT_EQ(told(), "a2 ");
  store_.answer(0);
  EXPECT_EQ(told(), "a1 ");
}

TEST_F(SessionLoaderGroups, EachGroupHasABatchOfItsOwn) {
  for (const char* id : {"a1", "b1", "a2"}) want(id);
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 a2 ", "b1 "}));
  store_.answer(1);
  EXPECT_EQ(told(), "b1 ") << "whatever becomes of the others";
  EXPECT_TRUE(loader_.busy());
  store_.answer(0);
  EXPECT_EQ(told(), "a1 a2 ");
  EXPECT_FALSE(loader_.busy());
}

TEST_F(SessionLoaderGroups, BehindABatchWaitsWhatIsOfItsGroup) {
  want("a1");
  loader_.flush();
  want("a2");
  want("b1");
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "b1 "}));
  store_.answer(0);
  EXPECT_EQ(told(), "a1 ");
  EXPECT_EQ(store_.asked(), (Batches{"b1 ", "a2 "}));
  want("b1");
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"b1 ", "a2 "})) << "it joins";
  store_.answer(0);
  EXPECT_EQ(told(), "b1 b1 ");
}

TEST_F(SessionLoaderGroups, ASessionWhoseUserIsElsewhereIsOfAnotherGroup) {
  store_.texts["a1"] =
      R"({"cookie":{},"user":{"id":7},"_sd":{"created":1,"login":"zoe","auth":"redis:0000000000000001"}})";
  want("a1");
  want("a2");
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 a2 "}));
  store_.answer(0);
  if (told() == "a2 ") {
    EXPECT_EQ(store_.asked(), (Batches{"a1 "}));
    want("a2");
    loader_.flush();
    EXPECT_EQ(store_.asked(), (Batches{"a1 ", "a2 "})) << "who has no user there does not wait for it";
    store_.answer(0);
    EXPECT_EQ(told(), "a1 ");
  } else {
    ADD_FAILURE() << "the user was not asked for";
  }
}

TEST_F(SessionLoaderGroups, ATouchIsOfTheGroupOfItsSession) {
  TouchWant touch{.id = *SessionId::fromBytes("b1"),
                  .ttl = seconds(60),
                  .ends = clock_.steadyNow() + seconds(60),
                  .arrived = clock_.steadyNow()};
  want("a1");
  loader_.want(touch);
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "+b1 "}));
  store_.answer(1);
  EXPECT_EQ(told(), "+b1 ");
}

TEST_F(SessionLoaderGroups, WhoHasWaitedEnoughGoesOnWhicheverBatchHeWaitsFor) {
  want("a1");
  want("b1");
  loader_.flush();
  clock_.advance(milliseconds(500));
  want("a2");
  loader_.flush();
  store_.answer(1);
  EXPECT_EQ(told(), "b1 ");
  clock_.advance(milliseconds(250));
  loop_.reach();
  EXPECT_EQ(told(), "a1 ");
  clock_.advance(milliseconds(500));
  loop_.reach();
  EXPECT_EQ(told(), "a2 ") << "whose batch was never sent";
  store_.answer(0);
  EXPECT_EQ(told(), "");
}

}  // namespace
}  // namespace sessiond
