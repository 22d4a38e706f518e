#include "session/withdrawn_logins.h"

#include <gmock/gmock.h>
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
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::string kThisRedis = "this redis";
constexpr std::uint64_t kTag = 0xab;
const std::string kAuth = "htpasswd:00000000000000ab";
const std::string kOtherAuth = "htpasswd:00000000000000cd";
const std::string kRemedy = "sessionctl session revoke --user ID ends them";

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
  /// They can log in with that password no more.
  void withdraw(const std::string& user = "7", const std::string& where = kThisRedis) {
    withdrawn_.add(where, user, kTag);
  }
  bool lives(const std::string& id) { return store_.value(idOf(id)).has_value(); }
  void endSome(const std::string& where = kThisRedis) {
    withdrawn_.endSome({.where = where,
                        .store = store_,
                        .index = index_,
                        .ender = ender_,
                        .extractor = extractor_,
                        .max_bytes = settings_.max_bytes,
                        .log_key = log_key_});
  }
  /// What the log says of it.
  std::string endSomeLogged(const std::string& where = kThisRedis) {
    testing::internal::CaptureStderr();
    endSome(where);
    return testing::internal::GetCapturedStderr();
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  const HmacKey log_key_{Secret(std::string("key for the names in logs"))};
  const SessionSettings settings_{};
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
  withdraw();
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
  withdraw();
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
  withdraw();
  index_.failWith(StoreError::kTimeout);
  clock_.advance(WithdrawnLogins::kPatience);
  EXPECT_THAT(endSomeLogged(), HasSubstr(kRemedy));
  index_.failWith(std::nullopt);
  endSome();
  EXPECT_TRUE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, SaysWhoHasMoreThanItLooksAt) {
  const auto listBehind = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      ASSERT_TRUE(index_.add({.user_id = "7", .id = idOf("gone " + std::to_string(i)), .life = hours(48)}).hasValue());
  };
  logIn("old", kAuth);
  listBehind(0, WithdrawnLogins::kMostListed - 2);
  withdraw();
  EXPECT_THAT(endSomeLogged(), Not(HasSubstr("too many sessions")));
  EXPECT_FALSE(lives("old")) << "behind all that is gone";
  listBehind(WithdrawnLogins::kMostListed - 2, WithdrawnLogins::kMostListed);
  logIn("further behind", kAuth);
  withdraw();
  EXPECT_THAT(endSomeLogged(), AllOf(HasSubstr("too many sessions"), HasSubstr(kRemedy)));
  EXPECT_TRUE(lives("further behind"));
}

/// As by a reload that leads to another Redis.
TEST_F(WithdrawnLoginsTest, IsNotWorkedOffWithAnotherStore) {
  logIn("old", kAuth);
  withdraw("7", "a third redis");
  withdraw();
  endSome("another redis");
  EXPECT_EQ(store_.calls(), 0U);
  EXPECT_TRUE(lives("old"));
  endSome();
  EXPECT_FALSE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, WhatIsAnotherStoresHoldsUpNothing) {
  logIn("phone", kAuth);
  withdraw("8", "another redis");
  withdraw();
  endSome();
  EXPECT_FALSE(lives("phone"));
}

TEST_F(WithdrawnLoginsTest, SaysWhatNobodyHasAskedForAnyMore) {
  logIn("old", kAuth);
  withdraw();
  clock_.advance(WithdrawnLogins::kPatience);
  EXPECT_THAT(endSomeLogged("another redis"), HasSubstr(kRemedy));
  endSome();
  EXPECT_TRUE(lives("old"));
}

TEST_F(WithdrawnLoginsTest, EndsSomeUsersSessionsAtOnce) {
  for (std::size_t i = 0; i <= WithdrawnLogins::kAtOnce; ++i) {
    const std::string user = std::to_string(i);
    logIn("of " + user, kAuth, user);
    withdraw(user);
  }
  const std::string last = "of " + std::to_string(WithdrawnLogins::kAtOnce);
  endSome();
  EXPECT_FALSE(lives("of 0"));
  EXPECT_TRUE(lives(last));
  endSome();
  EXPECT_FALSE(lives(last));
}

TEST_F(WithdrawnLoginsTest, SaysHowManyFoundNoRoom) {
  for (std::size_t i = 0; i < WithdrawnLogins::kMost; ++i) withdraw(std::to_string(i), "another redis");
  EXPECT_THAT(endSomeLogged(), IsEmpty()) << "all have room";
  logIn("beyond", kAuth);
  for (int i = 0; i < 3; ++i) withdraw();
  EXPECT_THAT(endSomeLogged(), AllOf(HasSubstr("too many lines"), HasSubstr("revoke --user ID of each ends them"),
                                     HasSubstr("users=3"), HasSubstr("waiting=65536")));
  EXPECT_TRUE(lives("beyond"));
  EXPECT_THAT(endSomeLogged(), IsEmpty()) << "it is said once";
}

TEST_F(WithdrawnLoginsTest, WhoHasNoIdHasNoSessions) {
  withdraw("");
  endSome();
  EXPECT_EQ(store_.calls(), 0U);
}

}  // namespace
}  // namespace sessiond
