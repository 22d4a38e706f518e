#include "base/hash_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

namespace sessiond {
namespace {

TEST(HashIndex, FindsWhatWasInsertedUntilItIsErased) {
  HashIndex<int> index;
  int one = 1;
  int two = 2;
  EXPECT_EQ(index.find(7), nullptr);
  index.insert({.hash = 7, .object = &one});
  index.insert({.hash = 0, .object = &two});
  EXPECT_EQ(index.find(7), &one);
  EXPECT_EQ(index.find(0), &two);
  EXPECT_EQ(index.find(8), nullptr);
  index.erase(7);
  EXPECT_EQ(index.find(7), nullptr);
  EXPECT_EQ(index.find(0), &two);
  EXPECT_EQ(index.size(), 1U);
}

TEST(HashIndex, TakesNothingFromTheHeapWhileItIsEmpty) {
  HashIndex<int> index;
  int one = 1;
  EXPECT_EQ(index.bytes(), 0U);
  index.insert({.hash = 1, .object = &one});
  EXPECT_GE(index.bytes(), 16U * 16U);
  index.clear();
  EXPECT_EQ(index.bytes(), 0U);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.find(1), nullptr);
}

TEST(HashIndex, IsNeverMoreThanSevenTenthsFull) {
  HashIndex<int> index;
  int one = 1;
  for (std::uint64_t i = 1; i <= 10000; ++i) {
    index.insert({.hash = i * 0x9e3779b97f4a7c15, .object = &one});
    ASSERT_GE(index.bytes() * 7 / 10, i * 16) << i;
  }
  EXPECT_LE(index.bytes(), 16384U * 16U + 16U);
}

TEST(HashIndex, ErasesInTheMiddleOfACrowdThatRunsOverTheEnd) {
  // All of these begin their search in the last two of 16 slots.
  const std::vector<std::uint64_t> hashes = {14, 15, 30, 31, 46, 47, 62, 63};
  std::vector<int> objects(hashes.size());
  for (std::size_t erased = 0; erased < hashes.size(); ++erased) {
    HashIndex<int> index;
    for (std::size_t i = 0; i < hashes.size(); ++i) index.insert({.hash = hashes[i], .object = &objects[i]});
    index.erase(hashes[erased]);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      EXPECT_EQ(index.find(hashes[i]), i == erased ? nullptr : &objects[i]) << erased << " " << i;
    }
  }
}

// Few distinct lower bits, so that the searches cross and wrap around.
TEST(HashIndex, BehavesLikeAnUnorderedMapWhateverIsInsertedAndErased) {
  for (const std::uint64_t spread : {1, 3, 40, 1000}) {
    HashIndex<int> index;
    std::unordered_map<std::uint64_t, int*> model;
    std::vector<int> objects(1000);
    std::mt19937_64 random(spread);
    for (int step = 0; step < 20000; ++step) {
      const std::uint64_t hash = random() % spread + (random() % 4 << 32);
      const auto known = model.find(hash);
      ASSERT_EQ(index.find(hash), known == model.end() ? nullptr : known->second);
      if (known != model.end()) {
        model.erase(known);
        index.erase(hash);
      } else if (model.size() < 200 || random() % 3 > 0) {
        int& object = objects[random() % objects.size()];
        model.emplace(hash, &object);
        index.insert({.hash = hash, .object = &object});
      }
      ASSERT_EQ(index.size(), model.size());
    }
    for (const auto& [hash, object] : model) ASSERT_EQ(index.find(hash), object);
  }
}

TEST(HashIndexDeathTest, RefusesASecondObjectOfOneHashAndToEraseNone) {
  HashIndex<int> index;
  int one = 1;
  const HashIndex<int>::Slot twice = {.hash = 1, .object = &one};
  index.insert(twice);
  EXPECT_DEATH(index.insert(twice), "check failed");
  EXPECT_DEATH(index.erase(2), "check failed");
}

/// Counts how often it was asked for.
struct Companion {
  void prefetch() const { ++asked; }
  mutable int asked = 0;
};

TEST(HashIndex, AsksForTheCompanionOfWhatIsFoundAndOfNothingElse) {
  HashIndex<int, Companion> index;
  std::vector<int> objects(100);
  std::vector<Companion> companions(100);
  for (std::uint64_t i = 0; i < 100; ++i) {
    index.insert({.hash = i, .object = &objects[i], .companion = &companions[i]});
  }
  EXPECT_EQ(index.find(7), &objects[7]);
  EXPECT_EQ(index.find(100), nullptr);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(companions[i].asked, i == 7 ? 1 : 0) << i;
  Companion next;
  index.setCompanion(7, &next);
  index.erase(8);
  EXPECT_EQ(index.find(7), &objects[7]);
  EXPECT_EQ(index.find(8), nullptr);
  EXPECT_EQ(next.asked, 1);
  EXPECT_EQ(companions[7].asked, 1);
  EXPECT_EQ(companions[8].asked, 0);
}

TEST(HashIndex, CanBeAskedForMemoryByAnybodyAtAnyTime) {
  HashIndex<int> index;
  int one = 1;
  std::atomic<bool> over = false;
  std::thread other([&] {
    for (std::uint64_t i = 0; !over; ++i) index.prefetch(i);
  });
  for (std::uint64_t i = 0; i < 10000; ++i) index.insert({.hash = i, .object = &one});
  index.clear();
  over = true;
  other.join();
  index.prefetch(7);
}

}  // namespace
}  // namespace sessiond
