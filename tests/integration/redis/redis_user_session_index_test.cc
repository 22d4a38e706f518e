#include "redis/redis_user_session_index.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <thread>

#include "redis_test_fixture.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

class RedisUserSessionIndexTest : public ::testing::Test {
 protected:
  Expected<void, StoreError> add(const std::string& user, const std::string& id, milliseconds life = 1h) {
    const IndexedSession one{.user_id = user, .id = idOf(id), .life = life};
    return index.add(one);
  }
  std::vector<std::string> listed(std::string_view user) {
    const auto ids = index.list(user, 1000);
    std::vector<std::string> bytes;
    if (ids)
      for (const SessionId& id : ids.value()) bytes.push_back(id.bytes());
    return bytes;
  }
  Expected<void, StoreError> remove(std::string_view user, const SessionId& id) {
    return index.remove(user, std::span(&id, 1));
  }
  void store(const std::string& id) { server.command({"SET", "sess:" + id, "value"}); }
  std::int64_t now() { return 1000 * std::stoll(server.command({"EVAL", "return redis.call('TIME')[1]", "0"})); }
  /// An entry that looks past since then.
  void note(const std::string& id, milliseconds past) {
    server.command({"ZADD", kKey, std::to_string(now() - past.count()), id});
  }

  const std::string kKey = "sessiond:sessions:{42}";
  RedisServer server;
  TestClient test{configFor(server.unixUrl())};
  RedisUserSessionIndex index{test.client, keysFor(SessionSettings{}), 600s};
};

TEST_F(RedisUserSessionIndexTest, NotesWhenEachSessionWillHaveEndedByTheServersClock) {
  ASSERT_TRUE(add("42", "a", 100s));
  const double score = std::stod(server.command({"ZSCORE", kKey, "a"}));
  EXPECT_NEAR(score, static_cast<double>(now() + 100'000), 20'000);
}

TEST_F(RedisUserSessionIndexTest, TellsNoMomentThatIsBeforeTheRealOne) {
  for (int i = 0; i < 500; ++i) {
    const std::string user = std::to_string(i);
    const auto before = SteadyClock::now();
    ASSERT_TRUE(index.noteAllEnded(user, {}, 1h));
    IndexNote note{.session = {.user_id = user, .id = idOf("a"), .life = 1h}};
    index.addAll(std::span(&note, 1));
    const auto answered = SteadyClock::now();
    ASSERT_TRUE(note.ended_without);
    ASSERT_GE(answered - *note.ended_without, before) << "whoever was met before it was met after it";
  }
}

/// There are only so many numbers for them.
TEST_F(RedisUserSessionIndexTest, MomentsAreToldApartHoweverManyThereHaveBeen) {
  const auto before = [this](EndMoment moment) {
    std::set<std::string> ids;
    const auto page = index.listBefore("42", moment, "", 100);
    EXPECT_TRUE(page);
    for (const SessionId& id : page->ids) ids.insert(id.bytes());
    return ids;
  };
  ASSERT_TRUE(add("42", "old"));
  for (int i = 0; i < 2100; ++i) {
    const std::string id = "s" + std::to_string(i);
    const auto moment = index.noteAllEnded("42", {}, 1h);
    ASSERT_TRUE(moment);
    ASSERT_TRUE(add("42", id));
    ASSERT_EQ(before(*moment), (std::set<std::string>{"old"}));
    const auto next = index.noteAllEnded("42", {}, 1h);
    ASSERT_EQ(before(*next), (std::set<std::string>{"old", id}));
    ASSERT_EQ(before(*moment), (std::set<std::string>{"old"})) << "another one came between";
    ASSERT_TRUE(remove("42", idOf(id)));
  }
}

TEST_F(RedisUserSessionIndexTest, WhatIsKeptAgainAndAgainIsEndedByTheNextWhoEndsAll) {
  for (const int times : {200, 300, 512, 700, 1023, 1100}) {
    ASSERT_TRUE(index.noteAllEnded("42", {}, 1h));
    ASSERT_TRUE(add("42", "kept", std::chrono::hours(times)));
    const std::vector kept = {idOf("kept")};
    for (int i = 0; i < times; ++i) ASSERT_TRUE(index.noteAllEnded("42", kept, 1h));
    const auto moment = index.noteAllEnded("42", {}, 1h);
    ASSERT_TRUE(moment);
    EXPECT_EQ(index.listBefore("42", *moment, "", 100)->ids, kept) << times;
    ASSERT_TRUE(remove("42", kept.front()));
  }
}

/// Which may be, of what is to end (-1) or was imported.
TEST_F(RedisUserSessionIndexTest, MorePlacesAreAlikeThanGoOnAPage) {
  server.command({"ZADD", kKey, "-1", "to end"});
  const auto moment = index.noteAllEnded("42", {}, 1h);
  ASSERT_TRUE(moment);
  for (int i = 0; i < 50; ++i)
    server.command({"ZADD", kKey, "1000." + std::string(i < 40 ? "0009765625" : "0"), "s" + std::to_string(i)});
  std::set<std::string> ids;
  std::string from;
  do {
    auto page = index.listBefore("42", *moment, from, 4);
    ASSERT_TRUE(page);
    for (const SessionId& id : page->ids) ids.insert(id.bytes());
    from = std::move(page->next);
  } while (!from.empty());
  EXPECT_EQ(ids.size(), 11U);
}

TEST_F(RedisUserSessionIndexTest, AMomentStaysHoweverMuchIsDropped) {
  ASSERT_TRUE(index.noteAllEnded("42", {}, 1h));
  server.command({"ZADD", kKey, "1.0009765625", ""});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(add("42", "a"));
  EXPECT_EQ(server.command({"ZCARD", kKey}), "2");
  note("gone", 700s);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(add("42", "a"));
  EXPECT_EQ(server.command({"ZCARD", kKey}), "2");
}

TEST_F(RedisUserSessionIndexTest, IsKeptForTwiceTheLongestLifeAndTheLatestWriter) {
  ASSERT_TRUE(add("42", "a", 1000s));
  EXPECT_EQ(server.command({"TTL", kKey}), "2600");
  ASSERT_TRUE(add("42", "b", 10s));
  EXPECT_GE(std::stoi(server.command({"TTL", kKey})), 2590);
  ASSERT_TRUE(add("42", "c", 5000s));
  EXPECT_EQ(server.command({"TTL", kKey}), "10600");
}

TEST_F(RedisUserSessionIndexTest, DropsWhatLooksPastOnlyWhenItsSessionIsGoneAndNobodyCanBringItBack) {
  for (const std::string id : {"alive", "extended"}) store(id);
  note("gone", 601s);
  note("extended", 5000s);
  note("may come back", 590s);
  ASSERT_TRUE(add("42", "alive"));
  ASSERT_TRUE(add("42", "not stored yet"));
  const auto all = listed("42");
  EXPECT_EQ(std::set(all.begin(), all.end()),
            (std::set<std::string>{"alive", "extended", "may come back", "not stored yet"}));
}

/// Dead entries stand behind more living ones than an add looks at.
TEST_F(RedisUserSessionIndexTest, DropsWhatIsGoneWhereverItStands) {
  for (int i = 0; i < 200; ++i) {
    store("alive" + std::to_string(i));
    note("alive" + std::to_string(i), 5000s);
  }
  for (int i = 0; i < 50; ++i) note("gone" + std::to_string(i), 4000s);
  const auto gone = [this] {
    const auto all = listed("42");
    return std::count_if(all.begin(), all.end(), [](const std::string& id) { return id.starts_with("gone"); });
  };
  ASSERT_EQ(gone(), 50);
  // Each look begins at one of 250 places or so, and 64 of them or more reach a given entry.
  for (int login = 0; login < 200 && gone() != 0; ++login) ASSERT_TRUE(add("42", "new"));
  EXPECT_EQ(gone(), 0);
  EXPECT_EQ(listed("42").size(), 201U);
}

TEST_F(RedisUserSessionIndexTest, ReadsWhatOlderVersionsWrote) {
  // The score was when the session was created.
  store("old");
  note("old", 86400s);
  server.command({"EXPIRE", kKey, "100"});
  ASSERT_TRUE(add("42", "new"));
  EXPECT_EQ(listed("42"), (std::vector<std::string>{"new", "old"}));
}

/// Ten at once, each with a connection of its own: whatever the order, what is left is exactly what may be.
TEST_F(RedisUserSessionIndexTest, ManyAtOnceLeaveExactlyAsManyAsMayBe) {
  for (const WhenFull when_full : {WhenFull::kEndOldest, WhenFull::kRefuse}) {
    for (int round = 0; round < 20; ++round) {
      server.command({"FLUSHALL"});
      std::array<std::optional<Admission>, 10> answers;
      {
        std::vector<std::jthread> logins;
        for (std::size_t i = 0; i < answers.size(); ++i) {
          store("s" + std::to_string(i));
          logins.emplace_back([&, i] {
            const IndexedSession one{.user_id = "42", .id = idOf("s" + std::to_string(i)), .life = 1h};
            const auto answer = index.admit(one, {.max = 3, .when_full = when_full}, {});
            if (answer) answers[i] = *answer;
          });
        }
      }
      std::set<std::string> left;
      std::set<std::string> surplus;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        ASSERT_TRUE(answers[i]);
        if (answers[i]->admitted) left.insert("s" + std::to_string(i));
        for (const SessionId& id : answers[i]->surplus) surplus.insert(id.bytes());
      }
      for (const std::string& id : surplus) left.erase(id);
      EXPECT_EQ(left.size(), 3U);
    }
  }
}

TEST_F(RedisUserSessionIndexTest, CountsWhatLivesAndNothingElse) {
  const auto admitted = [this](const std::string& id) {
    store(id);
    const auto answer =
        index.admit({.user_id = "42", .id = idOf(id), .life = 1h}, {.max = 2, .when_full = WhenFull::kRefuse}, {});
    return answer && answer->admitted;
  };
  ASSERT_TRUE(add("42", "an application has deleted it"));
  ASSERT_TRUE(admitted("a"));
  ASSERT_TRUE(admitted("b"));
  ASSERT_FALSE(admitted("c"));
  server.command({"DEL", "sess:c", "sess:a"});
  EXPECT_TRUE(admitted("d"));
  server.command({"DEL", "sess:b"});
  server.command({"SET", "sess:extended", "value", "EX", "5000"});
  note("extended", 10s);
  EXPECT_FALSE(admitted("e")) << "one that looks past lives on, because an application extended it";
  const auto all = listed("42");
  EXPECT_TRUE(std::set(all.begin(), all.end()).contains("an application has deleted it")) << "it may come back";
}

TEST_F(RedisUserSessionIndexTest, KeepsOddUserNamesAndIdsApart) {
  const std::string odd("a\0b\r\n", 5);
  ASSERT_TRUE(add(odd, odd));
  ASSERT_TRUE(add("a", "a"));
  EXPECT_EQ(listed(odd), (std::vector<std::string>{odd}));
  EXPECT_EQ(listed("a"), (std::vector<std::string>{"a"}));
}

TEST_F(RedisUserSessionIndexTest, WhatCannotBeLookedAtStays) {
  for (const char* const id : {"gone", "new"}) ASSERT_TRUE(add("42", id));
  server.command({"ZADD", kKey, "1", "gone"});
  server.command({"ACL", "SETUSER", "default", "-exists"});
  ASSERT_TRUE(add("42", "new"));
  EXPECT_EQ(server.command({"ZCARD", kKey}), "2");
  server.command({"ACL", "SETUSER", "default", "+exists"});
  ASSERT_TRUE(add("42", "new"));
  EXPECT_EQ(server.command({"ZCARD", kKey}), "1");
}

TEST_F(RedisUserSessionIndexTest, TellsAWrongTypeAndAServerThatIsAway) {
  server.command({"SET", kKey, "text"});
  EXPECT_EQ(add("42", "a").error(), StoreError::kCorrupt);
  EXPECT_EQ(index.list("42", 1000).error(), StoreError::kCorrupt);
  EXPECT_EQ(remove("42", idOf("a")).error(), StoreError::kCorrupt);
  std::array<IndexNote, 3> notes = {{{.session = {.user_id = "41", .id = idOf("b"), .life = 1h}},
                                     {.session = {.user_id = "42", .id = idOf("a"), .life = 1h}},
                                     {.session = {.user_id = "43", .id = idOf("b"), .life = 1h}}}};
  index.addAll(notes);
  EXPECT_TRUE(notes[0].result);
  EXPECT_EQ(notes[1].result.error(), StoreError::kCorrupt);
  EXPECT_TRUE(notes[2].result);
  EXPECT_EQ(listed("43"), (std::vector<std::string>{"b"})) << "one damaged index keeps no other from being written";
  server.kill();
  EXPECT_EQ(add("43", "a").error(), StoreError::kUnavailable);
  EXPECT_EQ(index.list("43", 1000).error(), StoreError::kUnavailable);
}

TEST_F(RedisUserSessionIndexTest, OfTwoSitesWithPrefixesOfTheirOwnEachHasItsOwnUsers) {
  RedisUserSessionIndex one(test.client, RedisKeys("sess:", "one:"), 600s);
  RedisUserSessionIndex other(test.client, RedisKeys("sess:", "other:"), 600s);
  ASSERT_TRUE(one.add({.user_id = "7", .id = idOf("a"), .life = 1h}));
  ASSERT_TRUE(other.add({.user_id = "7", .id = idOf("b"), .life = 1h}));
  ASSERT_EQ(one.list("7", 10)->size(), 1U);
  const std::vector<SessionId> both{idOf("a"), idOf("b")};
  ASSERT_TRUE(one.remove("7", both));
  EXPECT_TRUE(one.list("7", 10)->empty());
  EXPECT_EQ(*other.list("7", 10), std::vector<SessionId>{idOf("b")});
}

}  // namespace
}  // namespace sessiond
