// SessionLoader where several servers share the sessions: what waits for one of them keeps nobody waiting who wants
// something of another one.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "session/session_loader.h"
#include "support/fake_clock.h"
#include "support/fake_loop.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// The group of an id is its first byte, unless it has moved; a user's, if asked for, makes another one of it.
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
    for (KeyTouch& touch : batch.touches) {
      if (away.contains(touch.id->bytes()[0])) continue;
      touch.result = TouchOutcome::kTouched;
      touched.push_back(touch.id->bytes());
    }
    client_->answered(batch);
  }

  std::map<std::string, std::string_view> texts;
  std::set<char> away;  ///< whose touches fail
  std::vector<std::string> touched;

 private:
  std::map<char, char> moved_;
  std::vector<StoreBatch*> under_way_;
  Client* client_ = nullptr;
};

class SessionLoaderGroups : public testing::Test, public SessionLoader::Client {
 protected:
  SessionLoaderGroups() {
    trust_.prove(trust_.beginEra(), clock_.steadyNow());
    for (const char* id : {"a1", "a2", "b1", "b2", "c1"}) store_.texts[id] = R"({"cookie":{},"user":{"id":7}})";
  }

  void loaded(SessionWant& want) override { loaded_ += want.id->bytes() + " "; }
  void touched(TouchWant& want) override { loaded_ += "+" + want.id.bytes() + " "; }
  SessionWant& want(const std::string& name) {
    ids_.push_back(idOf(name));
    SessionWant& want = wants_.emplace_back();
    want = {.id = &ids_.back(), .arrived = clock_.steadyNow()};
    loader_.want(want);
    return want;
  }
  TouchWant& touch(const std::string& name) {
    touches_.push_back({.id = idOf(name),
                        .ttl = seconds(60),
                        .ends = clock_.steadyNow() + seconds(60),
                        .arrived = clock_.steadyNow()});
    loader_.want(touches_.back());
    return touches_.back();
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
  std::list<TouchWant> touches_;
  std::string loaded_;
  SessionLoader loader_{{.cache = cache_,
                         .reader = reader_,
                         .throttle = throttle_,
                         .late = late_,
                         .metrics = loader_metrics_,
                         .clock = clock_,
                         .budget = milliseconds(750)},
                        store_,
                        loop_,
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

/// A lane in which nothing else happens tells nobody to look.
TEST_F(SessionLoaderGroups, WhoWaitsForOneServerIsLookedAfterByItself) {
  want("a1");
  loader_.flush();
  want("a2");
  store_.move('a', 'x');
  ASSERT_LE(loop_.at, clock_.steadyNow() + milliseconds(20));
  clock_.advance(milliseconds(20));
  loop_.reach();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "a2 "}));
  want("x1");
  loader_.flush();
  store_.move('x', 'y');
  ASSERT_LE(loop_.at, clock_.steadyNow() + milliseconds(20)) << "also when somebody has looked in between";
  clock_.advance(milliseconds(20));
  loop_.reach();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "a2 ", "x1 "}));
  for (int i = 0; i < 3; ++i) store_.answer(0);
  EXPECT_EQ(loop_.at, SteadyTime::max()) << "nobody waits";
}

TEST_F(SessionLoaderGroups, WhoWaitsForNobodysBatchIsAskedForAtOnceWhoeverElseIsBusy) {
  want("a1");
  loader_.flush();
  want("b1");
  touch("c1");
  ASSERT_LE(loop_.at, clock_.steadyNow());
  loop_.reach();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "b1 ", "+c1 "}));
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
  want("a1");
  touch("b1");
  loader_.flush();
  EXPECT_EQ(store_.asked(), (Batches{"a1 ", "+b1 "}));
  store_.answer(1);
  EXPECT_EQ(told(), "+b1 ");
}

TEST_F(SessionLoaderGroups, LateTouchesOfOneServerKeepNoneOfAnotherWaiting) {
  store_.away = {'a', 'b'};
  for (std::size_t i = 0; i < 2 * SessionLoader::kLargestBatch; ++i) touch("a" + std::to_string(i));
  touch("b1");
  loader_.flush();
  while (!store_.asked().empty()) store_.answer(0);
  store_.away = {'a'};
  clock_.advance(seconds(1));
  loop_.reach();
  ASSERT_EQ(store_.asked().size(), 2U) << "each has a batch";
  EXPECT_EQ(store_.asked()[1], "+b1 ");
  store_.answer(1);
  EXPECT_EQ(store_.touched, std::vector<std::string>{"b1"});
  EXPECT_FALSE(late_.empty());
  store_.answer(0);
  // One of the server that is busy waits on, and is not lost.
  want("a1");
  loader_.flush();
  clock_.advance(seconds(1));
  loop_.reach();
  EXPECT_EQ(store_.asked(), Batches{"a1 "});
  store_.away.clear();
  store_.answer(0);
  for (int i = 0; i < 4; ++i) {
    clock_.advance(seconds(1));
    if (loop_.at <= clock_.steadyNow()) loop_.reach();
    while (!store_.asked().empty()) store_.answer(0);
  }
  EXPECT_EQ(store_.touched.size(), 1 + 2 * SessionLoader::kLargestBatch);
}

TEST_F(SessionLoaderGroups, AServerThatAnswersAgainIsToldOfAllThatWaitsForItWithoutAPause) {
  store_.away = {'a'};
  for (std::size_t i = 0; i < 3 * SessionLoader::kLargestBatch; ++i) touch("a" + std::to_string(i));
  loader_.flush();
  while (!store_.asked().empty()) store_.answer(0);
  store_.away.clear();
  clock_.advance(seconds(1));
  while (loop_.at <= clock_.steadyNow()) {
    loop_.reach();
    while (!store_.asked().empty()) store_.answer(0);
  }
  EXPECT_EQ(store_.touched.size(), 3 * SessionLoader::kLargestBatch);
  EXPECT_TRUE(late_.empty());
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

TEST_F(SessionLoaderGroups, ATouchWhoseBatchWasNeverSentIsMadeLater) {
  want("a1");
  want("b1");
  loader_.flush();
  clock_.advance(milliseconds(500));
  touch("a2");
  loader_.flush();
  store_.answer(1);
  clock_.advance(milliseconds(250));
  loop_.reach();
  EXPECT_EQ(told(), "b1 a1 ");
  clock_.advance(milliseconds(500));
  loop_.reach();
  EXPECT_EQ(told(), "+a2 ");
  EXPECT_EQ(metrics_.counter("sessiond_touch_failures_total", "").read(), 1U);
  EXPECT_LE(loop_.at, clock_.steadyNow() + seconds(1)) << "whether the batch before it is answered or not";
  store_.answer(0);
  clock_.advance(seconds(1));
  loop_.reach();
  ASSERT_EQ(store_.asked(), Batches{"+a2 "});
  store_.answer(0);
  EXPECT_EQ(store_.touched, std::vector<std::string>{"a2"});
  EXPECT_TRUE(late_.empty());
  EXPECT_EQ(told(), "") << "nobody waits for it";
}

}  // namespace
}  // namespace sessiond
