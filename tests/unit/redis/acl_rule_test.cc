#include "redis/acl_rule.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using Kind = MissingRight::Kind;

TEST(AclRule, AllowsTheCommandThatMayNotBeRun) {
  EXPECT_EQ(aclRuleFor({"ZADD sessiond:sessions:*", Kind::kCommand}), "+zadd");
  EXPECT_EQ(aclRuleFor({"WAIT", Kind::kCommand}), "+wait");
  EXPECT_EQ(aclRuleFor({"SUBSCRIBE __redis__:invalidate", Kind::kCommand}), "+subscribe");
}

TEST(AclRule, AllowsNoMoreOfACommandThanWhatIsMissing) {
  EXPECT_EQ(aclRuleFor({"CLUSTER INFO", Kind::kCommand}), "+cluster|info");
  EXPECT_EQ(aclRuleFor({"CLUSTER SLOTS", Kind::kCommand}), "+cluster|slots");
  EXPECT_EQ(aclRuleFor({"CLIENT TRACKING ON", Kind::kCommand}), "+client|tracking");
}

TEST(AclRule, AllowsTheKeysAndTheChannel) {
  EXPECT_EQ(aclRuleFor({"ZADD sessiond:sessions:*", Kind::kPlace}), "~sessiond:sessions:*");
  EXPECT_EQ(aclRuleFor({"GETRANGE *", Kind::kPlace}), "~*");
  EXPECT_EQ(aclRuleFor({"SUBSCRIBE __redis__:invalidate", Kind::kPlace}), "&__redis__:invalidate");
}

TEST(AclRule, AllowsNoKeysButThoseThatBeginSo) {
  EXPECT_EQ(aclRuleFor({"GETRANGE s*:*", Kind::kPlace}), R"(~s\*:*)");
  EXPECT_EQ(aclRuleFor({"GETRANGE s[1]:*", Kind::kPlace}), R"(~s\[1]:*)");
}

/// Redis refuses a space, and does not read a line again in which a quotation is not ended.
TEST(AclRule, HoldsNothingThatRedisDoesNotTake) {
  EXPECT_EQ(aclRuleFor({"GETRANGE a b:*", Kind::kPlace}), "~a?b:*");
  EXPECT_EQ(aclRuleFor({"GETRANGE it's \"a\":*", Kind::kPlace}), "~it?s??a?:*");
  EXPECT_EQ(aclRuleFor({"GETRANGE a\tb\n\x7f:*", Kind::kPlace}), "~a?b??:*");
}

TEST(AclRule, IsSaidOnceAndNotOfWhatTheServerDoesNotKnow) {
  EXPECT_EQ(aclRulesFor({{"DEL sess:*", Kind::kCommand},
                         {"EVAL sess:*", Kind::kUnknown},
                         {"DEL cache:*", Kind::kCommand},
                         {"GET cache:*", Kind::kPlace},
                         {"SET cache:*", Kind::kPlace}}),
            (std::vector<std::string>{"+del", "~cache:*"}));
}

}  // namespace
}  // namespace sessiond
