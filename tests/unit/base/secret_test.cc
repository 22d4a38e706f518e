#include "base/secret.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace sessiond {
namespace {

constexpr std::size_t kLong = 100;  // on the heap, unlike short strings

TEST(Secret, CannotBeCopied) {
  EXPECT_FALSE(std::is_copy_constructible_v<Secret>);
  EXPECT_FALSE(std::is_copy_assignable_v<Secret>);
}

TEST(Secret, WipesTheMemoryItTookTheBytesFrom) {
  for (const std::size_t size : {std::size_t{8}, kLong}) {
    std::string bytes(size, 's');
    const char* const memory = bytes.data();
    const Secret secret(std::move(bytes));
    EXPECT_EQ(secret.reveal(), std::string(size, 's'));
    EXPECT_EQ(std::string(memory, size), std::string(size, '\0'));
  }
}

TEST(Secret, WipesTheOneItWasMovedFrom) {
  for (const std::size_t size : {std::size_t{8}, kLong}) {
    Secret from(std::string(size, 's'));
    const char* const memory = from.reveal().data();
    const Secret to(std::move(from));
    EXPECT_EQ(to.reveal(), std::string(size, 's'));
    EXPECT_EQ(std::string(memory, size), std::string(size, '\0'));
  }
}

TEST(Secret, AssignmentWipesTheOldBytesAndTheSource) {
  Secret to(std::string(kLong, 'o'));
  Secret from(std::string(8, 'n'));
  const char* const old_bytes = to.reveal().data();
  const char* const source = from.reveal().data();
  to = std::move(from);
  EXPECT_EQ(to.reveal(), "nnnnnnnn");
  EXPECT_EQ(std::string(old_bytes + 8, kLong - 8), std::string(kLong - 8, '\0'));
  EXPECT_EQ(std::string(source, 8), std::string(8, '\0'));
}

TEST(Secret, SurvivesBeingAssignedToItself) {
  Secret secret(std::string(kLong, 's'));
  Secret& same = secret;
  secret = std::move(same);
  EXPECT_EQ(secret.reveal(), std::string(kLong, 's'));
}

TEST(Secret, ClonesOnlyWhenAsked) {
  const Secret secret(std::string("open sesame"));
  const Secret copy = secret.clone();
  EXPECT_EQ(copy.reveal(), "open sesame");
  EXPECT_EQ(secret.reveal(), "open sesame");
  EXPECT_NE(copy.reveal().data(), secret.reveal().data());
}

TEST(Secret, ComparesWithoutShowingItself) {
  const Secret secret(std::string("open sesame"));
  EXPECT_TRUE(secret.equals("open sesame"));
  EXPECT_FALSE(secret.equals("open sesamf"));
  EXPECT_FALSE(secret.equals("open"));
  EXPECT_FALSE(secret.equals(""));
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret().equals(""));
}

TEST(WipeString, WipesWhatLongerContentsLeftBehind) {
  std::string bytes(kLong, 's');
  const char* const memory = bytes.data();
  bytes.resize(10);
  wipeString(bytes);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(std::string(memory + 1, kLong - 1), std::string(kLong - 1, '\0'));
}

}  // namespace
}  // namespace sessiond
