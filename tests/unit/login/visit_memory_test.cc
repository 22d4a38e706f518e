#include "login/visit_memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace sessiond {
namespace {

TEST(VisitMemory, KnowsWhatWasNotedAndNothingElse) {
  VisitMemory memory;
  EXPECT_FALSE(memory.contains("ada at the office"));
  memory.note("ada at the office");
  EXPECT_TRUE(memory.contains("ada at the office"));
  EXPECT_FALSE(memory.contains("ada at home"));
  EXPECT_FALSE(memory.contains(""));
}

TEST(VisitMemory, ForgetsTheOldestWhereThereIsNoRoomForAll) {
  VisitMemory memory;
  constexpr std::size_t kMany = 8 * VisitMemory::kSlots;
  std::size_t known = 0;
  for (std::size_t i = 0; i < kMany; ++i) {
    memory.note("visit " + std::to_string(i));
    ASSERT_TRUE(memory.contains("visit " + std::to_string(i)));
  }
  for (std::size_t i = 0; i < kMany; ++i) known += memory.contains("visit " + std::to_string(i)) ? 1 : 0;
  EXPECT_LE(known, VisitMemory::kSlots);
  EXPECT_GT(known, VisitMemory::kSlots / 2);
}

}  // namespace
}  // namespace sessiond
