#include "base/lru_table.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace sessiond {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct Word : LruLinks<Word> {
  explicit Word(std::string word, std::size_t bytes = 0) : text(std::move(word)), owned(bytes) {}
  std::size_t heapBytes() const { return owned; }

  std::string text;
  std::size_t owned;
};

/// Which of the hashes 1 to `last` are here.
std::vector<std::uint64_t> hashesIn(const LruTable<Word>& table, std::uint64_t last) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t hash = 1; hash <= last; ++hash)
    if (table.find(hash) != nullptr) hashes.push_back(hash);
  return hashes;
}

TEST(LruTable, FindsWhatWasAddedUntilItIsRemoved) {
  LruTable<Word> table;
  EXPECT_EQ(table.find(1), nullptr);
  table.add(1, Word("one"));
  table.add(2, Word("two"));
  ASSERT_NE(table.find(1), nullptr);
  EXPECT_EQ(table.find(1)->text, "one");
  table.remove(*table.find(1));
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(table.find(2)->text, "two");
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.evictions(), 0U);
}

TEST(LruTable, TheLeastRecentlyUsedGoFirst) {
  LruTable<Word> table;
  for (std::uint64_t hash = 1; hash <= 4; ++hash) table.add(hash, Word("word"));
  table.use(*table.find(1));
  table.evictBeyond(2, kNoLimit);
  EXPECT_EQ(hashesIn(table, 4), (std::vector<std::uint64_t>{1, 4}));
  EXPECT_EQ(table.evictions(), 2U);
}

TEST(LruTable, AUseThatIsNotYetWorthNotingIsNotNoted) {
  LruTable<Word> table;
  for (std::uint64_t hash = 1; hash <= 16; ++hash) table.add(hash, Word("word"));
  table.use(*table.find(15));  // one added since: less than an eighth
  table.use(*table.find(14));  // two: worth it
  table.evictBeyond(2, kNoLimit);
  EXPECT_EQ(hashesIn(table, 16), (std::vector<std::uint64_t>{14, 16}));
}

TEST(LruTable, WhatIsPutInTheNextOnesPlaceIsFoundThereAndWasUsed) {
  LruTable<Word> table;
  for (std::uint64_t hash = 1; hash <= 4; ++hash) table.add(hash, Word("word", 100));
  const std::size_t before = table.bytes();
  table.replace(*table.find(1), Word("next", 1000));
  EXPECT_EQ(table.find(1)->text, "next");
  EXPECT_EQ(table.size(), 4U);
  EXPECT_EQ(table.bytes(), before + 900);
  table.evictBeyond(2, kNoLimit);
  EXPECT_EQ(hashesIn(table, 4), (std::vector<std::uint64_t>{1, 4}));
  table.remove(*table.find(1));
  table.remove(*table.find(4));
  EXPECT_EQ(table.size(), 0U);
}

TEST(LruTable, RemovesFromTheEndsAndTheMiddle) {
  for (std::uint64_t removed = 1; removed <= 3; ++removed) {
    LruTable<Word> table;
    for (std::uint64_t hash = 1; hash <= 3; ++hash) table.add(hash, Word("word"));
    table.remove(*table.find(removed));
    table.add(4, Word("word"));
    table.evictBeyond(1, kNoLimit);
    EXPECT_EQ(hashesIn(table, 4), (std::vector<std::uint64_t>{4})) << removed;
    table.evictBeyond(0, kNoLimit);
    EXPECT_EQ(table.size(), 0U);
  }
}

TEST(LruTable, IsBoundedByBytesWithWhatItTakesItself) {
  LruTable<Word> table;
  for (std::uint64_t hash = 1; hash <= 32; ++hash) table.add(hash, Word("word", 1000));
  EXPECT_GE(table.bytes(), 32U * (1000U + sizeof(Word) + 16U));
  for (std::uint64_t hash = 33; hash <= 1000; ++hash) {
    table.add(hash, Word("word", 1000));
    table.evictBeyond(kNoLimit, 100'000);
    ASSERT_LE(table.bytes(), 100'000U);
    ASSERT_NE(table.find(hash), nullptr);
  }
  EXPECT_GT(table.size(), 75U);
}

TEST(LruTable, GivesItsMemoryBackWhenNotEvenThatFits) {
  LruTable<Word> table;
  table.add(1, Word("word"));
  table.evictBeyond(kNoLimit, 10);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.bytes(), 0U);
  table.add(1, Word("word"));
  EXPECT_NE(table.find(1), nullptr);
}

TEST(LruTable, CanBeClearedAndFilledAgain) {
  LruTable<Word> table;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t hash = 1; hash <= 100; ++hash) table.add(hash, Word(std::string(100, 'x'), 100));
    EXPECT_EQ(table.size(), 100U);
    table.clear();
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.bytes(), 0U);
    EXPECT_EQ(table.find(1), nullptr);
  }
}

}  // namespace
}  // namespace sessiond
