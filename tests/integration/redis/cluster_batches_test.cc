// A lane's batches at the nodes of a Redis Cluster: each command is answered by whoever has its key, whatever becomes
// of the others of its batch, and of those that are sent beside it.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "cluster_fixture.h"
#include "session_loads.h"
#include "support/poll_loop.h"

namespace sessiond {
namespace {

class ClusterBatches : public Cluster {
 protected:
  /// A batch, and what became of it.
  struct Sent final : LaneStore::Client {
    explicit Sent(const std::vector<std::string>& names, bool wants_ttl = false) : loads(names, wants_ttl) {
      batch.loads = loads.loads;
    }
    void answered(StoreBatch& its) override {
      ++told;
      loads.loads = its.loads;
      texts = loads.texts();
      for (const KeyTouch& touch : its.touches)
        touched.push_back(touch.result && *touch.result == TouchOutcome::kTouched);
    }

    Loads loads;
    StoreBatch batch;
    int told = 0;
    std::vector<std::string> texts;
    std::vector<bool> touched;
  };

  /// As a loader does, which knows whose the sessions are.
  void nameGroup(Sent& sent) {
    sent.batch.groups_version = store_->groupsVersion();
    sent.batch.group = store_->groupOf(sent.batch.loads.front());
  }
  std::uint64_t moved() {
    return site_.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "MOVED"}}).read();
  }
  void send(Sent& sent, milliseconds time = 5s) { store_->send(sent.batch, now() + time, sent); }
  bool isTold(const Sent& sent) {
    return loop_.runUntil([&] { return sent.told > 0; });
  }
  /// Each is its own user.
  static std::vector<std::string> putEach(const std::vector<std::string>& ids) {
    std::vector<std::string> texts;
    for (const std::string& id : ids) {
      put(id, id);
      texts.push_back(sessionOf(id));
    }
    return texts;
  }
  void connectToAll() {
    ASSERT_TRUE(site_.access.recovers());
    Sent first(oneAtEach());
    send(first);
    ASSERT_TRUE(isTold(first));
  }

  ClusterSite site_{patientConfigFor(group()), kStaleness, false};
  PollLoop loop_;
  const std::unique_ptr<LaneStore> store_ = site_.makeLaneStore(loop_);
};

TEST_F(ClusterBatches, EachCommandIsAnsweredByWhoHasItsKey) {
  connectToAll();
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back("many" + std::to_string(i));
  std::vector<std::string> wanted = putEach(ids);
  for (std::string& text : wanted) text += " lasts";
  for (const std::string& id : {ids[7], ids[8]}) group().command(keyOf(id), {"DEL", keyOf(id)});
  wanted[7] = wanted[8] = "(none) expires";
  group().command(tombstoneOf(ids[9]), {"SET", tombstoneOf(ids[9]), ""});
  wanted[9] = "revoked " + wanted[9];
  const auto expectAll = [&] {
    Sent all(ids, true);
    const std::vector<SessionId> touched = {idOf(ids[30]), idOf(ids[40])};
    for (const SessionId& id : touched)
      all.batch.touches.push_back({.id = &id, .ttl = 500s, .ends = SteadyTime::max()});
    send(all);
    ASSERT_TRUE(isTold(all));
    EXPECT_EQ(all.texts, wanted);
    EXPECT_EQ(all.touched, (std::vector<bool>{true, true}));
    for (const std::string& id : {ids[30], ids[40]}) group().command(keyOf(id), {"PERSIST", keyOf(id)});
  };
  expectAll();
  EXPECT_EQ(moved(), 0U);
  // One slot is on its way, in the middle of what is asked of its node; then it has moved.
  const std::string key = keyOf(ids[20]);
  const std::size_t from = ownerOf(ids[20]);
  const std::size_t to = otherThan(from);
  group().beginMove(key, to);
  group().moveKey(key, from, to);
  expectAll();
  EXPECT_GT(site_.metrics.counter("sessiond_cluster_asks_total", "").read(), 0U);
  group().endMove(key, from, to);
  for (int i = 0; i < 3; ++i) expectAll();
}

TEST_F(ClusterBatches, WhatLeadsToOneNodeGoesToAnotherOnceThatHasTheSlot) {
  connectToAll();
  Sent before({"a"});
  nameGroup(before);
  send(before);
  ASSERT_TRUE(isTold(before));
  Sent outdated({"a"});
  nameGroup(outdated);
  const std::size_t from = ownerOf("a");
  const std::size_t to = otherThan(from);
  group().beginMove(keyOf("a"), to);
  group().moveKey(keyOf("a"), from, to);
  group().endMove(keyOf("a"), from, to);
  Sent learning({"a"});
  nameGroup(learning);
  send(learning);
  ASSERT_TRUE(isTold(learning));
  const std::uint64_t moved_before = moved();
  EXPECT_GT(moved_before, 0U) << "who has had it says who has it now";
  send(outdated);
  ASSERT_TRUE(isTold(outdated));
  EXPECT_EQ(moved(), moved_before) << "and need not be asked again";
  for (const Sent* const each : {&before, &learning, &outdated}) {
    EXPECT_EQ(each->texts, std::vector<std::string>{sessionOf("ada")});
  }
}

TEST_F(ClusterBatches, ATombstoneThatIsElsewhereIsLookedForThere) {
  connectToAll();
  std::string id = "s}";
  while (ownerOf(id) == group().ownerOf(site_.keys.tombstone(id))) id += 'x';
  put(id, "ada");
  Sent split({id});
  nameGroup(split);
  send(split);
  ASSERT_TRUE(isTold(split));
  EXPECT_EQ(moved(), 0U);
}

TEST_F(ClusterBatches, OfANodeThatDoesNotAnswerTheOthersOfABatchAreAnswered) {
  connectToAll();
  const auto ids = oneAtEach();
  auto wanted = putEach(ids);
  RedisServer& frozen = group().serverOf(keyOf(ids[1]));
  frozen.freeze();
  wanted[1] = "(unavailable)";
  Sent all({ids[0], ids[1], ids[2]});
  send(all, 300ms);
  EXPECT_TRUE(isTold(all));
  frozen.thaw();
  EXPECT_EQ(all.texts, wanted);
}

/// What it was to be told comes nevertheless, before the answer to whoever was sent beside it.
TEST_F(ClusterBatches, WhatComesForABatchThatWasGivenUpIsNobodysAnswer) {
  connectToAll();
  const std::size_t node = ownerOf("a");
  const std::vector<std::string> ids = {idAt(node, "w"), idAt(node, "x"), idAt(node, "y"), idAt(node, "z")};
  const auto wanted = putEach(ids);
  RedisServer& server = group().server(node);
  Sent first({ids[0]});
  Sent given_up({ids[1], ids[1]});
  Sent beside({ids[2], ids[3]});
  server.freeze();
  send(first);
  send(given_up, 300ms);
  send(beside);
  server.thaw();
  for (int i = 0; i < 3; ++i) ASSERT_EQ(server.command({"PING"}), "PONG");  // so that the first one is answered
  server.freeze();
  EXPECT_TRUE(isTold(first));  // and the others go together
  EXPECT_TRUE(isTold(given_up));
  EXPECT_EQ(given_up.texts, (std::vector<std::string>{"(unavailable)", "(unavailable)"}));
  EXPECT_EQ(beside.told, 0);
  // As many as there are batches whose memory is kept, and one more.
  std::deque<Sent> behind;
  for (int i = 0; i < 9; ++i) send(behind.emplace_back(std::vector{ids[0], ids[1], ids[2]}));
  server.thaw();
  EXPECT_TRUE(isTold(beside));
  for (const Sent& one : behind) EXPECT_TRUE(isTold(one));
  EXPECT_EQ(first.texts, std::vector<std::string>{wanted[0]});
  EXPECT_EQ(beside.texts, (std::vector<std::string>{wanted[2], wanted[3]}));
  for (const Sent& one : behind) EXPECT_EQ(one.texts, (std::vector<std::string>{wanted[0], wanted[1], wanted[2]}));
  EXPECT_EQ(given_up.told, 1);
}

}  // namespace
}  // namespace sessiond
