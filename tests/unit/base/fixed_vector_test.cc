#include "base/fixed_vector.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sessiond {
namespace {

struct Named {
  std::string name;
  std::shared_ptr<int> owned = {};
};

TEST(FixedVector, KeepsElementsInOrder) {
  FixedVector<Named, 3> names;
  EXPECT_TRUE(names.empty());
  EXPECT_EQ(names.begin(), names.end());
  EXPECT_EQ(names.emplace_back("first").name, "first");
  names.emplace_back("second");
  EXPECT_EQ(names.size(), 2U);
  std::string all;
  for (const Named& named : names) all += named.name + " ";
  EXPECT_EQ(all, "first second ");
  EXPECT_EQ(names.front().name, "first");
}

TEST(FixedVector, LiesInItself) {
  FixedVector<Named, 2> names;
  const auto at = reinterpret_cast<std::uintptr_t>(&names.emplace_back("a"));
  EXPECT_GE(at, reinterpret_cast<std::uintptr_t>(&names));
  EXPECT_LT(at, reinterpret_cast<std::uintptr_t>(&names + 1));
}

TEST(FixedVector, MovesAndDestroysWhatIsThereAndNothingElse) {
  const auto shared = std::make_shared<int>(1);
  {
    FixedVector<Named, 3> names;
    names.emplace_back("a", shared);
    names.emplace_back("b", shared);
    EXPECT_EQ(shared.use_count(), 3);
    const FixedVector<Named, 3> moved = std::move(names);
    EXPECT_EQ(shared.use_count(), 3);
    EXPECT_TRUE(names.empty());  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(moved.size(), 2U);
    EXPECT_EQ(moved.begin()->name, "a");
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(FixedVectorDeathTest, RefusesOneTooMany) {
  FixedVector<int, 1> one;
  one.emplace_back(1);
  EXPECT_DEATH(one.emplace_back(2), "check failed");
}

}  // namespace
}  // namespace sessiond
