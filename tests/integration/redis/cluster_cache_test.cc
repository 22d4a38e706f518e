// The in-process cache with a Redis Cluster: what CoherentCache.* says of one server, of sessions at every node.

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "cluster_fixture.h"

namespace sessiond {
namespace {

class ClusterCache : public Cluster {};

TEST_F(ClusterCache, NoticesEveryWayInWhichASessionCanChangeOrGo) {
  ClusterInstance instance(configFor(group()), kStaleness);
  using Change = std::function<void(const std::string& id)>;
  const auto sent = [](const std::string& name, const std::vector<std::string>& arguments) -> Change {
    return [name, arguments](const std::string& id) {
      std::vector<std::string> words = {name, keyOf(id)};
      words.insert(words.end(), arguments.begin(), arguments.end());
      group().command(keyOf(id), words);
    };
  };
  const Change rename = [&](const std::string& id) { sent("RENAME", {"{" + keyOf(id) + "}elsewhere"})(id); };
  const Change flush = [](const std::string& id) { group().serverOf(keyOf(id)).command({"FLUSHDB", "ASYNC"}); };
  const Change flush_all = [](const std::string&) { group().everywhere({"FLUSHALL"}); };
  const Change bury = [](const std::string& id) { group().command(tombstoneOf(id), {"SET", tombstoneOf(id), "1"}); };
  const Change overwrite = [](const std::string& id) { put(id, "eve"); };
  const struct {
    const char* what;
    Change change;
    const char* then;
  } cases[] = {
      {"DEL", sent("DEL", {}), "unknown"},
      {"UNLINK", sent("UNLINK", {}), "unknown"},
      {"FLUSHALL at all nodes", flush_all, "unknown"},
      {"FLUSHDB at its node", flush, "unknown"},
      {"RENAME", rename, "unknown"},
      {"SET", overwrite, "U: eve\r\n"},
      {"PEXPIRE", sent("PEXPIRE", {"1"}), "unknown"},
      {"EXPIREAT", sent("EXPIREAT", {"1"}), "unknown"},
      {"tombstone", bury, "revoked"},
  };
  for (const std::string& id : oneAtEach()) {
    for (const auto& one : cases) {
      put(id, "ada");
      ASSERT_TRUE(soon([&] { return instance.check(id) == "U: ada\r\n" && instance.isInMemory(id); })) << one.what;
      one.change(id);
      EXPECT_TRUE(soon([&] { return instance.check(id) == one.then; })) << one.what << " of " << id;
      group().command(tombstoneOf(id), {"DEL", tombstoneOf(id)});
    }
  }
}

/// Its absence is never kept in a cluster.
TEST_F(ClusterCache, ASessionThatBeginsIsSeenAtOnceThoughItWasAskedForBefore) {
  ClusterInstance instance(configFor(group()), kStaleness);
  for (const std::string& id : oneAtEach()) {
    put(id, "ada");
    ASSERT_TRUE(instance.settle(id));
    group().command(keyOf(id), {"DEL", keyOf(id)});
    EXPECT_TRUE(soon([&] { return instance.check(id) == "unknown"; }));
    put(id, "zoe");
    EXPECT_EQ(instance.check(id), "U: zoe\r\n");
  }
}

TEST_F(ClusterCache, ATrackingTableThatIsFullForgetsNothing) {
  const auto remember_at_most = [](const char* keys) {
    group().everywhere({"CONFIG", "SET", "tracking-table-max-keys", keys});
  };
  remember_at_most("1");
  const auto id = [](int i) { return "s" + std::to_string(i); };
  for (int i = 0; i < 50; ++i) put(id(i), "user");
  ClusterInstance instance(configFor(group()), kStaleness);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(instance.settle(id(i)));
  for (int i = 0; i < 50; ++i) put(id(i), "other");
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(soon([&] { return instance.check(id(i)) == "U: other\r\n"; })) << i;
  }
  remember_at_most("1000000");
}

TEST_F(ClusterCache, UnderLoadARevokedSessionIsNeverSeenAgainOnceItWasRefused) {
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  for (const std::string& id : ids) ASSERT_TRUE(instance.settle(id));
  std::atomic<bool> stop = false;
  std::atomic<int> relapses = 0;
  std::atomic<std::size_t> refused_once = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      LaneOf<ClusterSite> lane(instance.site());
      std::vector<bool> refused(ids.size());
      while (!stop) {
        for (std::size_t k = 0; k < ids.size(); ++k) {
          const std::string answer = lane.check(ids[k]);
          const bool now_refused = answer == "revoked";
          if (refused[k] && answer.starts_with("U: ")) ++relapses;
          if (now_refused && !refused[k]) ++refused_once;
          refused[k] = refused[k] || now_refused;
        }
        std::this_thread::yield();
      }
    });
  }
  const auto write_late = [&](const std::string& user) {
    for (int i = 0; i < 50; ++i)
      for (const std::string& id : ids) put(id, user);
  };
  for (const std::string& id : ids) EXPECT_TRUE(instance.store().revoke(idOf(id), 60s));
  write_late("late writer");
  EXPECT_TRUE(soon([&] { return refused_once == threads.size() * ids.size(); }));
  write_late("later still");
  stop = true;
  threads.clear();
  EXPECT_EQ(relapses, 0);
}

TEST_F(ClusterCache, NodesThatDoNotTellAreAskedAtEveryCheck) {
  group().everywhere({"ACL", "SETUSER", "default", "-subscribe"});
  ClusterInstance instance(configFor(group()), kStaleness);
  const auto ids = oneAtEach();
  EXPECT_TRUE(instance.site().access.recovers());
  for (const std::string& id : ids) {
    EXPECT_TRUE(soon([&] { return instance.check(id) == "U: ada\r\n"; }));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(instance.check(id), "U: ada\r\n");
      EXPECT_FALSE(instance.isInMemory(id));
    }
  }
  group().everywhere({"ACL", "SETUSER", "default", "+subscribe"});
  for (const std::string& id : ids) EXPECT_TRUE(instance.settle(id));
}

}  // namespace
}  // namespace sessiond
