#include "fastcgi/bounded_queue.h"

#include <memory>
#include <thread>

namespace sessiond {
namespace {

using Job = std::unique_ptr<int>;

Job job(int number) {
  return std::make_unique<int>(number);
}

/// Those that found no room.
std::vector<Job> push(BoundedQueue<Job>& queue, std::initializer_list<int> numbers) {
  std::vector<Job> refused;
  for (const int number : numbers) {
    Job one = job(number);
    if (!queue.push(one)) refused.push_back(std::move(one));
  }
  return refused;
}

std::vector<int> numbers(const std::vector<Job>& jobs) {
  std::vector<int> found;
  for (const Job& job : jobs) found.push_back(*job);
  return found;
}

TEST(BoundedQueue, HandsOutAllThatWaitsInOrder) {
  BoundedQueue<Job> queue(10);
  EXPECT_TRUE(push(queue, {1, 2, 3}).empty());
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 64));
  EXPECT_EQ(numbers(out), (std::vector<int>{1, 2, 3}));
}

TEST(BoundedQueue, KeepsPlacesForOthers) {
  BoundedQueue<Job> queue(4);
  int taken = 0;
  for (int i = 0; i < 9; ++i) {
    Job job = std::make_unique<int>(i);
    if (queue.push(job, 2)) ++taken;
  }
  EXPECT_EQ(taken, 2);
  for (const bool fits : {true, true, false}) {
    Job job = std::make_unique<int>(0);
    EXPECT_EQ(queue.push(job), fits);
  }
}

TEST(BoundedQueue, HandsOutNoMoreThanTheLimit) {
  BoundedQueue<Job> queue(10);
  push(queue, {1, 2, 3});
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 2));
  EXPECT_EQ(numbers(out), (std::vector<int>{1, 2}));
  EXPECT_TRUE(queue.popSome(out, 2));
  EXPECT_EQ(numbers(out), (std::vector<int>{1, 2, 3}));
}

TEST(BoundedQueue, GivesBackWhatFindsNoRoom) {
  BoundedQueue<Job> queue(2);
  EXPECT_EQ(numbers(push(queue, {1, 2, 3, 4})), (std::vector<int>{3, 4}));
  Job late = job(5);
  EXPECT_FALSE(queue.push(late));
  ASSERT_TRUE(late);
  EXPECT_EQ(*late, 5);
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 1));
  EXPECT_TRUE(queue.push(late));
  EXPECT_FALSE(late);
}

TEST(BoundedQueue, AClosedQueueIsEmptiedAndTakesNothing) {
  BoundedQueue<Job> queue(10);
  push(queue, {1});
  queue.close();
  EXPECT_EQ(numbers(push(queue, {2})), (std::vector<int>{2}));
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 64));
  EXPECT_EQ(numbers(out), (std::vector<int>{1}));
  EXPECT_FALSE(queue.popSome(out, 64));
}

TEST(BoundedQueue, ClosingWakesEverybodyWhoWaits) {
  BoundedQueue<Job> queue(10);
  const auto wait = [&queue] {
    std::vector<Job> out;
    EXPECT_FALSE(queue.popSome(out, 1));
  };
  std::jthread first(wait);
  std::jthread second(wait);
  queue.close();
}

TEST(BoundedQueue, ClosingCanTakeAllThatWait) {
  BoundedQueue<std::unique_ptr<int>> queue(4);
  auto one = std::make_unique<int>(1);
  auto two = std::make_unique<int>(2);
  ASSERT_TRUE(queue.push(one) && queue.push(two));
  const auto taken = queue.closeAndTakeAll();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(*taken[0], 1);
  EXPECT_EQ(*taken[1], 2);
  auto late = std::make_unique<int>(3);
  EXPECT_FALSE(queue.push(late));
  std::vector<std::unique_ptr<int>> rest;
  EXPECT_FALSE(queue.popSome(rest, 9));
}

}  // namespace
}  // namespace sessiond
