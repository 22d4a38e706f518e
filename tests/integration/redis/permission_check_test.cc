// checkPermissions() against a Redis whose ACL user has exactly the rights that sessiond needs, or all but one.

#include "redis/permission_check.h"

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "redis/redis_app_cache.h"
#include "redis/redis_attempt_store.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_session_index.h"
#include "redis_test_fixture.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

const std::string kFault = "redis: the ACL user may not do all that sessiond will ask for: ";
const std::string kAdvice = "; in redis-cli this allows it: ";

/// With everything switched on: each command and what is said when the user may not run it.
const std::map<std::string, std::string> kCommands = {
    {"multi", "MULTI"},
    {"getrange", "GETRANGE sess:*, GETRANGE cache:*"},
    {"client|id", "CLIENT ID"},
    {"client|tracking", "CLIENT TRACKING ON"},
    {"subscribe", "SUBSCRIBE __redis__:invalidate"},
    {"pttl", "PTTL sess:*, PTTL sessiond:revoked:*, PTTL sessiond:sessions:*"},
    {"exists", "EXISTS sessiond:revoked:*, EXISTS sess:*"},
    {"expire", "EXPIRE sess:*, EXPIRE sessiond:revoked:*, EXPIRE sessiond:places:*, EXPIRE sessiond:failures:*"},
    {"set", "SET sessiond:revoked:*, SET sessiond:epoch*, SET sessiond:alive:{s}:*, SET sess:*, SET cache:*"},
    {"del", "DEL sess:*, DEL sessiond:try:*, DEL sessiond:failures:*, DEL cache:*, DEL sessiond:alive:{s}:*"},
    {"zrem", "ZREM sessiond:sessions:*, ZREM sessiond:ended*"},
    {"zrevrange", "ZREVRANGE sessiond:sessions:*, ZREVRANGE sessiond:ended*"},
    {"eval",
     "EVAL sess:*, EVAL sessiond:revoked:*, EVAL sessiond:epoch*, EVAL sessiond:sessions:*, EVAL sessiond:ended*, EVAL "
     "sessiond:try:*"},
    {"zadd", "ZADD sessiond:sessions:*, ZADD sessiond:ended*, ZADD sessiond:places:*"},
    {"time", "TIME"},
    {"hset", "HSET sessiond:try:*, HSET sessiond:failures:*"},
    {"pexpire", "PEXPIRE sessiond:sessions:*, PEXPIRE sessiond:ended*, PEXPIRE sessiond:try:*"},
    {"hincrby", "HINCRBY sessiond:failures:*"},
    {"zscore", "ZSCORE sessiond:sessions:*"},
    {"zremrangebyrank", "ZREMRANGEBYRANK sessiond:places:*"},
    {"zcount", "ZCOUNT sessiond:sessions:*"},
    {"zrangebyscore",
     "ZRANGEBYSCORE sessiond:sessions:*, ZRANGEBYSCORE sessiond:ended*, ZRANGEBYSCORE sessiond:places:*"},
    {"hmget", "HMGET sessiond:try:*, HMGET sessiond:failures:*, HMGET sessiond:user:*"},
    {"get", "GET sessiond:epoch*, GET sessiond:alive:{s}:*, GET sess:*"},
    {"wait", "WAIT"},
    {"cluster|info", "CLUSTER INFO"},
    {"cluster|slots", "CLUSTER SLOTS"},
    {"asking", "ASKING"},
};
const std::map<std::string, std::string> kPrefixes = {
    {"sess:",
     "GETRANGE sess:*, EVAL sess:*, PTTL sess:*, EXPIRE sess:*, DEL sess:*, EXISTS sess:*, SET sess:*, GET sess:*"},
    {"sessiond:alive:", "SET sessiond:alive:{s}:*, GET sessiond:alive:{s}:*, DEL sessiond:alive:{s}:*"},
    {"sessiond:revoked:",
     "EXISTS sessiond:revoked:*, EVAL sessiond:revoked:*, PTTL sessiond:revoked:*, SET sessiond:revoked:*, EXPIRE "
     "sessiond:revoked:*"},
    {"sessiond:sessions:",
     "EVAL sessiond:sessions:*, ZSCORE sessiond:sessions:*, ZADD sessiond:sessions:*, PTTL sessiond:sessions:*, "
     "PEXPIRE sessiond:sessions:*, ZCOUNT sessiond:sessions:*, ZRANGEBYSCORE sessiond:sessions:*, ZREM "
     "sessiond:sessions:*, ZREVRANGE sessiond:sessions:*"},
    {"sessiond:ended",
     "EVAL sessiond:ended*, ZADD sessiond:ended*, ZRANGEBYSCORE sessiond:ended*, ZREM sessiond:ended*, PEXPIRE "
     "sessiond:ended*, ZREVRANGE sessiond:ended*"},
    {"sessiond:user:", "HMGET sessiond:user:*"},
    {"sessiond:epoch", "GET sessiond:epoch*, EVAL sessiond:epoch*, SET sessiond:epoch*"},
    {"sessiond:try:",
     "EVAL sessiond:try:*, HMGET sessiond:try:*, HSET sessiond:try:*, PEXPIRE sessiond:try:*, DEL sessiond:try:*"},
    {"sessiond:places:",
     "ZRANGEBYSCORE sessiond:places:*, ZADD sessiond:places:*, ZREMRANGEBYRANK sessiond:places:*, EXPIRE "
     "sessiond:places:*"},
    {"sessiond:failures:",
     "HINCRBY sessiond:failures:*, HSET sessiond:failures:*, EXPIRE sessiond:failures:*, HMGET sessiond:failures:*, "
     "DEL sessiond:failures:*"},
    {"cache:", "GETRANGE cache:*, SET cache:*, DEL cache:*"},
};

/// What is set of all that needs rights.
struct Uses {
  std::string own_prefix = OwnKeySettings().key_prefix;
  SessionSettings session;
  LoginSettings login;
  bool has_api = false;
  bool waits_for_replicas = false;
  bool in_cluster = false;
  AppCacheSettings cache;
};

Uses everything() {
  Uses uses;
  uses.login.authenticators = {AuthenticatorKind::kHtpasswd, AuthenticatorKind::kRedis};
  uses.has_api = true;
  uses.waits_for_replicas = true;
  uses.in_cluster = true;
  return uses;
}

std::vector<std::string> wordsOf(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

class PermissionCheck : public ::testing::Test {
 protected:
  PermissionCheck() {
    config_.user = "app";
    config_.password = Secret(std::string("s3cret"));
  }

  void allow(const std::vector<std::string>& rules) {
    std::vector<std::string> command = {"ACL", "SETUSER", "app", "reset", "on", ">s3cret"};
    command.insert(command.end(), rules.begin(), rules.end());
    ASSERT_EQ(server_.command(command), "OK");
  }
  /// All that is needed but `one`, a command, a prefix or the channel.
  void allowAllBut(const std::string& one) {
    std::vector<std::string> rules;
    for (const auto& [command, said] : kCommands)
      if (command != one) rules.push_back("+" + command);
    for (const auto& [prefix, said] : kPrefixes)
      if (prefix != one) rules.push_back("~" + prefix + "*");
    if (one != kChannel) rules.push_back("&" + std::string(kChannel));
    allow(rules);
  }
  /// What is missing, or the whole message if it is another one.
  std::string missing(const Uses& uses) {
    const std::string message = report(uses);
    if (!message.starts_with(kFault)) return message;
    const std::size_t advice = message.find(kAdvice);
    EXPECT_NE(advice, std::string::npos) << message;
    return message.substr(kFault.size(), advice - kFault.size());
  }
  /// The whole message.
  std::string report(const Uses& uses) {
    TestClient test(config_);
    const RedisKeys keys(uses.session.key_prefix, uses.own_prefix);
    const PermissionScope scope = {.keys = keys,
                                   .session = uses.session,
                                   .login = uses.login,
                                   .app_cache = uses.has_api ? &uses.cache : nullptr,
                                   .waits_for_replicas = uses.waits_for_replicas,
                                   .in_cluster = uses.in_cluster,
                                   .probes_writes = uses.in_cluster};
    const StartupReport report = checkPermissions(test.client, scope, test.clock);
    EXPECT_EQ(report.outcome == StartupProbe::kLimited, !report.message.empty());
    EXPECT_TRUE(report.outcome == StartupProbe::kOk || report.outcome == StartupProbe::kLimited);
    return report.message;
  }

  static constexpr std::string_view kChannel = "__redis__:invalidate";

  RedisServer server_;
  RedisSettings config_ = configFor(server_.unixUrl());
};

TEST_F(PermissionCheck, NamesTheCommandThatIsMissing) {
  for (const auto& [command, said] : kCommands) {
    allowAllBut(command);
    EXPECT_EQ(missing(everything()), said) << command;
  }
}

TEST_F(PermissionCheck, NamesTheKeysThatAreMissing) {
  for (const auto& [prefix, said] : kPrefixes) {
    allowAllBut(prefix);
    EXPECT_EQ(missing(everything()), said) << prefix;
  }
}

TEST_F(PermissionCheck, NamesTheChannelThatIsMissing) {
  allowAllBut(std::string(kChannel));
  EXPECT_EQ(missing(everything()), "SUBSCRIBE __redis__:invalidate");
}

TEST_F(PermissionCheck, WhatItSaysCanBeTypedAndIsEnough) {
  const auto given = [&] {
    const std::string message = report(everything());
    const std::string command = message.substr(message.find(kAdvice) + kAdvice.size());
    EXPECT_EQ(server_.command(wordsOf(command)), "OK") << command;
    return missing(everything());
  };
  for (const char* one : {"expire", "client|tracking", "sess:", "sessiond:alive:", "__redis__:invalidate"}) {
    allowAllBut(one);
    EXPECT_EQ(given(), "") << one;
  }
  allowAllBut("zadd");
  EXPECT_TRUE(report(everything()).ends_with(kAdvice + "ACL SETUSER app +zadd")) << "each rule once";
}

TEST_F(PermissionCheck, NamesEverythingToAUserWhoMayDoNothing) {
  allow({"+multi"});
  EXPECT_TRUE(
      missing(everything()).starts_with("GETRANGE sess:*, EXISTS sessiond:revoked:*, EVAL sess:*, PTTL sess:*, "));
}

TEST_F(PermissionCheck, AsksForWhatChangingUsersNeeds) {
  const auto missingOf = [&](const std::vector<std::string>& rules) {
    std::vector<std::string> all = {"+multi", "~sessiond:user:*"};
    all.insert(all.end(), rules.begin(), rules.end());
    allow(all);
    TestClient test(config_);
    return listOf(missingEditorRights(test.client, keysFor(SessionSettings()), test.clock), false);
  };
  EXPECT_EQ(missingOf({"+eval", "+exists", "+hset", "+del"}),
            "HLEN sessiond:user:*, HGET sessiond:user:*, HDEL sessiond:user:*");
  EXPECT_EQ(missingOf({"+hlen", "+hget", "+hdel"}),
            "EVAL sessiond:user:*, EXISTS sessiond:user:*, HSET sessiond:user:*, DEL sessiond:user:*");
  EXPECT_EQ(missingOf({"+eval", "+exists", "+hset", "+del", "+hlen", "+hget", "+hdel"}), "");
}

TEST_F(PermissionCheck, AsksForWhatGoingThroughAllKeysNeeds) {
  const auto missingOf = [&](const std::vector<std::string>& rules) {
    allow(rules);
    TestClient test(config_);
    return listOf(missingScanRights(test.client, test.clock), false);
  };
  EXPECT_EQ(missingOf({"+multi"}), "SCAN, DBSIZE");
  EXPECT_EQ(missingOf({"+multi", "+scan"}), "DBSIZE");
  EXPECT_EQ(missingOf({"+multi", "+scan", "+dbsize"}), "");
}

TEST_F(PermissionCheck, AsksOnlyForWhatTheConfigurationNeeds) {
  allow({"+multi",     "+getrange",
         "+exists",    "+expire",
         "+set",       "+get",
         "+del",       "+zrem",
         "+zrevrange", "+eval",
         "+zadd",      "+zscore",
         "+zcount",    "+zrangebyscore",
         "+pexpire",   "+time",
         "+client|id", "+client|tracking",
         "+subscribe", "&__redis__:invalidate",
         "~mine:*",    "~own:*"});
  Uses uses;
  uses.session.key_prefix = "mine:";
  uses.own_prefix = "own:";
  EXPECT_EQ(missing(uses), "PTTL mine:*, PTTL own:revoked:*, PTTL own:sessions:*");
  allow({"+multi", "+getrange", "+get", "+exists", "+expire", "+set", "+del", "+zrem", "+zrevrange", "+eval", "+pttl",
         "+zadd", "+zscore", "+zcount", "+zrangebyscore", "+pexpire", "+time", "~mine:*", "~own:*"});
  uses.session.cache.enabled = false;
  EXPECT_EQ(missing(uses), "");
  uses.login.authenticators = {AuthenticatorKind::kHtpasswd};
  EXPECT_EQ(
      missing(uses),
      "HMGET own:try:*, HSET own:try:*, ZREMRANGEBYRANK own:places:*, HINCRBY own:failures:*, HSET own:failures:*, "
      "HMGET own:failures:*");
}

TEST_F(PermissionCheck, CarriesNothingOut) {
  const std::string key = "sess:permission-check";
  for (const std::string without : {"", "multi", "eval"}) {
    allowAllBut(without);
    server_.command({"SET", key, "value"});
    missing(everything());
    EXPECT_EQ(server_.command({"GET", key}), "value") << without;
    EXPECT_EQ(server_.command({"TTL", key}), "-1") << without;
    EXPECT_EQ(server_.command({"DBSIZE"}), "1") << without;
  }
}

TEST_F(PermissionCheck, SaysNothingOfAServerThatDoesNotAnswer) {
  allowAllBut("");
  server_.freeze();
  EXPECT_EQ(missing(everything()), "");
  server_.thaw();
  server_.kill();
  EXPECT_EQ(missing(everything()), "");
}

/// The words of its example behind the user's name and password.
std::vector<std::string> rulesOfTheReadme() {
  std::ifstream readme("README.md");
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("ACL SETUSER sessiond on >PASSWORD ")) return wordsOf(line.substr(line.find('~')));
  }
  return {};
}

/// What it says that a cluster needs as well.
std::vector<std::string> rulesForACluster() {
  constexpr std::string_view kBefore = "In a cluster both need `";
  std::stringstream readme;
  readme << std::ifstream("README.md").rdbuf();
  const std::string text = readme.str();
  const std::size_t begin = text.find(kBefore) + kBefore.size();
  return wordsOf(text.substr(begin, text.find('`', begin) - begin));
}

/// In a comment, from the line that begins with a pattern to the end of the comment.
std::vector<std::string> rulesOfTheReference() {
  constexpr std::size_t kIndented = 4;
  std::ifstream reference("conf/sessiond.yaml");
  std::string rules;
  for (std::string line; std::getline(reference, line);) {
    const bool begins = line.starts_with("  # ~");
    if (!rules.empty() && !line.starts_with("  # ")) break;
    if (begins || !rules.empty()) rules += line.substr(kIndented) + " ";
  }
  return wordsOf(rules);
}

TEST_F(PermissionCheck, WhatTheReadmeAndTheReferenceSayIsEnough) {
  std::vector<std::string> rules = rulesOfTheReadme();
  ASSERT_FALSE(rules.empty());
  EXPECT_EQ(rulesOfTheReference(), rules);
  for (std::string& rule : rulesForACluster()) rules.push_back(std::move(rule));
  allow(rules);
  EXPECT_EQ(missing(everything()), "");
  TestClient test(config_);
  for (const std::initializer_list<std::string_view> command :
       std::initializer_list<std::initializer_list<std::string_view>>{
           {"CLIENT", "ID"}, {"CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "sess:"}, {"PING"}, {"HELLO", "2"}}) {
    const auto replies = test.run(command);
    ASSERT_TRUE(replies);
    EXPECT_FALSE((*replies)[0].type == RedisReply::Type::kError) << (*replies)[0].text;
  }
}

/// Holds the questions against the stores: who may do what is asked for can do all that they do.
TEST_F(PermissionCheck, AsksForAllThatIsUsed) {
  allowAllBut("");
  const Uses uses = everything();
  ASSERT_EQ(missing(uses), "");
  TestClient test(config_);
  RedisSessionStore store(test.client, uses.session, keysFor(uses.session));
  RedisUserSessionIndex index(test.client, keysFor(uses.session), 10s);
  RedisUserDirectory directory(test.client, keysFor(uses.session));
  RedisAppCache cache(test.client, uses.cache);
  const SessionId id = idOf("abc");
  SessionLoad load{.id = &id, .wants_ttl = true};

  EXPECT_TRUE(store.create(id, "{}", 60s));
  store.load({&load, 1});
  EXPECT_TRUE(load.result && load.result->ttl);
  EXPECT_TRUE(store.replace(id, "{}", "{\"a\":1}"));
  EXPECT_EQ(*store.revoke(id, 60s), Burial::kBuried);
  EXPECT_EQ(*store.revoke(id, 90s), Burial::kBuried);
  server_.command({"ZADD", "sessiond:sessions:{42}", "1", "long ago"});
  const IndexedSession indexed{.user_id = "42", .id = id, .life = 60s};
  EXPECT_TRUE(index.add(indexed));
  EXPECT_EQ(index.list("42", 10)->size(), 1U);
  EXPECT_TRUE(index.admit(indexed, {.max = 1}, {}));
  EXPECT_TRUE(index.remove("42", std::span(&id, 1)));
  EXPECT_TRUE(directory.find("ada"));
  const RedisKeys keys = keysFor(uses.session);
  RedisAttemptStore attempts(test.client, keys, test.clock);
  const AttemptLimit limit{.windows = {{3, 60s}}};
  const auto reservation = attempts.reserve("try:a", limit);
  ASSERT_TRUE(reservation);
  EXPECT_TRUE(attempts.reserve("try:a", limit));
  EXPECT_TRUE(attempts.giveBack("try:a", *reservation));
  EXPECT_TRUE(attempts.giveBack("try:a", *reservation));
  EXPECT_TRUE(attempts.forget("try:a"));
  EXPECT_TRUE(attempts.remember("places:a", "b", 60s, 16));
  EXPECT_TRUE(attempts.knownPlaces("places:a", 60s));
  EXPECT_TRUE(attempts.noteFailure("failures:a", 60s));
  EXPECT_TRUE(attempts.takeFailures("failures:a"));
  EXPECT_TRUE(cache.put("key", "1", 60s));
  EXPECT_TRUE(cache.get("key"));
  EXPECT_TRUE(cache.remove("key"));
  EXPECT_EQ(test.metrics.counter("sessiond_redis_error_replies_total", "", {{"code", "NOPERM"}}).read(), 0U);
}

/// A server whose configuration has another name for it, or none, says that it does not know it.
TEST(RenamedCommands, AreNamed) {
  const auto said = [](const std::vector<std::string>& configuration) {
    RedisServer server({.configuration = configuration});
    TestClient test(configFor(server.unixUrl()));
    const SessionSettings session;
    const LoginSettings login;
    const RedisKeys keys = keysFor(session);
    return checkPermissions(test.client, {keys, session, login, nullptr, false, false, false}, test.clock);
  };
  const StartupReport report = said({"rename-command EVAL hidden", "rename-command PTTL \"\""});
  EXPECT_EQ(report.outcome, StartupProbe::kLimited);
  EXPECT_TRUE(report.message.starts_with("redis: the server does not know what sessiond will ask for"))
      << report.message;
  for (const char* missing : {"EVAL sess:*", "PTTL sess:*"})
    EXPECT_NE(report.message.find(missing), std::string::npos) << report.message;
  EXPECT_NE(said({"rename-command MULTI \"\""}).message.find("MULTI"), std::string::npos);
  EXPECT_EQ(said({}).message, "");
}

}  // namespace
}  // namespace sessiond
