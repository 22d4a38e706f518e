// What an administrator's tool writes and lists: users, and the sessions of a whole database.

#include "redis/redis_user_editor.h"

#include <set>

#include "redis/redis_session_scan.h"
#include "redis_test_fixture.h"

namespace sessiond {
namespace {

class RedisUserEditorTest : public testing::Test {
 protected:
  std::string value(const std::string& name, const std::string& field) {
    return server_.command({"HGET", keys_.user(name), field});
  }

  RedisServer server_;
  TestClient test_{configFor(server_.unixUrl())};
  const RedisKeys keys_ = keysFor(SessionSettings());
  RedisUserEditor editor_{test_.client, keys_};
};

TEST_F(RedisUserEditorTest, AddsWhoIsNotThereAndSaysOfTheOthersWhatIsThere) {
  const std::vector<NewUser> users = {{"ada", {{"password", "h1"}, {"id", "7"}}}, {"bob", {{"password", "h2"}}}};
  using enum UserAddition;
  EXPECT_EQ(*editor_.canAdd(users), (std::vector{kAdded, kAdded}));
  EXPECT_EQ(*editor_.names(), std::vector<std::string>()) << "looking writes nothing";
  EXPECT_EQ(*editor_.add(users), (std::vector{kAdded, kAdded}));
  EXPECT_EQ(*editor_.add(users), (std::vector{kSame, kSame}));
  const std::vector<NewUser> others = {{"ada", {{"password", "h3"}}}, {"zoe", {{"password", "h4"}}}};
  EXPECT_EQ(*editor_.canAdd(others), (std::vector{kTaken, kAdded}));
  EXPECT_EQ(*editor_.add(others), (std::vector{kTaken, kAdded}));
  EXPECT_EQ(value("ada", "password"), "h1");
  EXPECT_EQ(value("ada", "id"), "7");
  EXPECT_EQ(*editor_.names(), (std::vector<std::string>{"ada", "bob", "zoe"}));
}

TEST_F(RedisUserEditorTest, AddsMoreThanARoundTripHolds) {
  std::vector<NewUser> users;
  for (int i = 0; i < 150; ++i) users.push_back({"user" + std::to_string(i), {{"password", std::to_string(i)}}});
  EXPECT_EQ(*editor_.add(users), std::vector(150, UserAddition::kAdded));
  EXPECT_EQ(editor_.names()->size(), 150U);
  EXPECT_EQ(value("user149", "password"), "149");
}

TEST_F(RedisUserEditorTest, ChangesAndRemovesNobodyWhoIsNotThere) {
  EXPECT_FALSE(*editor_.change("ada", {{"disabled", "1"}}));
  EXPECT_FALSE(*editor_.remove("ada"));
  EXPECT_EQ(*editor_.names(), std::vector<std::string>());
  const NewUser ada{"ada", {{"password", "h1"}, {"disabled", "1"}}};
  ASSERT_TRUE(editor_.add({&ada, 1}));
  EXPECT_TRUE(*editor_.change("ada", {{"disabled", ""}, {"name", "Ada"}}));
  EXPECT_EQ(value("ada", "disabled"), "(nil)");
  EXPECT_EQ(value("ada", "name"), "Ada");
  EXPECT_EQ(value("ada", "password"), "h1");
  EXPECT_TRUE(*editor_.remove("ada"));
  EXPECT_FALSE(*editor_.remove("ada"));
}

TEST_F(RedisUserEditorTest, KeepsCannotTellAndDamagedApart) {
  const NewUser ada{"ada", {{"password", "h1"}}};
  server_.command({"SET", keys_.user("ada"), "no hash"});
  EXPECT_EQ(*editor_.add({&ada, 1}), std::vector{UserAddition::kTaken});
  EXPECT_EQ(editor_.change("ada", ada.fields).error(), StoreError::kCorrupt);
  server_.kill();
  EXPECT_EQ(editor_.add({&ada, 1}).error(), StoreError::kUnavailable);
  EXPECT_EQ(editor_.change("ada", ada.fields).error(), StoreError::kUnavailable);
  EXPECT_EQ(editor_.remove("ada").error(), StoreError::kUnavailable);
  EXPECT_EQ(editor_.names().error(), StoreError::kUnavailable);
}

TEST_F(RedisUserEditorTest, ARightThatIsMissingIsNeverAnotherUser) {
  const NewUser ada{"ada", {{"password", "h1"}}};
  ASSERT_TRUE(editor_.add({&ada, 1}));
  for (const char* command : {"hlen", "hget"}) {
    ASSERT_EQ(
        server_.command({"ACL", "SETUSER", "app", "reset", "on", ">s3cret", "~*", "+@all", "-" + std::string(command)}),
        "OK");
    RedisSettings config = configFor(server_.unixUrl());
    config.user = "app";
    config.password = Secret(std::string("s3cret"));
    TestClient limited(config);
    RedisUserEditor editor(limited.client, keys_);
    const auto added = editor.add({&ada, 1});
    ASSERT_FALSE(added) << command;
    EXPECT_EQ(added.error(), StoreError::kUnavailable) << command;
  }
}

TEST_F(RedisUserEditorTest, EverySessionIsFoundAndNothingElse) {
  RedisSessionScan scan(test_.client, keys_);
  std::set<std::string> expected;
  for (int i = 0; i < 1200; ++i) {
    expected.insert("s" + std::to_string(i));
    server_.command({"SET", keys_.session("s" + std::to_string(i)), "{}"});
  }
  for (const char* other : {"cache:a", "sessiond:user:ada", "sess", "other:sess:a"})
    server_.command({"SET", other, "x"});
  server_.command({"SET", keys_.session(std::string(SessionId::kMaxBytes + 1, 'x')), "no id is as long"});
  std::set<std::string> found;
  std::string from(SessionScan::kEnd);
  int pages = 0;
  do {
    const auto page = scan.page(from);
    ASSERT_TRUE(page);
    for (const SessionId& id : page->ids) found.insert(id.bytes());
    from = page->next;
    ++pages;
  } while (from != SessionScan::kEnd);
  EXPECT_EQ(found, expected);
  EXPECT_GT(pages, 1);
  EXPECT_EQ(scan.all(), 1205U);
  EXPECT_GE(scan.passed(), 1205U);
  server_.kill();
  EXPECT_EQ(scan.page(SessionScan::kEnd).error(), StoreError::kUnavailable);
  EXPECT_EQ(scan.all(), std::nullopt);
}

TEST_F(RedisUserEditorTest, WhereTheSessionsPrefixIsTheBeginningOfSessiondsOwnItsKeysAreNoSessions) {
  const RedisKeys keys("s", "sessiond:");
  RedisSessionScan scan(test_.client, keys);
  for (const char* key : {"sabc", "sessiond:user:ada", "sessiond:epoch"}) server_.command({"SET", key, "x"});
  const auto page = scan.page(SessionScan::kEnd);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->ids.size(), 1U);
  EXPECT_EQ(page->ids[0].bytes(), "abc");
}

}  // namespace
}  // namespace sessiond
