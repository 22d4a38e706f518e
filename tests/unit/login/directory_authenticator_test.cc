#include "login/directory_authenticator.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "login/password_hash.h"

namespace sessiond {
namespace {

const std::string kCorrectHorse = "$2y$04$DohYbeYw2a0QpZnD7b/bqOAIuaCko2NH3uzom8bH8MtvVFp2lDT2K";

const std::string kOther = "$2b$04$y2/FkCtRRuIxyanUHAJCk.T0a7tySCeEHgUylcVohvT29tcH.cE1e";

const std::string kSha = "$5$rounds=1000$Jp1UaRovEtEFP1sE$oV0ruvr6mxAZkYunXee97PAhIwhGPN1CwrGw5yAedhC";

/// A directory in memory that counts what it is asked.
class FakeDirectory final : public UserDirectory {
 public:
  using Found = Expected<std::optional<UserEntry>, DirectoryError>;

  Found find(std::string_view name) override {
    ++finds;
    if (unavailable) return Unexpected(DirectoryError::kUnavailable);
    if (name == damaged) return std::optional<UserEntry>({.damage = "roles is no JSON array of strings"});
    if (name == locked) return std::optional<UserEntry>({.password_hash = kCorrectHorse, .user = {}, .locked = true});
    const auto found = hashes.find(std::string(name));
    if (found == hashes.end()) return std::optional<UserEntry>();
    return std::optional<UserEntry>({.password_hash = found->second, .user = {.json = label}});
  }
  std::optional<std::string> usualHash() override { return usual; }

  std::string label;
  std::map<std::string, std::string> hashes;
  std::string damaged;
  std::string locked;
  std::optional<std::string> usual = kOther;
  bool unavailable = false;
  int finds = 0;
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
    authenticator_ = std::make_unique<DirectoryAuthenticator>(std::move(directories), log_key_,
                                                              [this](std::string_view hash, std::string_view password) {
                                                                verified_.emplace_back(hash);
                                                                if (hash == refused_)
                                                                  return PasswordCheck::kUnusableHash;
                                                                return verifyPassword(hash, password);
                                                              });
  }

  /// "user " and who knows them, or the failure as a word.
  std::string tryLogin(std::string_view name, std::string_view password) {
    const auto result = authenticator_->authenticate({.name = name, .password = password});
    if (result) return "user " + (*result).json;
    switch (result.error()) {
      case AuthenticationFailure::kUnknownUser:
        return "unknown";
      case AuthenticationFailure::kWrongPassword:
        return "wrong";
      case AuthenticationFailure::kLocked:
        return "locked";
      case AuthenticationFailure::kDamaged:
        return "damaged";
      case AuthenticationFailure::kUnavailable:
        return "unavailable";
      case AuthenticationFailure::kNoVerdict:
        return "no verdict";
    }
    return "";
  }

  HmacKey log_key_{Secret(std::string("log key"))};
  std::vector<std::string> verified_;  // hashes, in turn
  std::string refused_;                // by the library
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
}

TEST_F(DirectoryAuthenticatorTest, TheFirstDirectoryThatKnowsTheNameDecides) {
  first_->hashes["ada"] = "$2y$04$DukLpBebhdN13tYT0BkxD.Gpuhak4YIs3TbPjebmcZXaMFFGesLlX";
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

TEST_F(DirectoryAuthenticatorTest, SaysWithoutANameWhoseEntryCannotBeUsed) {
  first_->damaged = "ada";
  first_->hashes["grace"] = "no hash at all";
  testing::internal::CaptureStderr();
  EXPECT_EQ(tryLogin("ada", "x"), "damaged");
  EXPECT_EQ(tryLogin("grace", "x"), "damaged");
  setUpLog(LogSettings{});
  const std::string log = testing::internal::GetCapturedStderr();
  const auto says = [&](const std::string& remedy, const char* name) {
    EXPECT_NE(log.find("cannot be used; " + remedy + " user=" + pseudonym(log_key_, name)), std::string::npos) << log;
    EXPECT_EQ(log.find(name), std::string::npos) << log;
  };
  says("mend what `problem` names", "ada");
  says("set the password anew", "grace");
  EXPECT_EQ(log.find("no hash at all"), std::string::npos) << log;
}

/// What is verified is what takes time.
class Decoys : public DirectoryAuthenticatorTest {
 protected:
  /// The kinds and costs of all that was verified for this, in order of their names.
  std::string costs(std::string_view name, std::string_view password) {
    verified_.clear();
    tryLogin(name, password);
    std::multiset<std::string> sorted;
    for (const std::string& hash : verified_) sorted.insert(costOf(hash));
    std::string all;
    for (const std::string& cost : sorted) all += (all.empty() ? "" : " ") + cost;
    return all;
  }
};

TEST_F(Decoys, AreVerifiedForUnknownLockedAndDamagedUsersAlike) {
  first_->hashes["plain"] = "correct horse";
  first_->hashes["dash"] = "!" + kCorrectHorse;
  first_->hashes["cut off"] = kOther.substr(0, 30);
  first_->damaged = "damaged";
  first_->locked = "locked";
  const std::pair<const char*, const char*> expected[] = {{"nobody", "unknown"},  {"plain", "damaged"},
                                                          {"dash", "locked"},     {"cut off", "damaged"},
                                                          {"damaged", "damaged"}, {"locked", "locked"}};
  for (const auto& [name, answer] : expected) {
    verified_.clear();
    EXPECT_EQ(tryLogin(name, "correct horse"), answer);
    EXPECT_EQ(verified_, std::vector{kOther}) << name;
  }
}

TEST_F(Decoys, AreVerifiedForAHashThatTheLibraryRefuses) {
  first_->hashes["ada"] = refused_ = kCorrectHorse;
  EXPECT_EQ(tryLogin("ada", "correct horse"), "damaged");
  EXPECT_EQ(verified_, (std::vector{kCorrectHorse, kOther}));
}

TEST_F(Decoys, LetNobodyInEvenIfTheyMatch) {
  first_->usual = kCorrectHorse;
  first_->locked = "locked";
  EXPECT_EQ(tryLogin("nobody", "correct horse"), "unknown");
  EXPECT_EQ(tryLogin("locked", "correct horse"), "locked");
}

TEST_F(Decoys, TakeTheTimeOfEveryDirectorysUsualHashWhoeverHasTheName) {
  first_->usual = kSha;
  first_->hashes["ada"] = kSha;
  second_->hashes["bob"] = kCorrectHorse;
  first_->locked = "locked";
  for (const char* name : {"ada", "bob", "nobody", "locked"})
    EXPECT_EQ(costs(name, "wrong"), "$2b$04$ $5$rounds=1000$");
  EXPECT_EQ(costs("bob", "correct horse"), "$2b$04$") << "whoever has the password knows that there is such a user";
}

TEST_F(Decoys, OfDirectoriesThatAreUsuallyAlikeTakeTheTimeOfOneHash) {
  first_->hashes["ada"] = kCorrectHorse;
  EXPECT_EQ(costs("ada", "wrong"), "$2b$04$");
  EXPECT_EQ(costs("nobody", "wrong"), "$2b$04$");
}

TEST_F(Decoys, ComeFromTheDirectoriesThatCanTell) {
  first_->usual = std::nullopt;
  EXPECT_EQ(costs("nobody", "x"), "$2b$04$");
  second_->usual = std::nullopt;
  EXPECT_EQ(costs("nobody", "x"), "$2b$12$");
}

TEST(UsualHashInRedis, IsWhatTheSettingsSayOrBcrypt) {
  EXPECT_EQ(usualHashInRedis({}), kDefaultDecoyHash);
  EXPECT_EQ(usualHashInRedis({.redis_usual_hash = kSha}), kSha);
}

TEST_F(DirectoryAuthenticatorTest, WhoIsLockedOrDamagedInTheFirstComesInThroughNoOther) {
  first_->damaged = "ada";
  first_->locked = "bob";
  second_->hashes = {{"ada", kCorrectHorse}, {"bob", kCorrectHorse}};
  EXPECT_EQ(tryLogin("ada", "correct horse"), "damaged");
  EXPECT_EQ(tryLogin("bob", "correct horse"), "locked");
}

TEST_F(DirectoryAuthenticatorTest, TellsOnceWhenAUsersHashCostsWhatNoDecoyDoes) {
  first_->hashes["ada"] = kCorrectHorse;
  first_->hashes["bob"] = "$2b$05$" + kCorrectHorse.substr(7);
  testing::internal::CaptureStderr();
  tryLogin("ada", "x");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  testing::internal::CaptureStderr();
  tryLogin("bob", "x");
  tryLogin("bob", "x");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("give all users of the file hashes of one kind and cost"), std::string::npos) << log;
  EXPECT_EQ(log.find("time tells"), log.rfind("time tells"));
}

TEST_F(DirectoryAuthenticatorTest, SaysWhenBcryptLeavesPartOfAPasswordOut) {
  first_->hashes["ada"] = "$2b$04$ns2lrGj2R.ezhCdGqxrOuuJ/ZS58YqgI3Uhezw8r7IDmJ26aDMfyS";
  testing::internal::CaptureStderr();
  EXPECT_EQ(tryLogin("ada", std::string(80, 'a')), "user first");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("bcrypt looks at the first 72 bytes of a password only"), std::string::npos) << log;
  EXPECT_EQ(log.find("ada"), std::string::npos);
  testing::internal::CaptureStderr();
  EXPECT_EQ(tryLogin("ada", std::string(72, 'a')), "user first");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace sessiond
