#include "redis/invalidation_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "replies.h"

namespace sessiond {
namespace {

using Message = InvalidationMessage::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

RedisReply array(std::vector<RedisReply> elements) {
  RedisReply reply{.type = RedisReply::Type::kArray};
  reply.elements = std::move(elements);
  return reply;
}

RedisReply message(RedisReply payload) {
  return array({text("message"), text("__redis__:invalidate"), std::move(payload)});
}

TEST(InvalidationMessage, NamesTheKeysThatHaveChanged) {
  const RedisReply reply = message(array({text("sess:a"), text("sessiond:revoked:b")}));
  const InvalidationMessage read = readInvalidationMessage(reply);
  EXPECT_EQ(read.kind, Message::kKeys);
  EXPECT_THAT(read.keys, ElementsAre("sess:a", "sessiond:revoked:b"));
}

TEST(InvalidationMessage, NilMeansEveryKey) {
  EXPECT_EQ(readInvalidationMessage(message({})).kind, Message::kEverything);
}

TEST(InvalidationMessage, KnowsTheConfirmation) {
  const RedisReply confirmed =
      array({text("subscribe"), text("__redis__:invalidate"), {.type = RedisReply::Type::kInteger, .integer = 1}});
  EXPECT_EQ(readInvalidationMessage(confirmed).kind, Message::kSubscribed);
}

TEST(InvalidationMessage, KnowsTheAnswerToAPing) {
  EXPECT_EQ(readInvalidationMessage(array({text("pong"), text("")})).kind, Message::kPong);
}

TEST(InvalidationMessage, PassesAnErrorOn) {
  const RedisReply error{.type = RedisReply::Type::kError, .text = "NOPERM no"};
  EXPECT_EQ(readInvalidationMessage(error).kind, Message::kError);
  EXPECT_EQ(readInvalidationMessage(error).text, "NOPERM no");
}

TEST(InvalidationMessage, TakesNothingElseForOne) {
  EXPECT_EQ(readInvalidationMessage(text("sess:a")).kind, Message::kNonsense);
  EXPECT_EQ(readInvalidationMessage(array({})).kind, Message::kNonsense);
  EXPECT_EQ(readInvalidationMessage(array({text("message"), text("other"), array({text("k")})})).kind,
            Message::kNonsense);
  EXPECT_EQ(readInvalidationMessage(message(text("sess:a"))).kind, Message::kNonsense);
  EXPECT_EQ(readInvalidationMessage(array({text("unsubscribe"), text("__redis__:invalidate"), {}})).kind,
            Message::kNonsense);
}

std::vector<std::string> idsOf(const InvalidationScope& scope, std::string_view key) {
  std::vector<std::string> ids;
  scope.forEachId(key, [&](std::string_view id) { ids.emplace_back(id); });
  return ids;
}

TEST(InvalidationScope, FindsTheSessionOfAKeyAndOfATombstone) {
  const InvalidationScope scope(RedisKeys("sess:", "sessiond:"));
  EXPECT_THAT(scope.prefixesWith("sessiond:alive:"),
              ElementsAre("sess:", "sessiond:alive:", "sessiond:epoch", "sessiond:revoked:", "sessiond:user:"));
  EXPECT_THAT(idsOf(scope, "sess:a"), ElementsAre("a"));
  EXPECT_THAT(idsOf(scope, "sessiond:revoked:{sess:a}"), ElementsAre("a"));
  EXPECT_THAT(idsOf(scope, "other:a"), IsEmpty());
  EXPECT_THAT(idsOf(scope, "sessiond:revoked:{other:a}"), IsEmpty()) << "another site's, in the same database";
}

TEST(InvalidationScope, AsksForOnePrefixWhereOneBeginsTheOther) {
  const InvalidationScope everything(RedisKeys("", "own:"));
  EXPECT_THAT(everything.prefixesWith("own:alive:"), ElementsAre(""));
  EXPECT_THAT(idsOf(everything, "a"), ElementsAre("a"));
  EXPECT_THAT(idsOf(everything, "own:revoked:{a}"), ElementsAre("own:revoked:{a}", "a"));

  const InvalidationScope inside(RedisKeys("own:revoked:x", "own:"));
  EXPECT_THAT(inside.prefixesWith("own:alive:"), ElementsAre("own:alive:", "own:epoch", "own:revoked:", "own:user:"));
  EXPECT_THAT(idsOf(inside, "own:revoked:xa"), ElementsAre("a"));
  EXPECT_THAT(idsOf(inside, "own:revoked:{own:revoked:xa}"), ElementsAre("a"));
}

}  // namespace
}  // namespace sessiond
