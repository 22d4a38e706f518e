// One name in several spellings: what is counted for all of them together, and what is not.

#include <gtest/gtest.h>

#include <chrono>

#include "unit/login/login_gate_fixture.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;

TEST_F(LoginGateTest, StrangersHaveOneBudgetHoweverTheySpellAName) {
  int let_in = 0;
  for (const char* const user : {"ada", "Ada", "ADA",
                                 "a\xcd\x8f"
                                 "da",
                                 "\xef\xbc\xa1"
                                 "DA"})
    let_in += failuresOf({.user = user, .place = stranger_.place, .device = ""}, 20);
  EXPECT_EQ(let_in, 5);
  EXPECT_EQ(gate_.strangersOf("ADA").key, gate_.strangersOf("ada").key);
  EXPECT_EQ(fail({.user = "adam", .place = stranger_.place, .device = ""}), "failed");
}

TEST_F(LoginGateTest, WrongPasswordsAreToldWhateverSpellingTheyWereTriedWith) {
  EXPECT_EQ(failuresOf({.user = "ADA", .place = stranger_.place, .device = ""}, 3), 3);
  const auto note = succeed(device_);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->failures, 3U);
}

TEST_F(LoginGateTest, TheLoginOfOneSpellingOpensAndResetsNothingAtAnother) {
  const LoginVisitor namesake{.user = "ADA", .place = office_.place, .device = ""};
  ASSERT_TRUE(succeed(namesake));
  EXPECT_EQ(failuresOf(office_, 20), 5) << "a stranger, where only ADA is known";
  clock_.advance(30s);
  ASSERT_TRUE(succeed(office_));
  EXPECT_EQ(failuresOf(office_, 20), 10);
  ASSERT_TRUE(succeed(namesake));
  EXPECT_EQ(fail(office_), "known_place 900s");
}

TEST_F(LoginGateTest, StrangersWithAnotherSpellingDoNotLockTheOwnerOut) {
  ASSERT_TRUE(succeed(office_));
  EXPECT_EQ(failuresOf({.user = "ADA", .place = stranger_.place, .device = ""}, 20), 5);
  EXPECT_TRUE(succeed(office_));
  EXPECT_TRUE(succeed(device_));
}

}  // namespace
}  // namespace sessiond
