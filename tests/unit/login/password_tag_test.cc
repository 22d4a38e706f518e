#include "login/password_tag.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

TEST(PasswordTag, IsOfNameAndHash) {
  const std::uint64_t tag = passwordTag("ada", "$6$salt$hash");
  EXPECT_EQ(tag, passwordTag("ada", "$6$salt$hash"));
  EXPECT_NE(tag, passwordTag("adb", "$6$salt$hash"));
  EXPECT_NE(tag, passwordTag("ada", "$6$salt$hasi"));
  EXPECT_NE(tag, passwordTag("ada", "!$6$salt$hash"));
}

TEST(PasswordTag, IsWrittenWithSixteenDigits) {
  EXPECT_EQ(htpasswdAuth(1), "htpasswd:0000000000000001");
  EXPECT_EQ(redisAuth(1), "redis:0000000000000001");
  EXPECT_EQ(htpasswdAuth(0xfedcba9876543210U), "htpasswd:fedcba9876543210");
}

}  // namespace
}  // namespace sessiond
