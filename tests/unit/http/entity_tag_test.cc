#include "http/entity_tag.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

constexpr std::string_view kTag = R"("a1-_")";

TEST(EntityTag, IsFoundInAList) {
  for (const std::string_view field :
       {R"("a1-_")", R"( "a1-_" )", R"("x","a1-_")", R"("x" , "a1-_", "y")", R"(,, "a1-_" ,)", R"("",W/"x", "a1-_")"}) {
    EXPECT_TRUE(matchesStrongly(field, kTag)) << field;
    EXPECT_TRUE(matchesWeakly(field, kTag)) << field;
  }
}

TEST(EntityTag, AStarMatchesAll) {
  for (const std::string_view field : {"*", " * ", "\t*"}) {
    EXPECT_TRUE(matchesStrongly(field, kTag)) << field;
    EXPECT_TRUE(matchesWeakly(field, kTag)) << field;
  }
}

TEST(EntityTag, AWeakOneMatchesOnlyWeakly) {
  EXPECT_FALSE(matchesStrongly(R"(W/"a1-_")", kTag));
  EXPECT_TRUE(matchesWeakly(R"(W/"a1-_")", kTag));
  EXPECT_TRUE(matchesStrongly(R"(W/"a1-_", "a1-_")", kTag));
}

TEST(EntityTag, MatchesNothingElse) {
  for (const std::string_view field :
       {"", " ", ",", R"("")", R"("a1-")", R"("A1-_")", R"("a1-_x")", "a1-_", R"("a1-_)", R"(w/"a1-_")", R"("*")",
        R"("x" "a1-_")", R"("x"y, "a1-_")", R"(W/ "a1-_")", R"(*, "x")"}) {
    EXPECT_FALSE(matchesStrongly(field, kTag)) << field;
    EXPECT_FALSE(matchesWeakly(field, kTag)) << field;
  }
}

TEST(EntityTag, ACommaMayStandInsideATag) {
  EXPECT_TRUE(matchesStrongly(R"("a,b")", R"("a,b")"));
  EXPECT_FALSE(matchesStrongly(R"("a,b")", R"("b")"));
}

}  // namespace
}  // namespace sessiond
