#include "session/late_burials.h"

#include <gtest/gtest.h>

#include <string>

#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = BurialTask::Kind;

BurialTask task(Kind kind, const std::string& id, seconds ttl = seconds(60)) {
  return {.kind = kind, .id = idOf(id), .ttl = ttl};
}

class LateBurialsTest : public testing::Test {
 protected:
  /// Each is in vain again.
  milliseconds nextPause() {
    const SteadyTime due = late_.next();
    const auto pause = due - now_;
    now_ = due;
    for (BurialTask& one : late_.take(now_)) late_.add(std::move(one), now_);
    return std::chrono::duration_cast<milliseconds>(pause);
  }

  LateBurials late_{milliseconds(500), milliseconds(4000), 2};
  SteadyTime now_;
};

TEST_F(LateBurialsTest, WaitLongerTheMoreOftenItWasInVain) {
  late_.add(task(Kind::kRenew, "a"), now_);
  for (const int pause : {500, 1000, 2000, 4000, 4000}) EXPECT_EQ(nextPause(), milliseconds(pause));
}

TEST_F(LateBurialsTest, EachWaitsByItself) {
  late_.add(task(Kind::kRenew, "a"), now_);
  now_ += milliseconds(400);
  late_.add(task(Kind::kRenew, "b"), now_);
  EXPECT_TRUE(late_.take(now_).empty());
  now_ += milliseconds(100);
  ASSERT_EQ(late_.take(now_).size(), 1U);
  EXPECT_EQ(late_.next(), now_ + milliseconds(400));
  now_ = late_.next();
  EXPECT_EQ(late_.take(now_).at(0).id.bytes(), "b");
  EXPECT_EQ(late_.next(), SteadyTime::max());
}

TEST_F(LateBurialsTest, OneThatIsMetAgainStaysAsItIsAndLivesAsLongAsAnybodyAsked) {
  late_.add(task(Kind::kBury, "a", seconds(90)), now_);
  now_ += milliseconds(499);
  late_.add(task(Kind::kBury, "a", seconds(60)), now_);
  now_ += milliseconds(1);
  const auto due = late_.take(now_);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].ttl, seconds(90));
}

TEST_F(LateBurialsTest, AreBoundedButForRenewals) {
  for (const char* id : {"a", "b", "c"}) late_.add(task(Kind::kBury, id), now_);
  for (const char* id : {"a", "b", "c"}) late_.add(task(Kind::kRenew, id), now_);
  EXPECT_EQ(late_.size(), 5U);
  late_.dropRenewals();
  EXPECT_EQ(late_.size(), 2U);
  now_ += seconds(1);
  EXPECT_EQ(late_.take(now_).size(), 2U);
  late_.add(task(Kind::kLook, "d"), now_);
  EXPECT_EQ(late_.size(), 1U) << "there is room again";
}

}  // namespace
}  // namespace sessiond
