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
  Expected<StartedSession, NoStart> start(bool https = true, const std::string& user = R"({"id":7})") {
    const FactsExtractor extractor({session_, identity_, {}});
    const SessionStarter starter({session_, cookie_, extractor, signer_, store_, clock_});
    return starter.start(user, {.address = "192.0.2.0/24", .login = "ada"}, https);
  }

  static std::vector<Secret> oneSecret() {
    std::vector<Secret> secrets;
    secrets.emplace_back(std::string("first secret"));
    return secrets;
  }

  SessionSettings session_;
  CookieSettings cookie_;
  std::vector<IdentityHeader> identity_;
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
  EXPECT_THAT(json, HasSubstr(R"("login":"ada","user":"7"})"));
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
  EXPECT_TRUE(started.error().store_failed);
}

TEST_F(SessionStarterTest, WhatEveryCheckWouldRefuseIsNotStored) {
  const auto damageOf = [this](const std::string& user) {
    const std::size_t calls = store_.calls();
    const auto started = start(true, user);
    EXPECT_EQ(store_.calls() - calls, started ? 2U : 1U) << "the epoch, and the session where it is one";
    EXPECT_TRUE(started || !started.error().store_failed);
    return started ? RecordDamage::kNone : started.error().damage;
  };
  session_.max_bytes = store_.value(start()->id)->size();
  EXPECT_EQ(damageOf(R"({"id":7})"), RecordDamage::kNone);
  EXPECT_EQ(damageOf(R"({"id":77})"), RecordDamage::kTooLarge);
  session_.max_bytes = 256 * 1024;
  const auto deep = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_EQ(damageOf(deep(63)), RecordDamage::kNone);
  EXPECT_EQ(damageOf(deep(64)), RecordDamage::kTooDeep);
  EXPECT_EQ(damageOf(R"({"id":7,"id":8})"), RecordDamage::kRepeatedName);
}

TEST_F(SessionStarterTest, NorIsAnIdThatAnApplicationWouldMakeAnother) {
  const auto damageOf = [this](const std::string& id) {
    const auto started = start(true, R"({"id":)" + id + "}");
    return started ? RecordDamage::kNone : started.error().damage;
  };
  for (const char* kept : {"0", "-7", "9007199254740991", "-9007199254740991", R"("1234567890123456789")", R"("1e3")"})
    EXPECT_EQ(damageOf(kept), RecordDamage::kNone) << kept;
  for (const char* changed : {"9007199254740992", "-9007199254740992", "1234567890123456789", "99999999999999999999",
                              "1.0", "1e3", "-0", "1.5"})
    EXPECT_EQ(damageOf(changed), RecordDamage::kInexactId) << changed;
  session_.user_at = session_.user_id_at = "/passport/user";
  EXPECT_EQ(start(true, "1234567890123456789").error().damage, RecordDamage::kInexactId);
}

TEST_F(SessionStarterTest, NorIsWhatNoCheckCanNameToApplications) {
  identity_ = {identityHeader("X-User-Id", "/user/id"), identityHeader("X-User-Roles", "/user/roles")};
  EXPECT_TRUE(start());
  const std::size_t calls = store_.calls();
  EXPECT_EQ(start(true, R"({"id":" 1","roles":"a,b"})").error().identity, "X-User-Id X-User-Roles");
  EXPECT_EQ(start(true, R"({"name":"ada"})").error().identity, "X-User-Id");
  EXPECT_EQ(store_.calls() - calls, 2U) << "the epoch's";
}

TEST_F(SessionStarterTest, AWithdrawnOneIsGoneForGood) {
  const auto started = start();
  ASSERT_TRUE(started.hasValue());
  const FactsExtractor extractor({session_, identity_, {}});
  SessionStarter({session_, cookie_, extractor, signer_, store_, clock_}).withdraw(*started);
  EXPECT_EQ(store_.value(started->id), std::nullopt);
  EXPECT_TRUE(store_.tombstoneTtl(started->id).has_value());
}

}  // namespace
}  // namespace sessiond
