#include "session/lost_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sessiond {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class LostIdentityTest : public testing::Test {
 protected:
  std::string logged(IdentityHeaderBits lost, SteadyTime now) {
    testing::internal::CaptureStderr();
    lost_.note(lost, "a3f5", now);
    return testing::internal::GetCapturedStderr();
  }
  std::uint64_t count(const char* header) {
    return metrics_.counter("sessiond_identity_values_lost_total", "", {{"header", header}}).read();
  }

  MetricsRegistry metrics_;
  LostIdentity lost_{{"X-User-Id", "X-User-Name", "X-User-Roles"}, metrics_};
};

TEST_F(LostIdentityTest, TheLogNamesTheHeadersAndTheSession) {
  const SteadyTime now(seconds(1000));
  EXPECT_THAT(logged(0b001, now), HasSubstr(" headers=X-User-Id session=a3f5 count=1"));
  EXPECT_THAT(logged(0b101, now + LogSummary::kInterval),
              HasSubstr(" headers=\"X-User-Id X-User-Roles\" session=a3f5 count=1"));
}

TEST_F(LostIdentityTest, EveryHeaderIsCountedAlsoWhereTheLogSumsUp) {
  const SteadyTime now(seconds(1000));
  logged(0b101, now);
  EXPECT_THAT(logged(0b110, now), IsEmpty());
  EXPECT_EQ(count("X-User-Id"), 1U);
  EXPECT_EQ(count("X-User-Name"), 1U);
  EXPECT_EQ(count("X-User-Roles"), 2U);
  EXPECT_THAT(logged(0b010, now + LogSummary::kInterval),
              AllOf(HasSubstr("headers=X-User-Name "), HasSubstr("count=2")));
}

}  // namespace
}  // namespace sessiond
