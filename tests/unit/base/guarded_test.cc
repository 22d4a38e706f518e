#include "base/guarded.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sessiond {
namespace {

TEST(Guarded, LetsOneThreadAtATimeReachItsData) {
  Guarded<std::vector<int>> numbers;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 1000; ++round) numbers.lock()->push_back(round);
      });
    }
  }
  EXPECT_EQ(numbers.lock()->size(), 4000U);
}

TEST(Guarded, IsMadeFromItsDatasArguments) {
  Guarded<std::vector<int>> numbers(3U, 7);
  EXPECT_EQ(*numbers.lock(), (std::vector<int>{7, 7, 7}));
}

}  // namespace
}  // namespace sessiond
