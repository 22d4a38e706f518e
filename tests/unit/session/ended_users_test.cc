// Of users all of whose sessions were ended elsewhere, what memory knows is noted anew.

#include "session/ended_users.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "index_writer_fixture.h"
#include "support/soon.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class EndedUsersTest : public IndexWriterTest {
 protected:
  EndedUsersTest() {
    held_.latch.count_down();
    clock_.advance(hours(1));
  }

  /// A check has met it, and it is in memory since; a second passes.
  SessionRef meet(const std::string& id, const std::string& user) {
    SessionRef session = sessionOf(id, user);
    writer_.note(*session, std::nullopt, clock_.steadyNow());
    EXPECT_FALSE(listed(writer_, user).empty());
    const FoundSession found{.absence = {}, .session = session, .ends = SteadyTime::max()};
    cache_.keep(idOf(id), cache_.note(idOf(id), clock_.steadyNow()), found, "", true, clock_.steadyNow());
    clock_.advance(seconds(1));
    return session;
  }
  /// At another instance, by an index that has lost what it knew.
  void endAllOf(const std::string& user) {
    ASSERT_TRUE(held_.index.remove(user, listed(writer_, user)));
    ASSERT_TRUE(held_.index.noteAllEnded(user, {}, hours(1)));
    clock_.advance(seconds(1));
  }
  bool hasEnded(const std::string& id) {
    auto ended = ended_.lock();
    return std::ranges::find(*ended, idOf(id)) != ended->end();
  }
  /// Until what was said before has been asked for.
  void waitForLooks() {
    const int before = held_.looks;
    EXPECT_TRUE(soon([&] { return held_.looks > before + 3; }));
  }
  std::uint64_t notes() { return count("sessiond_index_notes_total"); }

  HeldIndex held_{clock_};
  CacheTrust trust_{seconds(1)};
  SessionCache cache_{CacheLimits{.max_entries = 6400, .max_bytes = 64 << 20}, trust_};
  Guarded<std::vector<SessionId>> ended_;
  IndexWriter writer_{held_, clock_, metrics_, [this](std::string_view, const std::vector<SessionId>& ids) {
                        auto ended = ended_.lock();
                        ended->insert(ended->end(), ids.begin(), ids.end());
                      }};
};

class EndedUsersAtWork : public EndedUsersTest {
 protected:
  EndedUsers users_{cache_, writer_, clock_, milliseconds(2)};
};

TEST_F(EndedUsersAtWork, WhatTheIndexHasLostEndsAsWell) {
  for (const char* id : {"a", "b"}) meet(id, "42");
  meet("other's", "7");
  meet("stranger's", "8");
  waitForLooks();
  endAllOf("42");
  EXPECT_TRUE(soon([this] { return hasEnded("a") && hasEnded("b"); }));
  EXPECT_FALSE(hasEnded("other's"));
  waitForLooks();
  endAllOf("7");
  EXPECT_TRUE(soon([this] { return hasEnded("other's"); }));
  EXPECT_FALSE(hasEnded("stranger's"));
}

TEST_F(EndedUsersAtWork, AnEndIsLookedForOnceAndTheNextOneAnew) {
  meet("a", "42");
  waitForLooks();
  endAllOf("42");
  EXPECT_TRUE(soon([this] { return hasEnded("a"); }));
  const std::uint64_t before = notes();
  waitForLooks();
  EXPECT_EQ(notes(), before);
  meet("b", "42");
  waitForLooks();
  EXPECT_FALSE(hasEnded("b"));
  endAllOf("42");
  EXPECT_TRUE(soon([this] { return hasEnded("b"); }));
}

TEST_F(EndedUsersAtWork, WhereNothingCanHaveBeenMissedNothingIsNotedAnew) {
  const SessionRef known = meet("a", "42");
  waitForLooks();
  clock_.advance(seconds(1));
  waitForLooks();
  const std::uint64_t before = notes();
  clock_.advance(seconds(1));
  writer_.note(*known, std::nullopt, clock_.steadyNow());
  EXPECT_EQ(listed(writer_, "42").size(), 1U);
  EXPECT_EQ(notes(), before);
}

/// It is noted by whoever met it, and no clock is asked whether that was before the end.
TEST_F(EndedUsersAtWork, WhatWasMetSinceTheStoreWasAskedLastLives) {
  waitForLooks();
  held_.deaf = true;
  meet("login", "42");
  ASSERT_TRUE(held_.index.remove("42", std::vector{idOf("login")}));
  endAllOf("42");
  held_.deaf = false;
  waitForLooks();
  EXPECT_EQ(listed(writer_, "42").size(), 0U);
  EXPECT_FALSE(hasEnded("login"));
}

/// Another instance has met it since, and noted it, so that it is not new to the index.
TEST_F(EndedUsersAtWork, WhereSomeMayHaveBeenMissedAllIsNotedAnewAsItIsUsed) {
  const std::vector<std::function<void()>> ways = {
      [this] {
        for (std::size_t i = 0; i <= EndedUsers::kMost; ++i)
          ASSERT_TRUE(held_.index.noteAllEnded("user " + std::to_string(i), {}, {}));
      },
      [this] { clock_.advance(UserSessionIndex::kEndedLately + seconds(1)); },
  };
  for (std::size_t i = 0; i < ways.size(); ++i) {
    clock_.advance(hours(1));
    waitForLooks();  // by which all may have been lost; what is met now has not
    clock_.advance(seconds(1));
    const std::string id = "s" + std::to_string(i);
    const SessionRef known = meet(id, "42");
    waitForLooks();
    held_.deaf = true;
    endAllOf("42");
    ASSERT_TRUE(held_.index.add({.user_id = "42", .id = idOf(id), .life = hours(1)}));
    ways[i]();
    held_.deaf = false;
    waitForLooks();  // what is due by its interval before that is noted as if nothing had been missed
    EXPECT_TRUE(soon([&] {
      writer_.note(*known, std::nullopt, clock_.steadyNow());
      return hasEnded(id);
    })) << i;
  }
}

}  // namespace
}  // namespace sessiond
