// standingTag: by which a session's user is known to be able to log in still.

#include <gtest/gtest.h>

#include "login/password_tag.h"
#include "redis/redis_user_directory.h"
#include "replies.h"

namespace sessiond {
namespace {

TEST(StandingTag, IsThatOfThePasswordOfWhoCanLogIn) {
  EXPECT_EQ(standingTag("ada", text("$6$hash"), nil()), passwordTag("ada", "$6$hash"));
  EXPECT_EQ(standingTag("ada", text("$6$hash"), text("0")), passwordTag("ada", "$6$hash"));
}

/// A record may say any tag, also that of the hash as it stands now: an application may have written it.
TEST(StandingTag, IsNoneOfWhoCannotLogIn) {
  EXPECT_EQ(standingTag("ada", text("!$6$hash"), nil()), 0U);
  EXPECT_EQ(standingTag("ada", text("*"), nil()), 0U);
  EXPECT_EQ(standingTag("ada", text("$6$hash"), text("1")), 0U);
  EXPECT_EQ(standingTag("ada", nil(), nil()), 0U);
}

}  // namespace
}  // namespace sessiond
