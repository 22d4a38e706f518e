// The contract of every SessionStore and UserSessionIndex, on a real Redis.

#include "support/session_store_contract.h"
#include "login/password_tag.h"
#include "support/user_session_index_contract.h"

#include "cluster_instance.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_session_index.h"

namespace sessiond {
namespace {

class RedisHarness final : public StoreHarness {
 public:
  explicit RedisHarness(Way way) : reached_(way), test_(reached_.settings()) {}

  SessionStore& store() override { return store_; }
  UserSessionIndex& index() override { return index_; }
  void put(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override {
    server_.command({"SET", "sess:" + id.bytes(), std::string(json), "EX", std::to_string(ttl.count())});
  }
  void putWrongType(const SessionId& id) override { server_.command({"LPUSH", "sess:" + id.bytes(), "element"}); }
  std::optional<std::string> value(const SessionId& id) override {
    if (server_.command({"EXISTS", "sess:" + id.bytes()}) == "0") return std::nullopt;
    return server_.command({"GET", "sess:" + id.bytes()});
  }
  std::optional<std::chrono::seconds> ttl(const SessionId& id) override { return ttlOf("sess:" + id.bytes()); }
  std::optional<std::chrono::seconds> tombstoneTtl(const SessionId& id) override {
    return ttlOf(keysFor(SessionSettings{}).tombstone(id.bytes()));
  }
  void damageEpoch() override { server_.command({"SET", "sessiond:epoch", "many"}); }
  std::uint64_t putUser(const std::string& login) override {
    server_.command({"HSET", "sessiond:user:" + login, "password", "$6$hash"});
    return passwordTag(login, "$6$hash");
  }

 private:
  std::optional<std::chrono::seconds> ttlOf(const std::string& key) {
    const long long left = std::stoll(server_.command({"TTL", key}));
    return left < 0 ? std::nullopt : std::optional(std::chrono::seconds(left));
  }

  const ReachedServer reached_;
  RedisServer& server_ = reached_.server();
  TestClient test_;
  RedisSessionStore store_{test_.client, SessionSettings{}, keysFor(SessionSettings{})};
  RedisUserSessionIndex index_{test_.client, keysFor(SessionSettings{}), std::chrono::hours(24)};
};

class ClusterHarness final : public StoreHarness {
 public:
  ClusterHarness() {
    group().everywhere({"FLUSHALL"});
    EXPECT_TRUE(access_.recovers());
  }

  SessionStore& store() override { return store_; }
  UserSessionIndex& index() override { return index_; }
  void put(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override {
    run({"SET", "sess:" + id.bytes(), std::string(json), "EX", std::to_string(ttl.count())});
  }
  void putWrongType(const SessionId& id) override { run({"LPUSH", "sess:" + id.bytes(), "element"}); }
  std::optional<std::string> value(const SessionId& id) override {
    if (run({"EXISTS", "sess:" + id.bytes()}) == "0") return std::nullopt;
    return run({"GET", "sess:" + id.bytes()});
  }
  std::optional<std::chrono::seconds> ttl(const SessionId& id) override { return ttlOf("sess:" + id.bytes()); }
  std::optional<std::chrono::seconds> tombstoneTtl(const SessionId& id) override {
    return ttlOf(access_.keys.tombstone(id.bytes()));
  }
  bool takes(const SessionId& id) override { return access_.keys.haveOneSlot(id.bytes()); }
  void damageEpoch() override { run({"SET", "sessiond:epoch", "many"}); }
  std::uint64_t putUser(const std::string& login) override {
    run({"HSET", "sessiond:user:" + login, "password", "$6$hash"});
    return passwordTag(login, "$6$hash");
  }

 private:
  /// That all tests share.
  static ClusterGroup& group() {
    static ClusterGroup one({.replicas = 0});
    return one;
  }
  static std::string run(const std::vector<std::string>& words) { return group().command(words[1], words); }
  static std::optional<std::chrono::seconds> ttlOf(const std::string& key) {
    const long long left = std::stoll(run({"TTL", key}));
    return left < 0 ? std::nullopt : std::optional(std::chrono::seconds(left));
  }

  ClusterAccess access_{configFor(group())};
  RedisSessionStore store_{access_.client, SessionSettings{}, access_.keys};
  RedisUserSessionIndex index_{access_.client, access_.keys, std::chrono::hours(24)};
};

std::unique_ptr<StoreHarness> inCluster() {
  return std::make_unique<ClusterHarness>();
}

StoreHarnessFactory redisBy(Way way) {
  return [way] { return std::unique_ptr<StoreHarness>(std::make_unique<RedisHarness>(way)); };
}

const auto kRedis = testing::Values(redisBy(Way::kUnix), redisBy(Way::kTcp), redisBy(Way::kTls),
                                    redisBy(Way::kSentinels), StoreHarnessFactory(inCluster));

INSTANTIATE_TEST_SUITE_P(Redis, SessionStoreContract, kRedis);
INSTANTIATE_TEST_SUITE_P(Redis, UserSessionIndexContract, kRedis);

}  // namespace
}  // namespace sessiond
