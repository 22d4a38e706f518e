// What memory knows of a user's sessions, and what it need not know any more.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "session/session_cache.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

class SessionCacheUsers : public testing::Test {
 protected:
  SessionCacheUsers() { trust_.prove(trust_.beginEra(), now()); }

  void load(const std::string& id, const std::string& user) {
    SessionFacts facts;
    facts.user_id = user;
    const FoundSession found{
        .absence = {}, .session = KnownSession::make(idOf(id), facts, ""), .ends = SteadyTime::max()};
    cache_.keep(idOf(id), cache_.note(idOf(id), now()), found, "", true, now());
  }
  SteadyTime now() { return clock_.steadyNow(); }

  FakeClock clock_;
  CacheTrust trust_{std::chrono::seconds(1)};
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 64 << 20}, trust_};
};

TEST_F(SessionCacheUsers, GivesAllThatIsKnownOfThem) {
  for (int i = 0; i < 200; ++i) load("s" + std::to_string(i), std::to_string(i % 10));
  load("nobody's", "");
  cache_.invalidate("s3", now());
  std::set<std::string> ids;
  for (const SessionRef& session : cache_.allOf({"3", "7", "", "70"})) ids.emplace(session->idBytes());
  EXPECT_EQ(ids.size(), 40U);
  for (const char* id : {"s3", "s7", "s193", "s197"}) EXPECT_TRUE(ids.contains(id)) << id;
}

TEST_F(SessionCacheUsers, ForgetsWhatHasEnded) {
  for (const char* id : {"a", "b"}) load(id, "ada");
  cache_.forget(idOf("a"));
  cache_.forget(idOf("never there"));
  EXPECT_FALSE(cache_.find(idOf("a"), now()));
  EXPECT_TRUE(cache_.find(idOf("b"), now()));
  EXPECT_EQ(cache_.size().entries, 1U);
}

}  // namespace
}  // namespace sessiond
