#include "session/session_starter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/memory_session_store.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

class SessionStarterTest : public testing::Test {
 protected:
  Expected<StartedSession, RecordDamage> start(bool https = true, const std::string& user = R"({"id":7})") {
    const SessionStarter starter({session_, cookie_, signer_, store_, clock_});
    return starter.start(user, {.address = "192.0.2.0/24", .login = "ada"}, https);
  }

  static std::vector<Secret> oneSecret() {
    std::vector<Secret> secrets;
    secrets.emplace_back(std::string("first secret"));
    return secrets;
  }

  SessionSettings session_;
  CookieSettings cookie_;
  const std::vector<Secret> secrets_ = oneSecret();
  const CookieSigner signer_{secrets_};
  FakeClock clock_;
  MemorySessionStore store_{clock_};
};

TEST_F(SessionStarterTest, ItsCookieLeadsToWhatIsStored) {
  const auto started = start();
  ASSERT_TRUE(started.hasValue());
  const std::string& cookie = started->set_cookie;
  EXPECT_THAT(cookie, MatchesRegex("connect\\.sid=s%3A[^;]+; Path=/; HttpOnly; Secure; SameSite=Lax"));
  const std::size_t value = cookie.find('=') + 1;
  const auto verified = signer_.verify(cookie.substr(value, cookie.find(';') - value));
  ASSERT_TRUE(verified.hasValue());
  EXPECT_EQ(verified->id, started->id);
  const std::string json = store_.value(started->id).value_or("");
  EXPECT_THAT(json, HasSubstr(R"("user":{"id":7})"));
  EXPECT_THAT(json, HasSubstr("\"created\":" + std::to_string(clock_.wallNow().time_since_epoch().count())));
}

TEST_F(SessionStarterTest, LivesAsLongAsItsCookieOrAsItMayLieIdle) {
  session_.idle_timeout = hours(2);
  EXPECT_EQ(start()->life, hours(2));
  cookie_.max_age = hours(5);
  EXPECT_EQ(start()->life, hours(5));
  EXPECT_THAT(start()->set_cookie, HasSubstr("Expires="));
}

TEST_F(SessionStarterTest, TheRecordSaysOfTheCookieWhatTheCookieSays) {
  EXPECT_THAT(store_.value(start(false)->id).value_or(""), HasSubstr(R"("secure":false)"));
  EXPECT_THAT(start(false)->set_cookie, Not(HasSubstr("Secure")));
  EXPECT_THAT(store_.value(start(true)->id).value_or(""), HasSubstr(R"("secure":true)"));
}

TEST_F(SessionStarterTest, EachHasAnIdOfItsOwn) {
  EXPECT_NE(start()->id, start()->id);
}

TEST_F(SessionStarterTest, WhereNothingCanBeStoredThereIsNoCookie) {
  store_.failWith(StoreError::kUnavailable);
  const auto started = start();
  ASSERT_FALSE(started.hasValue());
  EXPECT_EQ(started.error(), RecordDamage::kNone);
}

TEST_F(SessionStarterTest, WhatEveryCheckWouldRefuseIsNotStored) {
  const auto damageOf = [this](const std::string& user) {
    const std::size_t calls = store_.calls();
    const auto started = start(true, user);
    EXPECT_EQ(store_.calls() - calls, started ? 2U : 1U) << "the epoch, and the session where it is one";
    return started ? RecordDamage::kNone : started.error();
  };
  session_.max_bytes = store_.value(start()->id)->size();
  EXPECT_EQ(damageOf(R"({"id":7})"), RecordDamage::kNone);
  EXPECT_EQ(damageOf(R"({"id":77})"), RecordDamage::kTooLarge);
  session_.max_bytes = 256 * 1024;
  const auto deep = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(damageOf(deep(63)), RecordDamage::kNone);
  EXPECT_EQ(damageOf(deep(64)), RecordDamage::kTooDeep);
}

TEST_F(SessionStarterTest, AWithdrawnOneIsGoneForGood) {
  const auto started = start();
  ASSERT_TRUE(started.hasValue());
  SessionStarter({session_, cookie_, signer_, store_, clock_}).withdraw(*started);
  EXPECT_EQ(store_.value(started->id), std::nullopt);
  EXPECT_TRUE(store_.tombstoneTtl(started->id).has_value());
}

}  // namespace
}  // namespace sessiond
