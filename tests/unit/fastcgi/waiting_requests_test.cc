#include "fastcgi/waiting_requests.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace sessiond {
namespace {

class WaitingRequestsTest : public testing::Test {
 protected:
  bool put(std::size_t bytes) {
    auto request = std::make_unique<ActiveRequest>();
    const bool taken = waiting_.put(request, bytes);
    EXPECT_EQ(request == nullptr, taken) << "what is not taken stays where it is";
    return taken;
  }

  WaitingRequests waiting_;
};

TEST_F(WaitingRequestsTest, BeginInTheOrderInWhichTheyCame) {
  std::vector<ActiveRequest*> came;
  for (int i = 0; i < 3; ++i) {
    auto request = std::make_unique<ActiveRequest>();
    came.push_back(request.get());
    ASSERT_TRUE(waiting_.put(request, 100));
  }
  for (ActiveRequest* const expected : came) EXPECT_EQ(waiting_.take().get(), expected);
  EXPECT_TRUE(waiting_.empty());
}

TEST_F(WaitingRequestsTest, OneBeginsInARoundAndOneMoreForEachSixteenChecks) {
  EXPECT_EQ(waiting_.endRound(), 1U);
  for (const auto& [checks, begun] : {std::pair(1, 1U), {15, 1U}, {16, 2U}, {31, 2U}, {256, 17U}}) {
    for (int i = 0; i < checks; ++i) waiting_.noteCheck();
    EXPECT_EQ(waiting_.endRound(), begun) << checks;
    EXPECT_EQ(waiting_.endRound(), 1U) << "every round counts for itself";
  }
}

TEST_F(WaitingRequestsTest, NoMoreWaitThanThereIsRoomFor) {
  EXPECT_TRUE(put(WaitingRequests::kMostBytes - 100));
  EXPECT_FALSE(put(101));
  EXPECT_TRUE(put(100));
  EXPECT_FALSE(put(1));
  EXPECT_NE(waiting_.take(), nullptr);
  EXPECT_TRUE(put(WaitingRequests::kMostBytes - 100));
  EXPECT_NE(waiting_.take(), nullptr);
  EXPECT_NE(waiting_.take(), nullptr);
  EXPECT_TRUE(waiting_.empty());
}

}  // namespace
}  // namespace sessiond
