#include "redis/session_reading.h"

#include <gtest/gtest.h>

#include <string>

#include "replies.h"

namespace sessiond {
namespace {

TEST(SessionReading, TheMemoryOfALargeSessionIsNotKept) {
  RedisReplies replies{text(std::string(100'000, 'x')), text(std::string(1000, 'x'))};
  SessionReading::shrink(replies);
  EXPECT_LT(replies[0].text.capacity(), 100U);
  EXPECT_GE(replies[1].text.capacity(), 1000U);
}

}  // namespace
}  // namespace sessiond
