#include "redis/redis_user_directory.h"

#include "redis_test_fixture.h"

namespace sessiond {
namespace {

class RedisUserDirectoryTest : public ::testing::Test {
 protected:
  void have(const std::string& name, const std::vector<std::string>& fields) {
    std::vector<std::string> arguments = {"HSET", "sessiond:user:" + name};
    arguments.insert(arguments.end(), fields.begin(), fields.end());
    server.command(arguments);
  }
  /// The user's JSON, or what stands for it.
  std::string json(std::string_view name) {
    const auto found = directory.find(name);
    if (!found) return "(unavailable)";
    if (!found.value()) return "(none)";
    if (found.value()->locked) return "(locked)";
    return found.value()->damage.empty() ? found.value()->user.json : "(damaged)";
  }

  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisUserDirectory directory{test.client, keysFor(SessionSettings{})};
};

TEST_F(RedisUserDirectoryTest, FindsAUser) {
  have("ada", {"password", "$2y$hash", "id", "42", "name", "Ada", "email", "ada@example.org", "roles",
               R"(["admin","st\"aff"])"});
  const auto found = directory.find("ada");
  ASSERT_TRUE(found && found.value());
  EXPECT_EQ(found.value()->password_hash, "$2y$hash");
  EXPECT_TRUE(found.value()->user.json.starts_with("{\"id\":\"42\",")) << found.value()->user.json;
  EXPECT_EQ(found.value()->user.json,
            R"({"id":"42","name":"Ada","email":"ada@example.org","roles":["admin","st\"aff"]})");
}

TEST_F(RedisUserDirectoryTest, KnowsWhatIsUsualFromNobodyButTheConfiguration) {
  have("ada", {"password", "$2y$hash"});
  EXPECT_TRUE(directory.find("ada"));
  EXPECT_EQ(directory.usualHash(), std::nullopt);
  RedisUserDirectory told(test.client, keysFor(SessionSettings{}), "$2y$other");
  EXPECT_TRUE(told.find("ada"));
  EXPECT_EQ(told.usualHash(), "$2y$other");
}

TEST_F(RedisUserDirectoryTest, FillsInWhatIsAbsentFromTheNameInTheKey) {
  have("ada", {"password", "hash"});
  EXPECT_EQ(json("ada"), R"({"id":"ada","name":"ada","roles":[]})");
  have("eve", {"password", "hash", "name", "Ada Lovelace"});
  EXPECT_EQ(json("eve"), R"({"id":"eve","name":"Ada Lovelace","roles":[]})");
}

TEST_F(RedisUserDirectoryTest, FindsNobodyWhereNobodyIs) {
  EXPECT_EQ(json("nobody"), "(none)");
}

TEST_F(RedisUserDirectoryTest, TakesANameAsBytes) {
  have("a b\n*:{}", {"password", "hash"});
  EXPECT_EQ(json("a b\n*:{}"), "{\"id\":\"a b\\n*:{}\",\"name\":\"a b\\n*:{}\",\"roles\":[]}");
  EXPECT_EQ(json("a b"), "(none)");
}

TEST_F(RedisUserDirectoryTest, CallsDamagedWhatMakesNoSense) {
  have("no password", {"id", "42"});
  have("empty password", {"password", "", "id", "42"});
  have("roles no JSON", {"password", "hash", "roles", "admin,staff"});
  have("roles no array", {"password", "hash", "roles", R"({"admin":true})"});
  have("roles no strings", {"password", "hash", "roles", R"(["admin",7])"});
  have("roles too deep", {"password", "hash", "roles", std::string(1000, '[')});
  have("roles no UTF-8", {"password", "hash", "roles", "[\"\xFC\"]"});
  have("roles no text", {"password", "hash", "roles", R"(["\ud800"])"});
  have("too large", {"password", "hash", "name", std::string(70'000, 'x')});
  have("no UTF-8", {"password", "hash", "email", "\xff"});
  server.command({"SET", "sessiond:user:no hash", "text"});
  for (const char* name : {"no password", "empty password", "roles no JSON", "roles no array", "roles no strings",
                           "roles too deep", "roles no UTF-8", "roles no text", "too large", "no UTF-8", "no hash"})
    EXPECT_EQ(json(name), "(damaged)") << name;
}

TEST_F(RedisUserDirectoryTest, CannotTellWhenTheServerIsAway) {
  server.kill();
  EXPECT_EQ(json("ada"), "(unavailable)");
}

TEST_F(RedisUserDirectoryTest, CannotTellWhenTheServerRefuses) {
  have("ada", {"password", "hash"});
  server.command({"ACL", "SETUSER", "default", "-hmget"});
  EXPECT_EQ(json("ada"), "(unavailable)");
  EXPECT_EQ(json("nobody"), "(unavailable)");
}

TEST_F(RedisUserDirectoryTest, DisabledLocksUnlessItSaysNo) {
  for (const char* yes : {"1", "true", "yes", "left the company"}) {
    have("ada", {"password", "hash", "disabled", yes});
    EXPECT_EQ(json("ada"), "(locked)") << yes;
  }
  for (const char* no : {"", "0", "false"}) {
    have("ada", {"password", "hash", "disabled", no});
    EXPECT_EQ(json("ada"), R"({"id":"ada","name":"ada","roles":[]})") << no;
  }
}

TEST_F(RedisUserDirectoryTest, SaysInNoLogLineWhoseEntryIsDamaged) {
  have("ada lovelace", {"password", "hash", "roles", "admin,staff"});
  testing::internal::CaptureStderr();
  EXPECT_EQ(json("ada lovelace"), "(damaged)");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sessiond
