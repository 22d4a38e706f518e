#include "session/withdrawn_logins.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/metrics.h"
#include "session/session_settings.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const std::string kHere = "this redis";
constexpr std::uint64_t kTag = 0xab;
const std::string kAuth = "htpasswd:00000000000000ab";
const std::string kOtherAuth = "htpasswd:00000000000000cd";

class WithdrawnLoginsTest : public testing::Test {
 protected:
  void put(const std::string& id, const std::string& user, const std::string& own) {
    const std::string json = R"({"cookie":{},"user":{"id":")" + user + "\"}" + own + "}";
    store_.put(idOf(id), json, hours(24));
    ASSERT_TRUE(index_.add({.user_id = user, .id = idOf(id), .life = hours(24)}).hasValue());
  }
  /// At this moment.
  void logIn(const std::string& id, const std::string& auth, const std::string& user = "7") {
    const std::string now = std::to_string(clock_.wallNow().time_since_epoch().count());
    put(id, user, R"(,"_sd":{"created":)" + now + R"(,"authenticated":)" + now + R"(,"auth":")" + auth + "\"}");
  }
  bool lives(const std::string& id) { return store_.value(idOf(id)).has_value(); }
  void endSome(const std::string& where = kHere) {
    withdrawn_.endSome({.where = where,
                        .store = store_,
                        .index = index_,
                        .ender = ender_,
                        .extractor = extractor_,
                        .max_bytes = settings_.max_bytes,
                        .log_key = log_key_});
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  const HmacKey log_key_{Secret(std::string("key for the names in logs"))};
  const SessionSettings settings_;
  MemorySessionStore store_{clock_};
  MemoryUserSessionIndex index_{clock_};
  const FactsExtractor extractor_{ExtractionRules{}};
  const SessionEnder ender_{{.settings = settings_,
                             .tombstones = {.latest_writer = hours(24), .usual_life = hours(24)},
                             .store = store_,
                             .index = index_,
                             .log_key = log_key_,
                             .clock = clock_,
                             .metrics = metrics_}};
  WithdrawnLogins withdrawn_{clock_};
};

TEST_F(WithdrawnLoginsTest, EndsWhatWasBegunByThatPasswordAndNothingElse) {
  logIn("old", kAuth);
  logIn("another password", kOtherAuth);
  logIn("redis", "redis:00000000000000ab");
  logIn("another user", kAuth, "8");
  put("application", "7", "");
  withdrawn_.add(kHere, "7", kTag);
  clock_.advance(seconds(1));
  logIn("since it is back", kAuth);
  endSome();
  EXPECT_FALSE(lives("old"));
  EXPECT_TRUE(store_.tombstoneTtl(idOf("old")));
  for (const char* const id : {"another password", "redis", "another user", "application", "since it is back"})
    EXPECT_TRUE(lives(id)) << id;
}

TEST_F(WithdrawnLoginsTest, GoesOnForAnHourWhileTheStoreDoesNotAnswer) {
  logIn("old", kAuth);
  withdrawn_.add(kHere, "7", kTag);
  store_.failWith(StoreError::kUnavailable);
  endSome();
  clock_.advance(WithdrawnLogins::kPatience - seconds(1));
  endSome();
  store_.failWith(std::nullopt);
  EXPECT_TRUE(lives("old"));
  endSome();
  EXPECT_FALSE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, SaysWhoseSessionsItCouldNotEnd) {
  logIn("old", kAuth);
  withdrawn_.add(kHere, "7", kTag);
  index_.failWith(StoreError::kTimeout);
  clock_.advance(WithdrawnLogins::kPatience);
  testing::internal::CaptureStderr();
  endSome();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("sessionctl session revoke --user ID ends them"),
            std::string::npos);
  index_.failWith(std::nullopt);
  endSome();
  EXPECT_TRUE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, SaysWhoHasMoreThanItLooksAt) {
  const auto listBehind = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      ASSERT_TRUE(index_.add({.user_id = "7", .id = idOf("gone " + std::to_string(i)), .life = hours(48)}).hasValue());
  };
  const auto logged = [&] {
    withdrawn_.add(kHere, "7", kTag);
    testing::internal::CaptureStderr();
    endSome();
    return testing::internal::GetCapturedStderr();
  };
  logIn("old", kAuth);
  listBehind(0, WithdrawnLogins::kMostListed - 2);
  EXPECT_EQ(logged().find("too many sessions"), std::string::npos);
  EXPECT_FALSE(lives("old")) << "behind all that is gone";
  listBehind(WithdrawnLogins::kMostListed - 2, WithdrawnLogins::kMostListed);
  logIn("further behind", kAuth);
  const std::string said = logged();
  EXPECT_TRUE(lives("further behind"));
  EXPECT_NE(said.find("too many sessions"), std::string::npos) << said;
  EXPECT_NE(said.find("sessionctl session revoke --user ID ends them"), std::string::npos) << said;
}

/// As by a reload that leads to another Redis, and is refused.
TEST_F(WithdrawnLoginsTest, IsNotWorkedOffWithAnotherStore) {
  logIn("old", kAuth);
  withdrawn_.add("a third redis", "7", kTag);
  withdrawn_.add(kHere, "7", kTag);
  endSome("another redis");
  EXPECT_EQ(store_.calls(), 0U);
  EXPECT_TRUE(lives("old"));
  endSome();
  EXPECT_FALSE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, SaysWhatNobodyHasAskedForAnyMore) {
  logIn("old", kAuth);
  withdrawn_.add(kHere, "7", kTag);
  clock_.advance(WithdrawnLogins::kPatience);
  testing::internal::CaptureStderr();
  endSome("another redis");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("sessionctl session revoke --user ID ends them"),
            std::string::npos);
  endSome();
  EXPECT_TRUE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, EndsSomeUsersSessionsAtOnce) {
  for (std::size_t i = 0; i <= WithdrawnLogins::kAtOnce; ++i) {
    const std::string user = std::to_string(i);
    logIn("of " + user, kAuth, user);
    withdrawn_.add(kHere, user, kTag);
  }
  const std::string last = "of " + std::to_string(WithdrawnLogins::kAtOnce);
  endSome();
  EXPECT_FALSE(lives("of 0"));
  EXPECT_TRUE(lives(last));
  endSome();
  EXPECT_FALSE(lives(last));
}

TEST_F(WithdrawnLoginsTest, WhoHasNoIdHasNoSessions) {
  withdrawn_.add(kHere, "", kTag);
  endSome();
  EXPECT_EQ(store_.calls(), 0U);
}

}  // namespace
}  // namespace sessiond
