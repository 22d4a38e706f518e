#include "redis/redis_user_session_index.h"

#include <algorithm>

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
    const auto ids = index.list(user, 0, 1000);
    std::vector<std::string> bytes;
    if (ids)
      for (const SessionId& id : ids.value()) bytes.push_back(id.bytes());
    return bytes;
  }
  Expected<void, StoreError> remove(std::string_view user, const SessionId& id) {
    return index.remove(user, std::span(&id, 1));
  }
  void store(const std::string& id) { server.command({"SET", "sess:" + id, "value"}); }

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisUserSessionIndex index{test.client, keysFor(SessionSettings{})};
};

TEST_F(RedisUserSessionIndexTest, ListsTheOldestFirst) {
  for (const std::string id : {"old", "new", "middle"}) store(id);
  ASSERT_TRUE(index.add("42", idOf("old"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("new"), at(3000), 100s));
  ASSERT_TRUE(index.add("42", idOf("middle"), at(2000), 100s));
  ASSERT_TRUE(index.add("43", idOf("other"), at(2000), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"old", "middle", "new"}));
  EXPECT_EQ(listed("43"), (std::vector<std::string>{"other"}));
  EXPECT_EQ(listed("44"), (std::vector<std::string>{}));
  EXPECT_EQ(server.command({"ZSCORE", "sessiond:sessions:{42}", "middle"}), "2000");
}

TEST_F(RedisUserSessionIndexTest, NotesASessionOnce) {
  store("a");
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"a"}));
}

TEST_F(RedisUserSessionIndexTest, Removes) {
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 100s));
  ASSERT_TRUE(remove("42", idOf("a")));
  ASSERT_TRUE(remove("42", idOf("a")));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{}));
}

TEST_F(RedisUserSessionIndexTest, IsKeptForTheLongestOfItsLifetimes) {
  ASSERT_TRUE(index.add("42", idOf("a"), at(1000), 1000s));
  EXPECT_EQ(server.command({"TTL", "sessiond:sessions:{42}"}), "1000");
  ASSERT_TRUE(index.add("42", idOf("b"), at(1000), 10s));
  EXPECT_GE(std::stoi(server.command({"TTL", "sessiond:sessions:{42}"})), 990);
  ASSERT_TRUE(index.add("42", idOf("c"), at(1000), 5000s));
  EXPECT_EQ(server.command({"TTL", "sessiond:sessions:{42}"}), "5000");
}

TEST_F(RedisUserSessionIndexTest, DropsOldEntriesWhoseSessionsAreGone) {
  store("alive");
  ASSERT_TRUE(index.add("42", idOf("gone"), at(1000), 100s));
  ASSERT_TRUE(index.add("42", idOf("alive"), at(1001), 100s));
  ASSERT_TRUE(index.add("42", idOf("not stored yet"), at(200'000), 100s));
  ASSERT_TRUE(index.add("42", idOf("new"), at(200'001), 100s));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"alive", "not stored yet", "new"}));
}

/// Dead entries stand behind more living ones than a login looks at.
TEST_F(RedisUserSessionIndexTest, DropsWhatIsGoneWhereverItStands) {
  for (int i = 0; i < 200; ++i) {
    store("alive" + std::to_string(i));
    server.command({"ZADD", "sessiond:sessions:{42}", std::to_string(i), "alive" + std::to_string(i)});
  }
  for (int i = 0; i < 50; ++i)
    server.command({"ZADD", "sessiond:sessions:{42}", std::to_string(1000 + i), "gone" + std::to_string(i)});
  const auto gone = [this] {
    const auto all = listed("42");
    return std::count_if(all.begin(), all.end(), [](const std::string& id) { return id.starts_with("gone"); });
  };
  ASSERT_EQ(gone(), 50);
  // Each look begins at one of 250 places or so, and 64 of them or more reach a given entry.
  for (int login = 0; login < 200 && gone() != 0; ++login)
    ASSERT_TRUE(index.add("42", idOf("new"), at(1'000'000), 100s));
  EXPECT_EQ(gone(), 0);
  EXPECT_EQ(listed("42").size(), 201U);
}

TEST_F(RedisUserSessionIndexTest, KeepsOddUserNamesAndIdsApart) {
  const std::string odd("a\0b\r\n", 5);
  ASSERT_TRUE(index.add(odd, idOf(odd), at(1000), 100s));
  ASSERT_TRUE(index.add("a", idOf("a"), at(1000), 100s));
  EXPECT_EQ(listed(odd), (std::vector<std::string>{odd}));
  EXPECT_EQ(listed("a"), (std::vector<std::string>{"a"}));
}

TEST_F(RedisUserSessionIndexTest, TellsAWrongTypeAndAServerThatIsAway) {
  server.command({"SET", "sessiond:sessions:{42}", "text"});
  EXPECT_EQ(index.add("42", idOf("a"), at(1000), 100s).error(), StoreError::kCorrupt);
  EXPECT_EQ(index.list("42", 0, 1000).error(), StoreError::kCorrupt);
  EXPECT_EQ(remove("42", idOf("a")).error(), StoreError::kCorrupt);
  server.kill();
  EXPECT_EQ(index.add("43", idOf("a"), at(1000), 100s).error(), StoreError::kUnavailable);
  EXPECT_EQ(index.list("43", 0, 1000).error(), StoreError::kUnavailable);
}

}  // namespace
}  // namespace sessiond
