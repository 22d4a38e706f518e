#include "base/snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace sessiond {
namespace {

TEST(Snapshot, ShowsAReaderTheValueInForce) {
  Snapshot<const int> snapshot(std::make_shared<const int>(1));
  Snapshot<const int>::Reader reader(snapshot);
  EXPECT_EQ(*reader.current(), 1);
  snapshot.replace(std::make_shared<const int>(2));
  EXPECT_EQ(*reader.current(), 2);
  EXPECT_EQ(*reader.current(), 2);
}

TEST(Snapshot, KeepsAnOldValueUntilItsLastReaderMovesOn) {
  const auto first = std::make_shared<const int>(1);
  const std::weak_ptr<const int> watched = first;
  Snapshot<const int> snapshot(first);
  Snapshot<const int>::Reader fast(snapshot);
  Snapshot<const int>::Reader slow(snapshot);
  fast.current();
  const int& held = *slow.current();
  snapshot.replace(std::make_shared<const int>(2));
  fast.current();
  EXPECT_EQ(held, 1);
  EXPECT_EQ(first.use_count(), 2);  // ours and the slow reader's
  slow.current();
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_FALSE(watched.expired());
}

// Both halves are written before a value is published: a reader that sees them differ has seen a value half made, and
// one that sees a number fall has seen an older value after a newer one.
TEST(Snapshot, IsNeverTornAndNeverGoesBackUnderThreads) {
  struct Pair {
    int left;
    int right;
  };
  constexpr int kLast = 2000;
  Snapshot<const Pair> snapshot(std::make_shared<const Pair>(Pair{0, 0}));
  std::vector<std::jthread> readers;
  std::atomic<int> bad = 0;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      Snapshot<const Pair>::Reader reader(snapshot);
      int seen = 0;
      while (seen < kLast) {
        const auto& pair = reader.current();
        if (pair->left != pair->right || pair->left < seen) ++bad;
        seen = pair->left;
      }
    });
  }
  for (int value = 1; value <= kLast; ++value) snapshot.replace(std::make_shared<const Pair>(Pair{value, value}));
  readers.clear();
  EXPECT_EQ(bad, 0);
}

}  // namespace
}  // namespace sessiond
