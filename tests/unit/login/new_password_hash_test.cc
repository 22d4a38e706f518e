#include "login/new_password_hash.h"

#include <gtest/gtest.h>

#include <string>

#include "login/directory_authenticator.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

class EveryKindOfHash : public testing::TestWithParam<const char*> {};

TEST_P(EveryKindOfHash, IsMadeAtTheSameCostAndMatchesItsPasswordOnly) {
  const std::string like = GetParam();
  const auto hash = newPasswordHash(like, "correct horse");
  ASSERT_TRUE(hash);
  EXPECT_EQ(explainUnusableHash(*hash), std::nullopt) << *hash;
  EXPECT_EQ(costOf(*hash), costOf(like));
  EXPECT_EQ(verifyPassword(*hash, "correct horse"), PasswordCheck::kMatches);
  EXPECT_EQ(verifyPassword(*hash, "correct hors"), PasswordCheck::kDiffers);
}

TEST_P(EveryKindOfHash, HasASaltOfItsOwn) {
  EXPECT_NE(newPasswordHash(GetParam(), "same"), newPasswordHash(GetParam(), "same"));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryKindOfHash,
    testing::Values(
        "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K",
        "$5$rounds=1000$Jp1UaRovEtEFP1sE$oV0ruvr6mxAZkYunXee97PAhIwhGPN1CwrGw5yAedhC",
        "$6$2cPnzIt3c8ut1VwW$Sczjy53XYgJv5JnTFC53uyzZPxTIo6vUZKEyroPSNiW3OjMdSTZalYxbsIu0UwzQ0DGV9Ir4Vw/7qbg8hrvsz1",
        "$y$j75$.5ZqtZijkWvznxdtywMXJ.$mbn6zwjb06KjiSJrxpkKiJR8KHgoqvWxcIracE3ZKS.",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI"));

TEST(NewPasswordHash, IsMadeOfPossiblePasswordsOnly) {
  EXPECT_EQ(newPasswordHash(kDefaultDecoyHash, ""), std::nullopt);
  EXPECT_EQ(newPasswordHash(kDefaultDecoyHash, std::string(kMaxPasswordBytes + 1, 'x')), std::nullopt);
  EXPECT_EQ(newPasswordHash(kDefaultDecoyHash, std::string("a\0b", 3)), std::nullopt);
}

}  // namespace
}  // namespace sessiond
