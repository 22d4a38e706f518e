// Replies of a kind that a command never gives: some other program answers at this port, or somebody between. Whatever
// is asked, they are an error: nobody is counted, found, ended or let in by them; nor is "not there" what they say.

#include "laid_ready_access.h"
#include "redis/redis_app_cache.h"
#include "redis/redis_attempt_store.h"
#include "redis/redis_session_scan.h"
#include "redis/redis_session_store.h"
#include "redis/redis_user_directory.h"
#include "redis/redis_user_editor.h"
#include "redis/redis_user_session_index.h"
#include "replies.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using namespace std::chrono_literals;
using Type = RedisReply::Type;

const std::vector<RedisReply>& replyOfEachKind() {
  static const std::vector<RedisReply> all = {nil(), text("0"), status("OK"), number(7), list({}), error("ERR no")};
  return all;
}

class AnswersThatAreNone : public testing::Test {
 protected:
  /// `call` fails, whatever stands in the place of the right kind, behind `before`; and where nobody answers.
  template <typename Call>
  void expectErrors(Type right, const std::vector<RedisReplies>& before, Call call, std::size_t replies = 1) {
    for (const RedisReply& wrong : replyOfEachKind()) {
      if (wrong.type == right) continue;
      for (const RedisReplies& one : before) access_.then(one);
      access_.then(RedisReplies(replies, wrong));
      EXPECT_FALSE(call()) << "type " << static_cast<int>(wrong.type);
      EXPECT_EQ(access_.left(), 0U);
    }
    for (const RedisReplies& one : before) access_.then(one);
    access_.thenNobody();
    EXPECT_FALSE(call());
    EXPECT_EQ(access_.left(), 0U);
  }

  LaidReadyAccess access_;
  FakeClock clock_;
  const RedisKeys keys_{"sess:", "sessiond:"};
};

TEST_F(AnswersThatAreNone, OfASession) {
  RedisSessionStore store(access_, SessionSettings{}, keys_);
  const SessionId id = idOf("abc");
  const auto loads = [&] {
    SessionLoad one{.id = &id};
    store.load({&one, 1});
    return one.result;
  };
  for (const RedisReply& wrong : replyOfEachKind()) {
    access_.then({text("value"), wrong, nil()});
    EXPECT_FALSE(loads()) << "the tombstone, of which there is one or none";
    if (wrong.type != Type::kString) {
      access_.then({wrong, number(0), nil()});
      EXPECT_FALSE(loads()) << "the value";
    }
  }
  access_.thenNobody();
  EXPECT_FALSE(loads());
  access_.then({text("value"), number(-1), nil()});
  EXPECT_FALSE(loads());
  access_.then({text("value"), number(0), nil()});
  EXPECT_TRUE(loads());
}

TEST_F(AnswersThatAreNone, OfARemainingLife) {
  RedisSessionStore store(access_, SessionSettings{}, keys_);
  const SessionId id = idOf("abc");
  for (const RedisReply& wrong : replyOfEachKind()) {
    if (wrong.type == Type::kInteger) continue;
    SessionLoad one{.id = &id, .wants_ttl = true};
    access_.then({text("value"), wrong, number(0), nil()});
    store.load({&one, 1});
    ASSERT_EQ(one.result.hasValue(), wrong.type == Type::kError) << "type " << static_cast<int>(wrong.type);
    if (!one.result) continue;
    EXPECT_EQ(one.result->ttl, std::nullopt) << "nobody said that it has no end";
  }
}

TEST_F(AnswersThatAreNone, OfWhatChangesASession) {
  RedisSessionStore store(access_, SessionSettings{}, keys_);
  expectErrors(Type::kStatus, {}, [&] { return store.create(idOf("a"), "{}", 60s); });
  const auto replace = [&] { return store.replace(idOf("a"), "one", "two"); };
  expectErrors(Type::kInteger, {}, replace);
  expectErrors(Type::kInteger, {{number(0)}}, replace, 2);
  expectErrors(Type::kArray, {}, [&] { return store.raiseEpoch(0); });
  access_.then({list({number(3)})});
  EXPECT_FALSE(store.raiseEpoch(0));
  access_.then({list({number(-1), number(0)})});
  EXPECT_EQ(store.raiseEpoch(0).error(), StoreError::kCorrupt);
}

/// Where replicas are waited for, who finds it raised already waits for none.
TEST_F(AnswersThatAreNone, OfARaiseAreNotAskedForTwice) {
  RedisSessionStore alone(access_, SessionSettings{}, keys_);
  RedisSessionStore replicated(access_, SessionSettings{}, keys_, 1);
  const auto repeatOf = [this](RedisSessionStore& store, std::uint64_t at_least) {
    access_.then({list({number(7), number(0)})});
    EXPECT_TRUE(store.raiseEpoch(at_least));
    return access_.repeat();
  };
  EXPECT_EQ(repeatOf(replicated, 7), Repeat::kUnsafe);
  EXPECT_EQ(repeatOf(replicated, 0), Repeat::kSafe);
  EXPECT_EQ(repeatOf(alone, 7), Repeat::kSafe);
}

TEST_F(AnswersThatAreNone, OfTheEndOfASession) {
  RedisSessionStore store(access_, SessionSettings{}, keys_);
  for (const RedisReply& wrong : replyOfEachKind()) {
    if (wrong.type == Type::kInteger) continue;
    access_.then({number(1), wrong});
    EXPECT_FALSE(store.revoke(idOf("a"), 60s)) << "the session may live on";
    access_.then({wrong, number(1)});
    EXPECT_EQ(store.revoke(idOf("a"), 60s).value(), Burial::kUnburied) << "there is no tombstone";
  }
  access_.thenNobody();
  EXPECT_FALSE(store.revoke(idOf("a"), 60s));
}

TEST_F(AnswersThatAreNone, OfATryToLogIn) {
  RedisAttemptStore store(access_, keys_, clock_);
  const AttemptLimit limit{.windows = {{3, 1min}}};
  const auto reserves = [&] { return store.reserve("try:a", limit); };
  const auto looks = [&] { return store.look("try:a", limit); };
  expectErrors(Type::kArray, {}, reserves);
  expectErrors(Type::kArray, {}, looks);
  for (const RedisReply& wrong : {list({}), list({text("0")}), list({nil()}), list({number(0), nil(), number(0)})}) {
    access_.then({wrong});
    EXPECT_FALSE(reserves());
    access_.then({wrong});
    EXPECT_FALSE(looks());
  }
  for (const RedisReply& other_windows :
       {list({number(0)}), list({number(0), number(1), number(2), number(3), number(4)})}) {
    access_.then({other_windows});
    EXPECT_FALSE(looks());
  }
  const auto gives_back = [&] { return store.giveBack("try:a", Reservation()); };
  access_.then({error("ERR no")});
  EXPECT_FALSE(gives_back());
  access_.thenNobody();
  EXPECT_FALSE(gives_back());
}

TEST_F(AnswersThatAreNone, OfWhatIsRememberedOfLogins) {
  RedisAttemptStore store(access_, keys_, clock_);
  const auto asks_for_places = [&] { return store.knownPlaces("places:a", 1h); };
  expectErrors(Type::kArray, {}, asks_for_places, 1);
  access_.then({list({text("home"), nil()})});
  EXPECT_FALSE(asks_for_places()) << "a place is missing";
  access_.then({list({text("home"), text("work")})});
  EXPECT_EQ(asks_for_places().value(), std::vector<std::string>({"home", "work"}));
  const auto takes = [&] { return store.takeFailures("failures:a"); };
  expectErrors(Type::kArray, {}, takes, 2);
  access_.then({list({nil()}), number(1)});
  EXPECT_FALSE(takes()) << "a field is missing";
  access_.then({list({text("-5"), text("no time")}), number(1)});
  EXPECT_EQ(takes()->failures, 0U) << "what is no number of failures is none";
}

TEST_F(AnswersThatAreNone, OfAUsersSessions) {
  RedisUserSessionIndex index(access_, keys_, 600s);
  const SessionId id = idOf("a");
  expectErrors(Type::kArray, {}, [&] { return index.list("42", 10); });
  expectErrors(Type::kInteger, {}, [&] { return index.remove("42", {&id, 1}); });
  EXPECT_TRUE(index.remove("42", {})) << "and nobody is asked";
  EXPECT_TRUE(index.list("42", 0));
  access_.then({list({text("a"), text(""), text(std::string(SessionId::kMaxBytes + 1, 'x'))})});
  EXPECT_EQ(index.list("42", 10).value(), std::vector{id}) << "what can be no id is none";
}

TEST_F(AnswersThatAreNone, OfALoginThatNeedsAPlace) {
  RedisUserSessionIndex index(access_, keys_, 600s);
  const IndexedSession session{.user_id = "42", .id = idOf("new"), .life = 1h};
  const auto admits = [&] { return index.admit(session, {.max = 1, .when_full = WhenFull::kEndOldest}, {}); };
  expectErrors(Type::kArray, {}, admits);
  expectErrors(Type::kInteger, {{list({text("old")})}}, admits);
  expectErrors(Type::kArray, {{list({text("old")})}, {number(1000)}}, admits);
  access_.then({list({})}).then({list({})});
  EXPECT_FALSE(admits());
  access_.then({list({})}).then({list({number(0)})});
  EXPECT_FALSE(admits()->admitted);
  access_.then({list({})}).then({list({number(1), text("old"), text("")})});
  EXPECT_EQ(admits()->surplus, std::vector{idOf("old")});
}

TEST_F(AnswersThatAreNone, OfThatAllEnd) {
  RedisUserSessionIndex index(access_, keys_, 600s);
  const auto all_end = [&] { return index.noteAllEnded("42", {}, 1h); };
  expectErrors(Type::kInteger, {}, all_end);
  access_.then({number(5)}).thenNobody();
  EXPECT_EQ(all_end()->number, 5U) << "that others are not told at once undoes nothing";
  const auto lately = [&] { return index.endedLately(10); };
  expectErrors(Type::kArray, {}, lately);
  access_.then({list({text("ada")})});
  EXPECT_FALSE(lately());
  access_.then({list({text("ada"), text("no time")})});
  EXPECT_FALSE(lately());
  access_.then({list({text("ada"), text("1764281234567"), text("bob"), text("7")})});
  EXPECT_EQ(lately().value(), (std::vector<EndedUser>{{"ada", 1764281234567}, {"bob", 7}}));
  const auto lists = [&] { return index.listBefore("42", {.number = 7}, "1.5", 10); };
  expectErrors(Type::kArray, {}, lists);
  access_.then({list({})});
  EXPECT_FALSE(lists());
  access_.then({list({text("2.5"), text("a")})});
  EXPECT_FALSE(lists());
  access_.then({list({text("2.5"), list({text("a"), text("")})})});
  const auto page = lists();
  EXPECT_EQ(page->ids, std::vector{idOf("a")});
  EXPECT_EQ(page->next, "2.5");
}

TEST_F(AnswersThatAreNone, OfASessionThatIsNoted) {
  RedisUserSessionIndex index(access_, keys_, 600s);
  const auto adds = [&] { return index.add({.user_id = "42", .id = idOf("a"), .life = 1h}); };
  expectErrors(Type::kArray, {}, adds);
  access_.then({list({number(0), number(0), number(-1)})});
  EXPECT_FALSE(adds());
  access_.then({list({number(0), number(0), number(-1), number(0)})});
  EXPECT_FALSE(adds());
  access_.then({list({number(0), number(0), number(-1), list({})})});
  EXPECT_FALSE(adds());
  access_.then({list({number(0), number(0), number(-1), list({}), number(0)})});
  EXPECT_FALSE(adds());
  access_.then({list({number(0), number(0), number(-1), list({}), list({})})});
  EXPECT_TRUE(adds());
}

/// A session that is there is dropped from its user's index by no answer but "there is none".
TEST_F(AnswersThatAreNone, OfWhetherASessionIsThere) {
  RedisUserSessionIndex index(access_, keys_, 600s);
  const auto adds = [&] { return index.add({.user_id = "42", .id = idOf("a"), .life = 1h}); };
  const RedisReplies noted = {list({number(2), number(1000), number(-1), list({}), list({})})};
  for (const RedisReply& wrong : replyOfEachKind()) {
    if (wrong.type != Type::kArray) {
      access_.then(noted).then({wrong});
      EXPECT_TRUE(adds()) << "it is noted all the same";
    }
    access_.then(noted).then({list({text("b")})}).then({wrong});
    EXPECT_TRUE(adds());
    EXPECT_EQ(access_.asked().find("ZREM"), std::string::npos);
  }
  access_.then(noted).thenNobody();
  EXPECT_TRUE(adds());
  access_.then(noted).then({list({text("b")})}).thenNobody();
  EXPECT_TRUE(adds());
  access_.then(noted).then({list({text("b"), text("c")})}).then({number(1), number(0)}).then({number(1)});
  EXPECT_TRUE(adds());
  EXPECT_EQ(access_.asked(), "*3\r\n$4\r\nZREM\r\n$22\r\nsessiond:sessions:{42}\r\n$1\r\nc\r\n");
  EXPECT_EQ(access_.left(), 0U);
}

TEST_F(AnswersThatAreNone, OfAUser) {
  RedisUserDirectory directory(access_, keys_);
  const auto finds = [&] { return directory.find("ada"); };
  expectErrors(Type::kArray, {}, finds);
  access_.then({list({text("hash"), nil(), nil()})});
  EXPECT_FALSE(finds()) << "a field is missing";
  access_.then({list({text("hash"), number(42), nil(), nil(), nil(), nil()})});
  EXPECT_FALSE(finds());
}

TEST_F(AnswersThatAreNone, OfWhatChangesAUser) {
  RedisUserEditor editor(access_, keys_);
  const NewUser ada{.name = "ada", .fields = {{"password", "hash"}}};
  expectErrors(Type::kInteger, {}, [&] { return editor.add({&ada, 1}); });
  expectErrors(Type::kInteger, {}, [&] { return editor.change("ada", ada.fields); });
  expectErrors(Type::kInteger, {}, [&] { return editor.remove("ada"); });
}

TEST_F(AnswersThatAreNone, OfTheCacheForApplications) {
  RedisAppCache cache(access_, AppCacheSettings{});
  expectErrors(Type::kString, {}, [&] { return cache.get("a"); });
  expectErrors(Type::kStatus, {}, [&] { return cache.put("a", "{}", std::nullopt); });
  expectErrors(Type::kInteger, {}, [&] { return cache.remove("a"); });
}

/// A cluster whose nodes nobody has named yet: that nothing is found there says nothing.
TEST_F(AnswersThatAreNone, WhereThereAreNoServersNothingIsScanned) {
  RedisSessionScan scan(access_, keys_);
  EXPECT_EQ(scan.page(SessionScan::kEnd).error(), StoreError::kUnavailable);
  EXPECT_EQ(scan.all(), std::nullopt);
  EXPECT_EQ(RedisUserEditor(access_, keys_).names().error(), StoreError::kUnavailable);
}

}  // namespace
}  // namespace sessiond
