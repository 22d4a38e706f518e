#include "login/directory_authenticator.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "login/decoy_hash.h"

namespace sessiond {
namespace {

const std::string kCorrectHorse = "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";

/// A directory in memory that counts what it is asked.
class FakeDirectory final : public UserDirectory {
 public:
  using Found = Expected<std::optional<UserEntry>, DirectoryError>;

  Found find(std::string_view name) override {
    ++finds;
    if (unavailable) return Unexpected(DirectoryError::kUnavailable);
    if (name == damaged) return Unexpected(DirectoryError::kDamaged);
    const auto found = hashes.find(std::string(name));
    if (found == hashes.end()) return std::optional<UserEntry>();
    return std::optional<UserEntry>({.password_hash = found->second, .user = {.json = "{}", .id = label}});
  }
  std::string decoyHash(std::string_view) override {
    ++decoys;
    return std::string(kDefaultDecoyHash);
  }

  std::string label;
  std::map<std::string, std::string> hashes;
  std::string damaged;
  bool unavailable = false;
  int finds = 0;
  int decoys = 0;
};

class DirectoryAuthenticatorTest : public testing::Test {
 protected:
  DirectoryAuthenticatorTest() {
    auto first = std::make_unique<FakeDirectory>();
    auto second = std::make_unique<FakeDirectory>();
    first_ = first.get();
    second_ = second.get();
    first_->label = "first";
    second_->label = "second";
    std::vector<std::unique_ptr<UserDirectory>> directories;
    directories.push_back(std::move(first));
    directories.push_back(std::move(second));
    authenticator_ = std::make_unique<DirectoryAuthenticator>(std::move(directories), log_key_);
  }

  /// "user <id>" or the failure as a word.
  std::string tryLogin(std::string_view name, std::string_view password) {
    const auto result = authenticator_->authenticate({.name = name, .password = password});
    if (result) return "user " + (*result).id;
    switch (result.error()) {
      case AuthenticationFailure::kUnknownUser:
        return "unknown";
      case AuthenticationFailure::kWrongPassword:
        return "wrong";
      case AuthenticationFailure::kDamaged:
        return "damaged";
      case AuthenticationFailure::kUnavailable:
        return "unavailable";
    }
    return "";
  }
  int decoys() const { return first_->decoys + second_->decoys; }

  HmacKey log_key_{Secret(std::string("log key"))};
  FakeDirectory* first_;
  FakeDirectory* second_;
  std::unique_ptr<DirectoryAuthenticator> authenticator_;
};

TEST_F(DirectoryAuthenticatorTest, FindsUsersOfEveryDirectory) {
  first_->hashes["ada"] = kCorrectHorse;
  second_->hashes["bob"] = kCorrectHorse;
  EXPECT_EQ(tryLogin("ada", "correct horse"), "user first");
  EXPECT_EQ(tryLogin("bob", "correct horse"), "user second");
  EXPECT_EQ(tryLogin("bob", "wrong"), "wrong");
  EXPECT_EQ(decoys(), 0);
}

TEST_F(DirectoryAuthenticatorTest, TheFirstDirectoryThatKnowsTheNameDecides) {
  first_->hashes["ada"] = kDefaultDecoyHash;
  second_->hashes["ada"] = kCorrectHorse;
  EXPECT_EQ(tryLogin("ada", "correct horse"), "wrong");
}

TEST_F(DirectoryAuthenticatorTest, AsksAllDirectoriesWhicheverKnowsTheName) {
  first_->hashes["ada"] = kCorrectHorse;
  tryLogin("ada", "correct horse");
  EXPECT_EQ(first_->finds, 1);
  EXPECT_EQ(second_->finds, 1);
  second_->unavailable = true;
  EXPECT_EQ(tryLogin("ada", "correct horse"), "unavailable");
  EXPECT_EQ(tryLogin("nobody", "correct horse"), "unavailable");
}

TEST_F(DirectoryAuthenticatorTest, VerifiesADecoyForAnUnknownUser) {
  EXPECT_EQ(tryLogin("nobody", "correct horse"), "unknown");
  EXPECT_EQ(decoys(), 1);
}

TEST_F(DirectoryAuthenticatorTest, AMatchingDecoyLetsNobodyIn) {
  class Betraying final : public UserDirectory {
   public:
    Expected<std::optional<UserEntry>, DirectoryError> find(std::string_view) override {
      return std::optional<UserEntry>();
    }
    std::string decoyHash(std::string_view) override { return kCorrectHorse; }
  };
  std::vector<std::unique_ptr<UserDirectory>> directories;
  directories.push_back(std::make_unique<Betraying>());
  DirectoryAuthenticator authenticator(std::move(directories), log_key_);
  const auto result = authenticator.authenticate({.name = "nobody", .password = "correct horse"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), AuthenticationFailure::kUnknownUser);
}

TEST_F(DirectoryAuthenticatorTest, ADamagedEntryIsRefusedAtADecoysCostAndEndsTheSearch) {
  first_->damaged = "ada";
  second_->hashes["ada"] = kCorrectHorse;
  EXPECT_EQ(tryLogin("ada", "correct horse"), "damaged");
  EXPECT_EQ(decoys(), 1);
}

TEST_F(DirectoryAuthenticatorTest, AnUnusableHashIsRefusedAtADecoysCost) {
  first_->hashes["ada"] = "correct horse";
  EXPECT_EQ(tryLogin("ada", "correct horse"), "damaged");
  EXPECT_EQ(decoys(), 1);
}

TEST_F(DirectoryAuthenticatorTest, WhatCannotBeANameOrAPasswordReachesNoDirectory) {
  EXPECT_EQ(tryLogin("", "x"), "unknown");
  EXPECT_EQ(tryLogin("a\nb", "x"), "unknown");
  EXPECT_EQ(tryLogin("ada", ""), "unknown");
  EXPECT_EQ(tryLogin("ada", std::string(512, 'x')), "unknown");
  EXPECT_EQ(first_->finds, 0);
  EXPECT_EQ(decoys(), 0);
}

TEST(DecoyHash, IsTheHashLastSeen) {
  DecoyHash decoy;
  EXPECT_EQ(decoy.current(), kDefaultDecoyHash);
  decoy.remember(kCorrectHorse);
  EXPECT_EQ(decoy.current(), kCorrectHorse);
}

}  // namespace
}  // namespace sessiond
