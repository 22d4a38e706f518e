#include "base/slab.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <vector>

namespace sessiond {
namespace {

struct alignas(64) Line {
  std::shared_ptr<int> owned;
};

TEST(Slab, MakesAlignedObjectsAndDestroysThem) {
  const auto shared = std::make_shared<int>(1);
  Slab<Line> slab;
  std::vector<Line*> objects;
  for (int i = 0; i < 100; ++i) objects.push_back(slab.make({shared}));
  EXPECT_EQ(std::set<Line*>(objects.begin(), objects.end()).size(), 100U);
  for (const Line* object : objects) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(object) % 64, 0U);
    EXPECT_EQ(object->owned, shared);
  }
  EXPECT_EQ(shared.use_count(), 101);
  for (Line* object : objects) slab.destroy(object);
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Slab, GivesThePlaceOfWhatIsGoneToTheNext) {
  Slab<Line> slab;
  Line* object = slab.make({});
  const std::size_t bytes = slab.bytes();
  for (int i = 0; i < 1000; ++i) {
    slab.destroy(object);
    object = slab.make({});
  }
  EXPECT_EQ(slab.bytes(), bytes);
  slab.destroy(object);
}

TEST(Slab, CountsItsBlocksUntilItIsCleared) {
  Slab<Line> slab;
  EXPECT_EQ(slab.bytes(), 0U);
  std::vector<Line*> objects;
  for (int i = 0; i < 1024; ++i) objects.push_back(slab.make({}));
  EXPECT_GE(slab.bytes(), 1024U * 64U);
  EXPECT_LE(slab.bytes(), 1024U * 70U);
  for (Line* object : objects) slab.destroy(object);
  slab.clear();
  EXPECT_EQ(slab.bytes(), 0U);
  slab.destroy(slab.make({}));
}

TEST(SlabDeathTest, RefusesToForgetWhatStillLives) {
  Slab<Line> slab;
  Line* const object = slab.make({});
  EXPECT_DEATH(slab.clear(), "check failed");
  slab.destroy(object);
}

}  // namespace
}  // namespace sessiond
