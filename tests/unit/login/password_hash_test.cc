#include "login/password_hash.h"

#include <gtest/gtest.h>

#include <string>

#include "login/directory_authenticator.h"

namespace sessiond {
namespace {

constexpr std::string_view kPassword = "correct horse";
constexpr std::string_view kBcryptTail = "DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";
constexpr std::string_view kAccepted =
    "; accepted are bcrypt ($2a$, $2b$, $2y$), SHA-crypt ($5$, $6$), yescrypt ($y$) and argon2id";

std::string why(std::string_view hash) {
  return explainUnusableHash(hash).value_or("usable");
}

class EveryAcceptedHash : public testing::TestWithParam<const char*> {};

TEST_P(EveryAcceptedHash, MatchesItsPasswordAndNoOther) {
  const std::string hash = GetParam();
  EXPECT_EQ(why(hash), "usable");
  EXPECT_EQ(verifyPassword(hash, kPassword), PasswordCheck::kMatches);
  EXPECT_EQ(verifyPassword(hash, "correct hors"), PasswordCheck::kDiffers);
  EXPECT_EQ(verifyPassword(hash, "correct horse "), PasswordCheck::kDiffers);
  EXPECT_EQ(verifyPassword(hash, "Correct horse"), PasswordCheck::kDiffers);
}

TEST_P(EveryAcceptedHash, IsUnusableWhenCutOrExtended) {
  const std::string hash = GetParam();
  for (std::size_t length = 0; length < hash.size(); ++length) {
    const std::string cut = hash.substr(0, length);
    EXPECT_NE(verifyPassword(cut, kPassword), PasswordCheck::kMatches) << cut;
  }
  EXPECT_NE(verifyPassword(hash + "a", kPassword), PasswordCheck::kMatches);
  EXPECT_NE(verifyPassword(hash + std::string(1, '\0'), kPassword), PasswordCheck::kMatches);
}

INSTANTIATE_TEST_SUITE_P(
    Forms, EveryAcceptedHash,
    testing::Values(
        "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K",
        "$2a$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K",
        "$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e",
        "$5$zTDNdjyCppBQjGlq$731KLvpepNLxIcx4fl.1B3WPA7fvuj5Z4LHqtOyhDYB",
        "$5$rounds=1000$Jp1UaRovEtEFP1sE$oV0ruvr6mxAZkYunXee97PAhIwhGPN1CwrGw5yAedhC",
        "$6$2cPnzIt3c8ut1VwW$Sczjy53XYgJv5JnTFC53uyzZPxTIo6vUZKEyroPSNiW3OjMdSTZalYxbsIu0UwzQ0DGV9Ir4Vw/7qbg8hrvsz1",
        "$6$rounds=1000$Dmw25zgVa8W0yXpw$"
        "h187m4tRWN6hbWvvu39qLHQOdZjKG9aa0vOrYmYwiomhJEUgboWxwZfq4lrjwi.dX.wNOqsSKJnKUZXjjZrJm0",
        "$y$j75$.5ZqtZijkWvznxdtywMXJ.$mbn6zwjb06KjiSJrxpkKiJR8KHgoqvWxcIracE3ZKS.",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI"));

TEST(PasswordHash, TakesTheHashThatApachesToolWrites) {
  EXPECT_EQ(verifyPassword("$2y$04$DukLpBebhdN13tYT0BkxD.Gpuhak4YIs3TbPjebmcZXaMFFGesLlW", kPassword),
            PasswordCheck::kMatches);
}

TEST(PasswordHash, TakesAPasswordThatIsNotAscii) {
  EXPECT_EQ(
      verifyPassword("$argon2id$v=19$m=64,t=1,p=2$c2FsdHNhbHRzYWx0c2FsdA$MBezY6I/RmYcPYe2PjFYPW6RZagkRCtvIfdujtSJ9q0",
                     "\xc3\xa4 long \"pass"),
      PasswordCheck::kMatches);
}

TEST(PasswordHash, BcryptLooksAtTheFirst72BytesAsEverywhere) {
  const std::string of_80_bytes = "$2b$04$ns2lrGj2R.ezhCdGqxrOuuJ/ZS58YqgI3Uhezw8r7IDmJ26aDMfyS";
  EXPECT_EQ(verifyPassword(of_80_bytes, std::string(80, 'a')), PasswordCheck::kMatches);
  EXPECT_EQ(verifyPassword(of_80_bytes, std::string(72, 'a')), PasswordCheck::kMatches);
  EXPECT_EQ(verifyPassword(of_80_bytes, std::string(71, 'a')), PasswordCheck::kDiffers);
}

TEST(PasswordHash, TakesPasswordsOfUpTo511Bytes) {
  const std::string of_511_bytes =
      "$6$rounds=1000$ukWRvtGfiozqDRkB$"
      "Xh.sqGM/6UjZSbBw57.SbQbA.MfQ4wRTsqmF1BycDychtqDuOtXlXlUaWlTrYzIESUO3kpctFcaxmnL9h3V4m0";
  EXPECT_EQ(verifyPassword(of_511_bytes, std::string(511, 'a')), PasswordCheck::kMatches);
  EXPECT_EQ(verifyPassword(of_511_bytes, std::string(512, 'a')), PasswordCheck::kDiffers);
  EXPECT_TRUE(isPossiblePassword(std::string(511, 'a')));
  EXPECT_FALSE(isPossiblePassword(std::string(512, 'a')));
}

TEST(PasswordHash, RefusesEmptyPasswordsAndThoseWithNul) {
  EXPECT_FALSE(isPossiblePassword(""));
  EXPECT_FALSE(isPossiblePassword(std::string_view("correct horse\0", 14)));
  const std::string bcrypt = "$2y$04$" + std::string(kBcryptTail);
  EXPECT_EQ(verifyPassword(bcrypt, std::string_view("correct horse\0x", 15)), PasswordCheck::kDiffers);
  EXPECT_EQ(verifyPassword(bcrypt, ""), PasswordCheck::kDiffers);
}

TEST(PasswordHash, RefusesWhatIsTooCostly) {
  const std::string tail(kBcryptTail);
  EXPECT_EQ(why("$2y$14$" + tail), "usable");
  EXPECT_EQ(why("$2y$15$" + tail), "bcrypt cost must be between 4 and 14 but is 15");
  EXPECT_EQ(why("$2y$31$" + tail), "bcrypt cost must be between 4 and 14 but is 31");
  EXPECT_EQ(why("$2y$03$" + tail), "bcrypt cost must be between 4 and 14 but is 3");

  const std::string sha256 = "$saltsalt$" + std::string(43, 'a');
  EXPECT_EQ(why("$5$rounds=1000000" + sha256), "usable");
  EXPECT_EQ(why("$5$rounds=1000001" + sha256), "SHA-crypt rounds must be between 1000 and 1000000 but is 1000001");
  EXPECT_EQ(why("$5$rounds=999999999" + sha256), "SHA-crypt rounds must be between 1000 and 1000000 but is 999999999");
  EXPECT_EQ(why("$5$rounds=10" + sha256), "SHA-crypt rounds must be between 1000 and 1000000 but is 10");

  const std::string yescrypt = "$.5ZqtZijkWvznxdtywMXJ.$mbn6zwjb06KjiSJrxpkKiJR8KHgoqvWxcIracE3ZKS.";
  EXPECT_EQ(why("$y$jDT" + yescrypt), "usable");
  EXPECT_EQ(why("$y$jET" + yescrypt), "yescrypt memory must be at most 262144 KiB but is more");
  EXPECT_EQ(why("$y$jzT" + yescrypt), "yescrypt memory must be at most 262144 KiB but is more");
  EXPECT_EQ(why("$y$j9z" + yescrypt), "yescrypt memory must be at most 262144 KiB but is more");

  const std::string argon2 = "$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI";
  EXPECT_EQ(why("$argon2id$v=19$m=262144,t=4,p=16" + argon2), "usable");
  EXPECT_EQ(why("$argon2id$v=19$m=262145,t=1,p=1" + argon2),
            "argon2id memory (m, KiB) must be between 8 and 262144 but is 262145");
  EXPECT_EQ(why("$argon2id$v=19$m=4194304,t=1,p=4" + argon2),
            "argon2id memory (m, KiB) must be between 32 and 262144 but is 4194304");
  EXPECT_EQ(why("$argon2id$v=19$m=262144,t=5,p=1" + argon2),
            "argon2id passes (t) with this memory must be between 1 and 4 but is 5");
  EXPECT_EQ(why("$argon2id$v=19$m=1024,t=1,p=17" + argon2), "argon2id lanes (p) must be between 1 and 16 but is 17");
}

TEST(PasswordHash, NamesTheFormsThatItRefuses) {
  const std::string accepted(kAccepted);
  EXPECT_EQ(why(""), "there is no hash");
  EXPECT_EQ(why("secret"), "hash form is not known (plain text?)" + accepted);
  EXPECT_EQ(why("rqXexS6ZhobKA"), "hash form is not known (plain text?)" + accepted);
  EXPECT_EQ(why("$apr1$pXlDpX8E$ZjV7eXx3kG3Bq7jEFkWkq0"), "hash form $apr1$ (Apache's MD5) is not accepted" + accepted);
  EXPECT_EQ(why("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="), "hash form {SHA} (unsalted SHA-1) is not accepted" + accepted);
  EXPECT_EQ(why("$1$abc$def"), "hash form $1$ (MD5) is not accepted" + accepted);
  EXPECT_EQ(why("$2x$04$" + std::string(kBcryptTail)), "hash form bcrypt variant $2x$ is not accepted" + accepted);
  EXPECT_EQ(why("$argon2i$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA"), "hash form argon2i is not accepted" + accepted);
  EXPECT_EQ(why("$argon2d$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA"), "hash form argon2d is not accepted" + accepted);
}

TEST(PasswordHash, ADamagedHashMatchesNothing) {
  const std::string tail(kBcryptTail);
  EXPECT_EQ(why("$2y$4$" + tail), "bcrypt hash is malformed");
  EXPECT_EQ(why("$2y$+4$" + tail), "bcrypt hash is malformed");
  EXPECT_EQ(why("$2y$04$" + tail.substr(1)), "bcrypt hash is malformed");
  EXPECT_EQ(why("$2y$04$" + tail.substr(1) + "!"), "bcrypt hash is malformed");
  EXPECT_EQ(why("$5$$" + std::string(43, 'a')), "SHA-crypt hash is malformed");
  EXPECT_EQ(why("$5$" + std::string(17, 'a') + "$" + std::string(43, 'a')), "SHA-crypt hash is malformed");
  EXPECT_EQ(why("$5$rounds=$salt$" + std::string(43, 'a')), "SHA-crypt hash is malformed");
  EXPECT_EQ(why("$6$salt$" + std::string(43, 'a')), "SHA-crypt hash is malformed");
  EXPECT_EQ(why("$y$j9T$salt$short"), "yescrypt hash is malformed");
  EXPECT_EQ(why("$y$j9T0$salt$" + std::string(43, 'a')), "yescrypt parameters are none that crypt(5) writes");
  EXPECT_EQ(why("$y$/9T$salt$" + std::string(43, 'a')), "yescrypt parameters are none that crypt(5) writes");
  EXPECT_EQ(why("$argon2id$v=16$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"), "argon2id version must be 19");
  EXPECT_EQ(why("$argon2id$v=19$m=064,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"), "argon2id hash is malformed");
  EXPECT_EQ(why("$argon2id$v=19$m=64,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"), "argon2id hash is malformed");
  EXPECT_EQ(why("$argon2id$v=19$m=64,t=1,p=1,x=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"), "argon2id hash is malformed");
  EXPECT_EQ(verifyPassword("$2y$04$" + tail.substr(1), kPassword), PasswordCheck::kUnusableHash);
  EXPECT_EQ(verifyPassword("correct horse", kPassword), PasswordCheck::kUnusableHash);
  EXPECT_EQ(verifyPassword("", ""), PasswordCheck::kDiffers);
}

TEST(PasswordHash, ALockedHashSaysSoAndMatchesNothing) {
  EXPECT_EQ(why("!"), "locked: the hash begins with !");
  EXPECT_EQ(why("*LK*"), "locked: the hash begins with *");
  const std::string locked = "!$2y$04$" + std::string(kBcryptTail);
  EXPECT_TRUE(isLockedHash(locked));
  EXPECT_FALSE(isLockedHash(locked.substr(1)));
  EXPECT_EQ(verifyPassword(locked, kPassword), PasswordCheck::kUnusableHash);
}

TEST(PasswordHash, CostIsKindAndParameters) {
  EXPECT_EQ(costOf("$2y$04$" + std::string(kBcryptTail)), "$2b$04$");
  EXPECT_EQ(costOf("$2a$12$" + std::string(kBcryptTail)), "$2b$12$");
  EXPECT_EQ(costOf("$5$saltsalt$" + std::string(43, 'a')), "$5$");
  EXPECT_EQ(costOf("$6$rounds=1000$saltsalt$" + std::string(86, 'a')), "$6$rounds=1000$");
  EXPECT_EQ(costOf("$y$j75$.5ZqtZijkWvznxdtywMXJ.$mbn6zwjb06KjiSJrxpkKiJR8KHgoqvWxcIracE3ZKS."), "$y$j75$");
  EXPECT_EQ(costOf("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$rAjuexKlLdAHLvqk7TeeiWZjW4OPoRGwldJXdHbTuKI"),
            "$argon2id$v=19$m=64,t=1,p=1$");
}

TEST(PasswordHash, TheDefaultDecoyIsUsable) {
  EXPECT_EQ(why(kDefaultDecoyHash), "usable");
  EXPECT_EQ(verifyPassword(kDefaultDecoyHash, kPassword), PasswordCheck::kDiffers);
}

}  // namespace
}  // namespace sessiond
