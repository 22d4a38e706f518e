#include "session/known_session.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/heap_bytes.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SessionFacts fullFacts() {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  facts.required_identity_missing = true;
  facts.damage = RecordDamage::kTooDeep;
  facts.policies_met = 5;
  facts.created = WallTime(milliseconds(1));
  facts.authenticated = WallTime(milliseconds(2));
  facts.touch_ttl = seconds(3);
  facts.cookie.domain = "example.org";
  facts.cookie.path = "/app";
  facts.cookie.http_only = false;
  facts.cookie.secure = true;
  facts.cookie.partitioned = true;
  facts.cookie.sendable = false;
  facts.cookie.same_site = SameSite::kStrict;
  facts.cookie.priority = CookiePriority::kHigh;
  facts.cookie_max_age = milliseconds(4);
  EXPECT_TRUE(facts.identity.add("X-User-Id", "7"));
  return facts;
}

void expectAllOf(const KnownSession& session, std::string_view id, std::string_view cookie) {
  EXPECT_EQ(session.idBytes(), id);
  EXPECT_EQ(session.id(), idOf(id));
  EXPECT_EQ(session.cookie(), cookie);
  EXPECT_EQ(session.identity().text(), "X-User-Id: 7\r\n");
  EXPECT_EQ(session.facts().state, CheckStatus::kValid);
  EXPECT_TRUE(session.facts().required_identity_missing);
  EXPECT_FALSE(session.facts().refused_identity_lost);
  EXPECT_EQ(session.facts().damage, RecordDamage::kTooDeep);
  EXPECT_EQ(session.facts().policies_met, 5U);
  EXPECT_EQ(session.facts().created, WallTime(milliseconds(1)));
  EXPECT_EQ(session.facts().authenticated, WallTime(milliseconds(2)));
  EXPECT_EQ(session.facts().touch_ttl, seconds(3));
  EXPECT_EQ(session.cookieMaxAge(), milliseconds(4));
  const CookieAttributes attributes = session.cookieAttributes();
  EXPECT_EQ(attributes.domain, "example.org");
  EXPECT_EQ(attributes.path, "/app");
  EXPECT_FALSE(attributes.http_only);
  EXPECT_TRUE(attributes.secure);
  EXPECT_TRUE(attributes.partitioned);
  EXPECT_FALSE(attributes.sendable);
  EXPECT_EQ(attributes.same_site, SameSite::kStrict);
  EXPECT_EQ(attributes.priority, CookiePriority::kHigh);
}

TEST(KnownSession, HoldsAllThatItWasMadeOf) {
  expectAllOf(*KnownSession::make(idOf("id"), fullFacts(), "s%3Aid.signature"), "id", "s%3Aid.signature");
  expectAllOf(*KnownSession::make(idOf("id"), fullFacts(), ""), "id", "");
  expectAllOf(*KnownSession::make(idOf("i%d"), fullFacts(), "s%3Ai%25d.signature"), "i%d", "s%3Ai%25d.signature");
  const std::string longest(SessionId::kMaxBytes, 'x');
  expectAllOf(*KnownSession::make(idOf(longest), fullFacts(), "s:" + longest + ".s"), longest, "s:" + longest + ".s");
}

TEST(KnownSession, HoldsTheTextItWasExtractedFromWhereThatIsWanted) {
  const SessionRef session = KnownSession::make(idOf("id"), fullFacts(), "cookie", textHash("the stored text"));
  expectAllOf(*session, "id", "cookie");
  EXPECT_EQ(session->text(), textHash("the stored text"));
  EXPECT_FALSE(KnownSession::make(idOf("id"), fullFacts(), "cookie")->text());
}

TEST(KnownSession, HoldsWhatIsNotThere) {
  SessionFacts facts;
  facts.cookie.path.clear();
  const SessionRef session = KnownSession::make(idOf("id"), facts, "");
  EXPECT_EQ(session->idBytes(), "id");
  EXPECT_EQ(session->identity().text(), "");
  EXPECT_EQ(session->facts().state, CheckStatus::kCorrupt);
  EXPECT_EQ(session->facts().created, std::nullopt);
  EXPECT_EQ(session->facts().touch_ttl, std::nullopt);
  EXPECT_EQ(session->cookieMaxAge(), std::nullopt);
  EXPECT_EQ(session->cookieAttributes().domain, "");
  EXPECT_EQ(session->cookieAttributes().path, "");
}

TEST(KnownSession, StoresNoIdThatStandsInTheCookie) {
  const std::string id(200, 'x');
  const std::size_t without = KnownSession::make(idOf(id), SessionFacts(), std::string(250, 'y'))->bytes();
  const std::size_t with = KnownSession::make(idOf(id), SessionFacts(), id + std::string(50, 'y'))->bytes();
  EXPECT_NEAR(static_cast<double>(without - with), 200, 16);
}

TEST(KnownSession, CountsItsBytes) {
  SessionFacts facts;
  facts.cookie.path = "";
  const std::size_t small = sizeof(KnownSession) + 1;
  EXPECT_LE(small, 192U);
  EXPECT_EQ(KnownSession::make(idOf("i"), facts, "")->bytes(), heapBytes(small));
  facts.cookie.path = std::string(1600, 'p');
  EXPECT_EQ(KnownSession::make(idOf("i"), facts, "")->bytes(), heapBytes(small + 1600));
  EXPECT_TRUE(facts.identity.add("X", std::string(1600 - 5, 'v')));
  EXPECT_EQ(KnownSession::make(idOf("i"), facts, "")->bytes(), heapBytes(small + 3200));
}

TEST(KnownSession, RemembersWhenItMayBeTouchedNext) {
  const SessionRef session = KnownSession::make(idOf("id"), SessionFacts(), "");
  EXPECT_TRUE(session->mayBeTouched(SteadyTime(seconds(0))));
  session->notBefore(SteadyTime(seconds(10)));
  EXPECT_FALSE(session->mayBeTouched(SteadyTime(milliseconds(9999))));
  EXPECT_TRUE(session->mayBeTouched(SteadyTime(seconds(10))));
}

TEST(SessionRef, KeepsASessionAliveUntilTheLastOneIsGone) {
  SessionRef first = KnownSession::make(idOf("id"), fullFacts(), "cookie");
  EXPECT_TRUE(first);
  SessionRef second = first;
  EXPECT_EQ(second, first);
  SessionRef third = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
  second = SessionRef();
  EXPECT_FALSE(second);
  expectAllOf(*third, "id", "cookie");
  SessionRef& itself = third;
  third = itself;
  expectAllOf(*third, "id", "cookie");
  third = KnownSession::make(idOf("other"), fullFacts(), "");
  expectAllOf(*third, "other", "");
}

TEST(SessionRef, IsSharedByThreads) {
  std::vector<std::jthread> threads;
  SessionRef session = KnownSession::make(idOf("id"), fullFacts(), "cookie");
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([session] {
      for (int i = 0; i < 10000; ++i) {
        const SessionRef copy = session;
        ASSERT_EQ(copy->cookie(), "cookie");
      }
    });
  }
  session = SessionRef();
}

}  // namespace
}  // namespace sessiond
