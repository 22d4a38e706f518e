#include "base/expected.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sessiond {
namespace {

enum class Reason { kSmall, kLarge };

Expected<int, Reason> half(int number) {
  if (number < 0) return Unexpected(Reason::kSmall);
  if (number > 100) return Unexpected(Reason::kLarge);
  return number / 2;
}

TEST(Expected, HoldsTheValueOrTheReason) {
  EXPECT_TRUE(half(42).hasValue());
  EXPECT_EQ(half(42).value(), 21);
  EXPECT_EQ(*half(42), 21);
  EXPECT_FALSE(half(-1));
  EXPECT_EQ(half(-1).error(), Reason::kSmall);
  EXPECT_EQ(half(101).error(), Reason::kLarge);
}

TEST(Expected, TellsValueAndReasonOfOneTypeApart) {
  const Expected<std::string, std::string> value(std::string("fine"));
  const Expected<std::string, std::string> reason(Unexpected(std::string("broken")));
  EXPECT_EQ(value->size(), 4U);
  EXPECT_EQ(reason.error(), "broken");
}

TEST(Expected, GivesAwayWhatCannotBeCopied) {
  Expected<std::unique_ptr<int>, Reason> owner(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = std::move(owner).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Expected, OfNothingIsDoneOrTheReason) {
  EXPECT_TRUE((Expected<void, Reason>()));
  const Expected<void, Reason> failed = Unexpected(Reason::kLarge);
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error(), Reason::kLarge);
}

TEST(ExpectedDeathTest, AbortsOnAccessToTheSideThatIsNotThere) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH((void)half(-1).value(), "expected.h:[0-9]+: check failed: hasValue\\(\\)");
  EXPECT_DEATH((void)half(1).error(), "expected.h:[0-9]+: check failed: !hasValue\\(\\)");
}

}  // namespace
}  // namespace sessiond
