#include "redis/error_reply.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sessiond {
namespace {

struct Case {
  std::string_view text;
  std::string_view code;
  ErrorMeaning meaning;
  ErrorScope scope;
};

// As Redis 7.0.15 writes them.
const Case kCases[] = {
    {"READONLY You can't write against a read only replica.", "READONLY", ErrorMeaning::kRetryElsewhere,
     ErrorScope::kCommand},
    {"LOADING Redis is loading the dataset in memory", "LOADING", ErrorMeaning::kUnavailable, ErrorScope::kServer},
    {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "MASTERDOWN",
     ErrorMeaning::kRetryElsewhere, ErrorScope::kServer},
    {"NOAUTH Authentication required.", "NOAUTH", ErrorMeaning::kMisconfigured, ErrorScope::kServer},
    {"WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS", ErrorMeaning::kMisconfigured,
     ErrorScope::kServer},
    {"NOPERM this user has no permissions to run the 'getrange' command", "NOPERM", ErrorMeaning::kMisconfigured,
     ErrorScope::kCommand},
    {"MOVED 3999 127.0.0.1:6381", "MOVED", ErrorMeaning::kMisconfigured, ErrorScope::kCommand},
    {"ASK 3999 127.0.0.1:6381", "ASK", ErrorMeaning::kMisconfigured, ErrorScope::kCommand},
    {"TRYAGAIN Multiple keys request during rehashing of slot", "TRYAGAIN", ErrorMeaning::kUnavailable,
     ErrorScope::kCommand},
    {"CROSSSLOT Keys in request don't hash to the same slot", "CROSSSLOT", ErrorMeaning::kMisconfigured,
     ErrorScope::kCommand},
    {"NOPERM this user has no permissions to access one of the channels used as arguments", "NOPERM channel",
     ErrorMeaning::kMisconfigured, ErrorScope::kCommand},
    {"NOPERM No permissions to access a channel", "NOPERM channel", ErrorMeaning::kMisconfigured, ErrorScope::kCommand},
    {"CLUSTERDOWN Hash slot not served", "CLUSTERDOWN Hash slot", ErrorMeaning::kUnavailable, ErrorScope::kCommand},
    {"CLUSTERDOWN The cluster is down", "CLUSTERDOWN", ErrorMeaning::kUnavailable, ErrorScope::kServer},
    {"OOM command not allowed when used memory > 'maxmemory'.", "OOM", ErrorMeaning::kUnavailable,
     ErrorScope::kCommand},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE", ErrorMeaning::kCorrupt,
     ErrorScope::kCommand},
    {"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "BUSY",
     ErrorMeaning::kUnavailable, ErrorScope::kServer},
    {"NOSCRIPT No matching script. Please use EVAL.", "NOSCRIPT", ErrorMeaning::kUnavailable, ErrorScope::kCommand},
    {"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "MISCONF",
     ErrorMeaning::kUnavailable, ErrorScope::kCommand},
    {"NOREPLICAS Not enough good replicas to write.", "NOREPLICAS", ErrorMeaning::kUnavailable, ErrorScope::kCommand},
    {"DENIED Redis is running in protected mode because protected mode is enabled", "DENIED",
     ErrorMeaning::kMisconfigured, ErrorScope::kServer},
    {"ERR AUTH <password> called without any password configured for the default user. Are you sure your "
     "configuration is correct?",
     "ERR AUTH", ErrorMeaning::kMisconfigured, ErrorScope::kServer},
    {"ERR max number of clients reached", "ERR max number of clients", ErrorMeaning::kUnavailable, ErrorScope::kServer},
    {"ERR DB index is out of range", "ERR DB index", ErrorMeaning::kMisconfigured, ErrorScope::kServer},
    {"ERR This instance has cluster support disabled", "ERR cluster support disabled", ErrorMeaning::kMisconfigured,
     ErrorScope::kServer},
    {"ERR unknown command 'HELLO', with args beginning with: '2' ", "ERR unknown command", ErrorMeaning::kMisconfigured,
     ErrorScope::kCommand},
    {"ERR syntax error", "", ErrorMeaning::kUnavailable, ErrorScope::kCommand},
};

TEST(ErrorReply, GivesEachKindItsMeaning) {
  for (const Case& expected : kCases) {
    const ErrorKind& kind = classifyError(expected.text);
    EXPECT_EQ(kind.code, expected.code) << expected.text;
    EXPECT_EQ(kind.meaning, expected.meaning) << expected.text;
    EXPECT_EQ(kind.scope, expected.scope) << expected.text;
  }
}

TEST(ErrorReply, KnowsEveryKindByItsIndexAndTellsItApart) {
  ASSERT_EQ(std::size(kCases), kErrorKinds);
  std::set<std::string_view> advices;
  for (std::size_t i = 0; i < kErrorKinds; ++i) {
    EXPECT_EQ(errorKind(i).index, i);
    EXPECT_TRUE(errorKind(i).advice.starts_with("redis: ")) << errorKind(i).advice;
    const bool is_new = advices.insert(errorKind(i).advice).second;
    EXPECT_TRUE(is_new || errorKind(i).code == "NOPERM channel") << errorKind(i).advice;  // in two wordings
  }
}

TEST(ErrorReply, SaysWhatToDo) {
  EXPECT_EQ(classifyError("READONLY You can't write against a read only replica.").advice,
            "redis: this server is a read-only replica; point redis.url at the primary");
  EXPECT_EQ(classifyError("OOM command not allowed").advice,
            "redis: the server's memory is full, nothing can be stored; raise maxmemory or free memory");
  for (const char* text : {"NOPERM this user has no permissions to access one of the channels used as arguments",
                           "NOPERM No permissions to access a channel"}) {
    const std::string_view advice = classifyError(text).advice;
    EXPECT_TRUE(advice.starts_with("redis: no cache: ")) << advice;
    EXPECT_NE(advice.find("&__redis__:invalidate"), std::string_view::npos) << "Redis itself names no channel";
  }
}

TEST(ErrorReply, SaysWhatToDoAboutWhoeverNamesTheServer) {
  for (const char* text : {"READONLY You can't write", "MASTERDOWN Link", "ERR DB index is out of range"}) {
    const ErrorKind& kind = classifyError(text);
    EXPECT_NE(adviceOn(kind, TopologyKind::kSingle).find("redis.url"), std::string::npos) << text;
    EXPECT_EQ(adviceOn(kind, TopologyKind::kSentinels).find("redis.url"), std::string::npos) << text;
    EXPECT_TRUE(adviceOn(kind, TopologyKind::kSentinels).starts_with("redis: ")) << text;
  }
  EXPECT_NE(adviceOn(classifyError("READONLY"), TopologyKind::kCluster).find("CLUSTER SLOTS"), std::string::npos);
  for (const TopologyKind any : {TopologyKind::kSingle, TopologyKind::kSentinels, TopologyKind::kCluster}) {
    EXPECT_EQ(adviceOn(classifyError("OOM"), any), classifyError("OOM").advice);
  }
}

TEST(ErrorReply, OnlyInAClusterIsItUsualToBeLedOn) {
  for (const char* text : {"MOVED 3999 127.0.0.1:6381", "ASK 3999 127.0.0.1:6381", "TRYAGAIN Multiple keys"}) {
    EXPECT_TRUE(isUsual(classifyError(text), TopologyKind::kCluster)) << text;
    EXPECT_FALSE(isUsual(classifyError(text), TopologyKind::kSingle)) << text;
  }
  EXPECT_FALSE(isUsual(classifyError("OOM"), TopologyKind::kCluster));
}

TEST(ErrorReply, ARejectionHoldsNoArgument) {
  const ConnectionError rejected = rejection("ERR unknown command 'AUTH', with args beginning with: 'secret' ");
  EXPECT_EQ(rejected.kind, ConnectionError::Kind::kRejected);
  EXPECT_EQ(rejected.text, "ERR unknown command 'AUTH'");
}

TEST(ErrorReply, TakesAWordOnlyWhole) {
  EXPECT_EQ(classifyError("READONLYISH not a word of Redis").code, "");
  EXPECT_EQ(classifyError("readonly in small letters").code, "");
  EXPECT_EQ(classifyError("ASKING is another word").code, "");
  EXPECT_EQ(classifyError("BUSYGROUP Consumer Group name already exists").code, "");
  EXPECT_EQ(classifyError("").code, "");
  EXPECT_EQ(classifyError("LOADING").code, "LOADING");
}

TEST(ErrorReply, WhatAScriptMayNotIsARightThatIsMissing) {
  const ErrorKind& expected = classifyError("NOPERM this user has no permissions to run the 'getrange' command");
  for (const char* text :
       {"ERR The user executing the script can't run this command or subcommand script: 1d2c, on @user_script:6.",
        "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
        "ERR Error running script (call to f_1d2c): @user_script:6: The user executing the script can't run this "
        "command or subcommand ",
        "NOPERM ACL failure in script: User app has no permissions to run the 'hget' command"})
    EXPECT_EQ(classifyError(text).index, expected.index) << text;
  EXPECT_EQ(classifyError("ERR Error running script (call to f_1d2c): @user_script:6: attempt to index nil").code, "");
}

TEST(ErrorReply, IsCorruptToAStoreOnlyForAWrongType) {
  for (const Case& each : kCases) {
    const StoreError expected = each.code == "WRONGTYPE" ? StoreError::kCorrupt : StoreError::kUnavailable;
    EXPECT_EQ(storeErrorOf({.type = RedisReply::Type::kError, .text = std::string(each.text)}), expected) << each.text;
  }
}

TEST(ErrorReply, AReplyOfAKindThatTheCommandNeverGivesIsUnavailableToAStore) {
  EXPECT_EQ(storeErrorOf({.type = RedisReply::Type::kString, .text = "WRONGTYPE of a value"}),
            StoreError::kUnavailable);
  EXPECT_EQ(storeErrorOf({}), StoreError::kUnavailable);
}

}  // namespace
}  // namespace sessiond
