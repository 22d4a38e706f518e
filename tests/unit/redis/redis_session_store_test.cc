// However many pipelines a call sends, they share the time that one may take.

#include "redis/redis_session_store.h"

#include "laid_ready_access.h"
#include "replies.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

class OneDeadline : public testing::Test {
 protected:
  LaidReadyAccess access_;
  RedisSessionStore store_{access_, SessionSettings(), RedisKeys("sess:", "sessiond:"), 1};
};

TEST_F(OneDeadline, ToLogEverybodyOutAndTellReplicas) {
  access_.then({list({number(3), number(1)})}).then({list({number(3), number(1)})});
  EXPECT_EQ(*store_.raiseEpoch(3), 3U);
  EXPECT_EQ(access_.left(), 0U);
  EXPECT_EQ(access_.deadlines(), 1);
}

TEST_F(OneDeadline, ToReplaceASession) {
  access_.then({number(0)}).then({number(0), number(0)});
  EXPECT_EQ(*store_.replace(idOf("a"), "old", "new"), ReplaceOutcome::kReplaced);
  EXPECT_EQ(access_.left(), 0U);
  EXPECT_EQ(access_.deadlines(), 1);
}

}  // namespace
}  // namespace sessiond
