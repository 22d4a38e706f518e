#include "support/memory_session_store.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"
#include "support/session_store_contract.h"
#include "support/user_session_index_contract.h"

namespace sessiond {
namespace {

using std::chrono::seconds;

class MemoryHarness final : public StoreHarness {
 public:
  SessionStore& store() override { return store_; }
  UserSessionIndex& index() override { return index_; }
  void put(const SessionId& id, std::string_view json, seconds ttl) override { store_.put(id, json, ttl); }
  void putWrongType(const SessionId& id) override { store_.putWrongType(id); }
  std::optional<std::string> value(const SessionId& id) override { return store_.value(id); }
  std::optional<seconds> ttl(const SessionId& id) override { return store_.ttl(id); }
  std::optional<seconds> tombstoneTtl(const SessionId& id) override { return store_.tombstoneTtl(id); }
  void damageEpoch() override { store_.putEpoch(std::nullopt); }
  std::uint64_t putUser(const std::string& login) override {
    store_.putUser(login, 0xada);
    return 0xada;
  }

 private:
  FakeClock clock_;
  MemorySessionStore store_{clock_};
  MemoryUserSessionIndex index_{clock_};
};

const StoreHarnessFactory kMemory = [] { return std::unique_ptr<StoreHarness>(std::make_unique<MemoryHarness>()); };

INSTANTIATE_TEST_SUITE_P(Memory, SessionStoreContract, testing::Values(kMemory));
INSTANTIATE_TEST_SUITE_P(Memory, UserSessionIndexContract, testing::Values(kMemory));

class MemorySessionStoreTest : public testing::Test {
 protected:
  std::string found() {
    SessionLoad load;
    load.id = &id_;
    store_.load({&load, 1});
    if (!load.result) return "error " + std::to_string(static_cast<int>(load.result.error()));
    return std::string(load.result->revoked ? "revoked " : "") + std::string(load.result->json.value_or("nothing"));
  }

  FakeClock clock_;
  MemorySessionStore store_{clock_};
  const SessionId id_ = idOf("sid");
};

TEST_F(MemorySessionStoreTest, ForgetsWhenTheTestMovesTheClock) {
  ASSERT_TRUE(store_.create(id_, "value", seconds(10)));
  clock_.advance(seconds(9));
  EXPECT_EQ(found(), "value");
  EXPECT_EQ(store_.ttl(id_), seconds(1));
  clock_.advance(seconds(1));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(MemorySessionStoreTest, TombstonesFallToo) {
  ASSERT_TRUE(store_.revoke(id_, seconds(10)));
  store_.put(id_, "late", seconds(60));
  clock_.advance(seconds(9));
  EXPECT_EQ(found(), "revoked late");
  clock_.advance(seconds(1));
  EXPECT_EQ(found(), "late");
}

TEST_F(MemorySessionStoreTest, FailsWhenItIsTold) {
  store_.put(id_, "value", seconds(60));
  store_.failWith(StoreError::kTimeout);
  EXPECT_EQ(found(), "error 1");
  EXPECT_FALSE(store_.create(id_, "x", seconds(1)));
  EXPECT_FALSE(store_.replace(id_, "value", "x"));
  EXPECT_FALSE(store_.revoke(id_, seconds(1)));
  store_.failWith(std::nullopt);
  EXPECT_EQ(found(), "value");
  EXPECT_EQ(store_.calls(), 5U);
}

}  // namespace
}  // namespace sessiond
