// A server that is Redis 6.0, the oldest that sessiond takes, in what it says and in what it does not know. None is
// installed on the machines that run this; its words are those of its source (6.0.16: acl.c, server.c, networking.c).

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/guarded.h"
#include "cache_instance.h"
#include "redis/permission_check.h"
#include "redis/redis_session_store.h"
#include "redis_test_fixture.h"
#include "session_loads.h"
#include "support/scripted_redis.h"

namespace sessiond {
namespace {

using Words = std::vector<std::string>;

/// Of a request that has arrived as a whole.
std::vector<Words> commandsIn(std::string_view request) {
  const auto number = [&request] {
    const std::size_t end = request.find("\r\n");
    const int value = std::atoi(std::string(request.substr(1, end - 1)).c_str());
    request.remove_prefix(end + 2);
    return static_cast<std::size_t>(value);
  };
  std::vector<Words> commands;
  while (!request.empty()) {
    Words& words = commands.emplace_back(number());
    for (std::string& word : words) {
      const std::size_t size = number();
      word = request.substr(0, size);
      request.remove_prefix(size + 2);
    }
  }
  return commands;
}

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

/// One session, "abc", and nothing else.
class OldestServer {
 public:
  std::string url() const { return server_.url(); }
  /// What was asked that it does not know.
  std::set<std::string> unknown() { return *unknown_.lock(); }
  /// From now on its user may not run this one.
  void forbid(const std::string& command) { forbidden_.lock()->insert(command); }
  /// Nor use keys that begin so.
  void forbidKeys(const std::string& prefix) { *forbidden_keys_.lock() = prefix; }

 private:
  std::string answerAll(std::string_view request) {
    std::string answers;
    for (const Words& words : commandsIn(request)) answers += answer(words);
    return answers;
  }
  std::string answer(const Words& words) {
    const std::string& command = words[0];
    if (forbidden_.lock()->contains(command))
      return "-NOPERM this user has no permissions to run the '" + lowerCase(command) +
             "' command or its subcommand\r\n";
    const std::string prefix = *forbidden_keys_.lock();
    const std::size_t key = command == "EVAL" ? 3 : 1;
    if (!prefix.empty() && words.size() > key && words[key].starts_with(prefix))
      return "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
    std::string known = answerTo(words);
    if (known.empty()) {
      unknown_.lock()->insert(command + (words.size() > 1 ? " " + words[1] : ""));
      return "-ERR unknown command `" + command + "`, with args beginning with: \r\n";
    }
    if (in_transaction_ && command != "MULTI" && command != "HELLO" && command != "CLIENT") return "+QUEUED\r\n";
    return known;
  }
  /// Empty: it does not know it, or not with these arguments.
  std::string answerTo(const Words& words) {
    const std::string& command = words[0];
    const std::size_t count = words.size();
    if (command == "HELLO" && count == 2 && words[1] == "2") return greeting();
    if (command == "CLIENT") return answerToClient(words);
    if (command == "MULTI") return in_transaction_ = true, "+OK\r\n";
    if (command == "PING") return "+PONG\r\n";
    if (command == "GETRANGE" && count == 4) return bulk(words[1] == "sess:abc" ? R"({"user":{"id":"ada"}})" : "");
    if (command == "GET" && count == 2) return "$-1\r\n";
    if (command == "EXISTS") return ":0\r\n";
    if (command == "PTTL" && count == 2) return words[1] == "sess:abc" ? ":60000\r\n" : ":-2\r\n";
    if (command == "EXPIRE" && count == 3) return ":1\r\n";  // no GT
    if (command == "SET" && (count == 3 || (count == 5 && words[3] == "EX"))) return "+OK\r\n";
    if (command == "DEL") return ":1\r\n";
    if (command == "EVAL") return count == kTouchWords ? ":0\r\n" : ":1\r\n";
    if (command == "TIME") return "*2\r\n$1\r\n1\r\n$1\r\n0\r\n";
    if (command == "ZADD" && count == 4) return ":1\r\n";  // no GT either, which came with 6.2
    for (const char* other : {"ZSCORE", "ZCOUNT", "ZRANGEBYSCORE", "ZREM", "ZREVRANGE", "PEXPIRE"}) {
      if (command == other) return ":0\r\n";
    }
    if (command != "SUBSCRIBE") return "";
    // And what it tells at once: the session was written.
    return "*3\r\n" + bulk("subscribe") + bulk(words[1]) + ":1\r\n*3\r\n" + bulk("message") + bulk(words[1]) +
           "*1\r\n" + bulk("sess:abc");
  }
  static std::string answerToClient(const Words& words) {
    if (words[1] == "SETNAME") return "+OK\r\n";
    if (words[1] == "ID") return ":7\r\n";
    if (words[1] == "TRACKING") return "+OK\r\n";
    return "";  // NO-EVICT, SETINFO
  }
  std::string greeting() {
    in_transaction_ = false;  // of another connection
    return "*14\r\n" + bulk("server") + bulk("redis") + bulk("version") + bulk("6.0.16") + bulk("proto") + ":2\r\n" +
           bulk("id") + ":7\r\n" + bulk("mode") + bulk("standalone") + bulk("role") + bulk("master") + bulk("modules") +
           "*0\r\n";
  }

  /// EVAL, script, 1, key, and three arguments.
  static constexpr std::size_t kTouchWords = 7;

  Guarded<std::set<std::string>> unknown_;
  Guarded<std::set<std::string>> forbidden_;
  Guarded<std::string> forbidden_keys_;
  bool in_transaction_ = false;  // of the server's thread
  ScriptedRedis server_{[this](std::string_view request, int) { return ScriptedAnswer(answerAll(request)); }};
};

class OldestServerTest : public testing::Test {
 protected:
  std::string missing() {
    TestClient test(configFor(server_.url()));
    const RedisKeys keys = keysFor(session_);
    return listOf(missingRights(test.client, {keys, session_, login_, nullptr, false, false, false}, test.clock),
                  false);
  }

  OldestServer server_;
  const SessionSettings session_ = {};
  const LoginSettings login_ = {};
};

TEST_F(OldestServerTest, IsTakenAtTheStart) {
  TestClient test(configFor(server_.url()));
  const StartupReport report = test.client.probe();
  EXPECT_EQ(report.outcome, StartupProbe::kOk) << report.message;
  EXPECT_TRUE(test.client.reachable());
  EXPECT_EQ(server_.unknown(), std::set<std::string>());
}

TEST_F(OldestServerTest, ASessionIsLoadedAndEnded) {
  TestClient test(configFor(server_.url()));
  RedisSessionStore store(test.client, session_, keysFor(session_));
  Loads one({"abc"}, true);
  store.load(one.loads);
  EXPECT_EQ(one.texts(), std::vector<std::string>{R"({"user":{"id":"ada"}} expires)"});
  EXPECT_EQ(*store.revoke(idOf("abc"), 60s), Burial::kBuried);
  EXPECT_TRUE(store.create(idOf("new"), "{}", 60s));
  EXPECT_EQ(server_.unknown(), std::set<std::string>());
}

TEST_F(OldestServerTest, ALaneLoadsASessionAndTouchesIt) {
  TestClient test(configFor(server_.url()));
  PollLoop loop;
  RedisLaneStore store(test.client.node(), nullptr, session_, keysFor(session_), loop, test.clock);
  struct Asker final : LaneStore::Client {
    void answered(StoreBatch&) override { done = true; }
    bool done = false;
  } asker;
  const SessionId id = idOf("abc");
  const SteadyTime now = test.clock.steadyNow();
  StoreBatch batch;
  batch.loads.push_back({.id = &id, .wants_ttl = true});
  batch.touches.push_back({.id = &id, .ttl = 60s, .ends = now + 60s});
  store.send(batch, now + 10s, asker);
  ASSERT_TRUE(loop.runUntil([&] { return asker.done; }));
  ASSERT_TRUE(batch.loads[0].result);
  EXPECT_EQ(batch.loads[0].result->ttl, 60s);
  EXPECT_EQ(*batch.touches[0].result, TouchOutcome::kTouched);
  EXPECT_EQ(server_.unknown(), std::set<std::string>());
}

TEST_F(OldestServerTest, TellsOfChanges) {
  Instance instance(server_.url());
  EXPECT_TRUE(soon([&] { return instance.invalidations() > 0; }));
  EXPECT_EQ(server_.unknown(), std::set<std::string>());
}

TEST_F(OldestServerTest, SaysInItsOwnWordsWhatItsUserMayNotDo) {
  EXPECT_EQ(missing(), "");
  EXPECT_EQ(server_.unknown(), std::set<std::string>());
  server_.forbid("EXPIRE");
  EXPECT_EQ(missing(), "EXPIRE sess:*, EXPIRE sessiond:revoked:*");
  server_.forbidKeys("sessiond:alive:");
  TestClient test(configFor(server_.url()));
  const RedisKeys keys = keysFor(session_);
  const StartupReport report =
      checkPermissions(test.client, {keys, session_, login_, nullptr, false, false, false}, test.clock);
  EXPECT_TRUE(report.message.ends_with(": ACL SETUSER default +expire ~sessiond:alive:{s}:*")) << report.message;
}

}  // namespace
}  // namespace sessiond
