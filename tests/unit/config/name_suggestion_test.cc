#include "config/name_suggestion.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

const std::vector<std::string> kNames = {"idle_timeout", "absolute_timeout", "max_age", "url", "user"};

TEST(NameSuggestion, FindsTheNearestName) {
  EXPECT_EQ(nearestName("idle_timout", kNames), "idle_timeout");
  EXPECT_EQ(nearestName("ilde_timeout", kNames), "idle_timeout");
  EXPECT_EQ(nearestName("usr", kNames), "user");
}

TEST(NameSuggestion, TakesOtherSpellingsForTheSame) {
  EXPECT_EQ(nearestName("maxAge", kNames), "max_age");
  EXPECT_EQ(nearestName("IDLE-TIMEOUT", kNames), "idle_timeout");
}

TEST(NameSuggestion, DoesNotGuessWildly) {
  EXPECT_EQ(nearestName("frobnicate", kNames), std::nullopt);
  EXPECT_EQ(nearestName("", kNames), std::nullopt);
  EXPECT_EQ(nearestName("age", kNames), std::nullopt);
  EXPECT_EQ(nearestName(std::string(100000, 'u'), kNames), std::nullopt);
}

}  // namespace
}  // namespace sessiond
