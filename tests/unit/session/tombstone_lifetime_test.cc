#include "session/tombstone_lifetime.h"

#include <gtest/gtest.h>

namespace sessiond {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TombstoneLifetime kLifetime{.latest_writer = hours(24), .usual_life = hours(2)};

TEST(TombstoneLifetime, IsAsLongAsTheLatestCopyMayLive) {
  EXPECT_EQ(kLifetime.of(seconds(60)), hours(24) + seconds(60)) << "what is saved last lives on from then";
  EXPECT_EQ(kLifetime.of(std::nullopt), hours(24) + days(400)) << "whose life cannot be told lasts as long as a cookie";
}

TEST(TombstoneLifetime, AKeyThatLivesLongerThanItsSessionCounts) {
  EXPECT_EQ(kLifetime.of(seconds(60), milliseconds(90'001)), hours(24) + seconds(91));
  EXPECT_EQ(kLifetime.of(seconds(60), milliseconds(30'000)), hours(24) + seconds(60));
  EXPECT_EQ(kLifetime.of(seconds(60), milliseconds::max()), hours(24) + days(400)) << "one without an end";
}

TEST(TombstoneLifetime, UsuallyASessionLivesAsLongAsTheLongerOfItsTimes) {
  RecordSettings session;
  CookieSettings cookie;
  LogoutSettings logout;
  session.idle_timeout = hours(1);
  cookie.max_age.reset();
  logout.tombstone_lifetime = hours(3);
  EXPECT_EQ(TombstoneLifetime::from(session, cookie, logout).usual_life, hours(1));
  cookie.max_age = hours(5);
  EXPECT_EQ(TombstoneLifetime::from(session, cookie, logout).usual_life, hours(5));
  session.idle_timeout = hours(7);
  EXPECT_EQ(TombstoneLifetime::from(session, cookie, logout).usual_life, hours(7));
  EXPECT_EQ(TombstoneLifetime::from(session, cookie, logout).latest_writer, hours(3));
}

}  // namespace
}  // namespace sessiond
