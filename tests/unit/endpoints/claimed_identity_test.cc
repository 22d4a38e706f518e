#include "endpoints/auth/claimed_identity.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sessiond {
namespace {

HeaderBlock identity() {
  HeaderBlock block;
  EXPECT_TRUE(block.add("X-User-Id", ""));
  EXPECT_TRUE(block.add("X-User-Roles", "staff"));
  return block;
}

std::string claimIn(std::initializer_list<Param> params) {
  const HeaderBlock headers = identity();
  Request request;
  request.params = params;
  return std::string(ClaimedIdentity(headers).findIn(request).value_or("none"));
}

TEST(ClaimedIdentity, IsFoundInEverySpellingThatAnApplicationCouldTakeForOurs) {
  for (const char* name : {"HTTP_X_USER_ID", "HTTP_X.USER.ID", "HTTP_X_USER.ID", "HTTP_x-user-id", "HTTP_X USER_ID",
                           "HTTP_X_USER_ROLES"}) {
    EXPECT_EQ(claimIn({{"HTTP_COOKIE", "a=b"}, {name, "666"}}), name);
  }
}

TEST(ClaimedIdentity, OtherHeadersAreNone) {
  EXPECT_EQ(claimIn({{"HTTP_X_USER", "1"},
                     {"HTTP_X_USER_IDS", "1"},
                     {"HTTP_USER_ID", "1"},
                     {"X_USER_ID", "1"},
                     {"SESSIOND_X_USER_ID", "1"},
                     {"HTTP_", "1"},
                     {"HTTP_XUSERID", "1"}}),
            "none");
}

TEST(ClaimedIdentity, AnEmptyValueClaimsNothingButHidesNoOther) {
  EXPECT_EQ(claimIn({{"HTTP_X_USER_ID", ""}}), "none");
  EXPECT_EQ(claimIn({{"HTTP_X_USER_ID", ""}, {"HTTP_X_USER_ID", "666"}}), "HTTP_X_USER_ID");
}

TEST(ClaimedIdentity, ALongNameIsKnownAndOneSixtyFourShorterIsAnotherOne) {
  HeaderBlock block;
  EXPECT_TRUE(block.add("X-" + std::string(68, 'a'), ""));
  const ClaimedIdentity claimed(block);
  const std::string name = "HTTP_X_" + std::string(68, 'A');
  const Param params[] = {{"HTTP_X_AAAA", "1"}, {name, "1"}};
  Request request;
  request.params = params;
  EXPECT_EQ(claimed.findIn(request), name);
}

TEST(ClaimedIdentity, NothingConfiguredNothingClaimed) {
  Request request;
  const Param params[] = {{"HTTP_X_USER_ID", "1"}};
  request.params = params;
  EXPECT_FALSE(ClaimedIdentity(HeaderLines()).findIn(request));
}

}  // namespace
}  // namespace sessiond
