#include "fastcgi/bounded_queue.h"

#include <memory>
#include <thread>

namespace sessiond {
namespace {

using Job = std::unique_ptr<int>;

std::vector<Job> jobs(std::initializer_list<int> numbers) {
  std::vector<Job> made;
  for (const int number : numbers) made.push_back(std::make_unique<int>(number));
  return made;
}

std::vector<int> numbers(const std::vector<Job>& jobs) {
  std::vector<int> found;
  for (const Job& job : jobs) found.push_back(*job);
  return found;
}

TEST(BoundedQueue, HandsOutAllThatWaitsInOrder) {
  BoundedQueue<Job> queue(10);
  std::vector<Job> in = jobs({1, 2, 3});
  queue.pushAll(in);
  EXPECT_TRUE(in.empty());
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
  std::vector<Job> in = jobs({1, 2, 3});
  queue.pushAll(in);
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 2));
  EXPECT_EQ(numbers(out), (std::vector<int>{1, 2}));
  EXPECT_TRUE(queue.popSome(out, 2));
  EXPECT_EQ(numbers(out), (std::vector<int>{1, 2, 3}));
}

TEST(BoundedQueue, GivesBackWhatFindsNoRoom) {
  BoundedQueue<Job> queue(2);
  std::vector<Job> in = jobs({1, 2, 3, 4});
  queue.pushAll(in);
  EXPECT_EQ(numbers(in), (std::vector<int>{3, 4}));
  EXPECT_FALSE(queue.push(in[0]));
  ASSERT_TRUE(in[0]);
  EXPECT_EQ(*in[0], 3);
  std::vector<Job> out;
  EXPECT_TRUE(queue.popSome(out, 1));
  EXPECT_TRUE(queue.push(in[0]));
  EXPECT_FALSE(in[0]);
}

TEST(BoundedQueue, AClosedQueueIsEmptiedAndTakesNothing) {
  BoundedQueue<Job> queue(10);
  std::vector<Job> in = jobs({1});
  queue.pushAll(in);
  queue.close();
  in = jobs({2});
  EXPECT_FALSE(queue.push(in[0]));
  queue.pushAll(in);
  EXPECT_EQ(numbers(in), (std::vector<int>{2}));
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
