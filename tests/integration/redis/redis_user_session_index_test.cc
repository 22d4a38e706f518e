#include "redis/redis_user_session_index.h"

#include "redis_test_fixture.h"

namespace sessiond {
namespace {

SessionId idOf(std::string_view bytes) {
  return *SessionId::fromBytes(bytes);
}
WallTime at(std::int64_t milliseconds_since_epoch) {
  return WallTime(milliseconds(milliseconds_since_epoch));
}

class RedisUserSessionIndexTest : public ::testing::Test {
 protected:
  std::vector<std::string> listed(std::string_view user) {
    const auto ids = index.list(user);
    std::vector<std::string> bytes;
    if (ids)
      for (const SessionId& id : ids.value()) bytes.push_back(id.bytes());
    return bytes;
  }
  void store(const std::string& id) { server.command({"SET", "sess:" + id, "value"}); }

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisUserSessionIndex index{test.client, SessionSettings{}};
};

TEST_F(RedisUserSessionIndexTest, ListsTheNewestFirst) {
  for (const std::string id : {"old", "new", "middle"}) store(id);
  ASSERT_TRUE(index.add("42", idOf("old"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("new"), at(3000), 100s));
  ASSERT_TRUE(index.add("42", idOf("middle"), at(2000), 100s));
  ASSERT_TRUE(index.add("43", idOf("other"), at(2000), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"new", "middle", "old"}));
  EXPECT_EQ(listed("43"), (std::vector<std::string>{"other"}));
  EXPECT_EQ(listed("44"), (std::vector<std::string>{}));
  EXPECT_EQ(server.command({"ZSCORE", "sessiond:sessions:42", "middle"}), "2000");
}

TEST_F(RedisUserSessionIndexTest, NotesASessionOnce) {
  store("a");
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"a"}));
}

TEST_F(RedisUserSessionIndexTest, Removes) {
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  ASSERT_TRUE(index.remove("42", idOf("a")));
  ASSERT_TRUE(index.remove("42", idOf("a")));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{}));
}

TEST_F(RedisUserSessionIndexTest, IsKeptForTheLongestOfItsLifetimes) {
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 1000s));
  EXPECT_EQ(server.command({"TTL", "sessiond:sessions:42"}), "1000");
  ASSERT_TRUE(index.add("42", idOf("b"), at(1000), 10s));
  EXPECT_GE(std::stoi(server.command({"TTL", "sessiond:sessions:42"})), 990);
  ASSERT_TRUE(index.add("42", idOf("c"), at(1000), 5000s));
  EXPECT_EQ(server.command({"TTL", "sessiond:sessions:42"}), "5000");
}

TEST_F(RedisUserSessionIndexTest, DropsOldEntriesWhoseSessionsAreGone) {
  store("alive");
  ASSERT_TRUE(index.add("42", idOf("gone"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("alive"), at(1001), 100s));
  ASSERT_TRUE(index.add("42", idOf("not stored yet"), at(200'000), 100s));
  ASSERT_TRUE(index.add("42", idOf("new"), at(200'001), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"new", "not stored yet", "alive"}));
}

TEST_F(RedisUserSessionIndexTest, KeepsOddUserNamesAndIdsApart) {
  const std::string odd("a\0b\r\n", 5);
  ASSERT_TRUE(index.add(odd, idOf(odd), at(1000), 100s));
  ASSERT_TRUE(index.add("a", idOf("a"), at(1000), 100s));
  EXPECT_EQ(listed(odd), (std::vector<std::string>{odd}));
  EXPECT_EQ(listed("a"), (std::vector<std::string>{"a"}));
}

TEST_F(RedisUserSessionIndexTest, TellsAWrongTypeAndAServerThatIsAway) {
  server.command({"SET", "sessiond:sessions:42", "text"});
  EXPECT_EQ(index.add("42", idOf("a"), at(1000), 100s).error(), StoreError::kCorrupt);
  EXPECT_EQ(index.list("42").error(), StoreError::kCorrupt);
  EXPECT_EQ(index.remove("42", idOf("a")).error(), StoreError::kCorrupt);
  server.kill();
  EXPECT_EQ(index.add("43", idOf("a"), at(1000), 100s).error(), StoreError::kUnavailable);
  EXPECT_EQ(index.list("43").error(), StoreError::kUnavailable);
}

}  // namespace
}  // namespace sessiond
