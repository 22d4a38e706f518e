#include "redis/scan_cursor.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using Servers = std::vector<std::string>;

const Servers kThree = {"192.0.2.1:6379", "192.0.2.2:6379", "192.0.2.3:6379"};

std::string placeOf(const ScanCursor& cursor) {
  return std::to_string(cursor.server()) + " " + cursor.own();
}

TEST(ScanCursor, GoesThroughOneServerAfterTheOther) {
  EXPECT_EQ(placeOf(ScanCursor(ScanCursor::kEnd, kThree)), "0 0");
  const std::string later = ScanCursor(ScanCursor::kEnd, kThree).next("17");
  EXPECT_EQ(placeOf(ScanCursor(later, kThree)), "0 17");
  const std::string second = ScanCursor(later, kThree).next("0");
  EXPECT_EQ(placeOf(ScanCursor(second, kThree)), "1 0");
  const std::string third = ScanCursor(second, kThree).next("0");
  EXPECT_EQ(placeOf(ScanCursor(third, kThree)), "2 0");
  EXPECT_EQ(placeOf(ScanCursor(ScanCursor(third, kThree).next("99"), kThree)), "2 99");
  EXPECT_EQ(ScanCursor(third, kThree).next("0"), ScanCursor::kEnd);
}

TEST(ScanCursor, BeginsAgainWhereOtherServersServe) {
  const std::string second = ScanCursor(ScanCursor(ScanCursor::kEnd, kThree).next("0"), kThree).next("17");
  ASSERT_EQ(placeOf(ScanCursor(second, kThree)), "1 17");
  const Servers of_replica = {"192.0.2.1:6379", "192.0.2.3:6379", "192.0.2.4:6379"};  // in the place of the second
  const Servers looked_at_before = {"192.0.2.0:6379", "192.0.2.1:6379", "192.0.2.2:6379"};
  const Servers one_more = {"192.0.2.1:6379", "192.0.2.2:6379", "192.0.2.3:6379", "192.0.2.4:6379"};
  for (const Servers& others : {of_replica, looked_at_before, one_more, Servers{"192.0.2.1:6379"}}) {
    EXPECT_EQ(placeOf(ScanCursor(second, others)), "0 0");
    EXPECT_NE(ScanCursor(second, others).next("1"), ScanCursor::kEnd);
  }
}

TEST(ScanCursor, BeginsAgainWhereItCannotBeRead) {
  const std::string sum = ScanCursor(ScanCursor::kEnd, kThree).next("17");
  const std::string own_sum = sum.substr(0, sum.find(':'));
  for (const std::string& text :
       {std::string(ScanCursor::kAgain), std::string(), std::string("17"), std::string("1:17"), own_sum, own_sum + ":1",
        own_sum + ":3:17", own_sum + ":1:x", own_sum + ":-1:17", own_sum + ":1:"}) {
    EXPECT_EQ(placeOf(ScanCursor(text, kThree)), "0 0") << text;
  }
}

}  // namespace
}  // namespace sessiond
