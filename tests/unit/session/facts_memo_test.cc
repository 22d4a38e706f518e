#include "session/facts_memo.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace sessiond {
namespace {

SessionId idOf(const std::string& bytes) {
  return *SessionId::fromBytes(bytes);
}

/// A session whose identity is its text, so that a wrong one shows.
SessionRef sessionOf(const std::string& id, const std::string& text) {
  SessionFacts facts;
  EXPECT_TRUE(facts.identity.add("X-Text", text));
  return KnownSession::make(idOf(id), facts, {}, text);
}

TEST(FactsMemo, FindsTheVerySessionByItsIdAndText) {
  FactsMemo memo(CacheLimits{});
  EXPECT_FALSE(memo.find(idOf("a"), "text"));
  const SessionRef session = sessionOf("a", "text");
  memo.remember(session);
  EXPECT_EQ(memo.find(idOf("a"), "text"), session);
}

TEST(FactsMemo, FindsNothingWhenOneByteIsAnother) {
  FactsMemo memo(CacheLimits{});
  const std::string text("{\"cookie\":{},\"user\":{\"id\":\"7\"}}\0.", 34);
  memo.remember(KnownSession::make(idOf("a"), SessionFacts(), {}, text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(memo.find(idOf("a"), changed)) << i;
  }
  EXPECT_FALSE(memo.find(idOf("a"), text.substr(0, text.size() - 1)));
  EXPECT_FALSE(memo.find(idOf("a"), text + "."));
  EXPECT_FALSE(memo.find(idOf("a"), ""));
  EXPECT_FALSE(memo.find(idOf("b"), text));
  EXPECT_TRUE(memo.find(idOf("a"), text));
}

TEST(FactsMemo, RemembersOneTextOfASession) {
  FactsMemo memo(CacheLimits{});
  memo.remember(sessionOf("a", "old"));
  memo.remember(sessionOf("a", "new"));
  EXPECT_FALSE(memo.find(idOf("a"), "old"));
  EXPECT_TRUE(memo.find(idOf("a"), "new"));
  EXPECT_EQ(memo.size().entries, 1U);
}

TEST(FactsMemo, IsBoundedByEntriesAndTheLeastRecentlyUsedGoFirst) {
  FactsMemo memo(CacheLimits{.max_entries = 64 * 2, .max_bytes = 64 << 20});
  memo.remember(sessionOf("used", "text"));
  for (int i = 0; i < 2000; ++i) {
    memo.remember(sessionOf("other-" + std::to_string(i), "text"));
    ASSERT_TRUE(memo.find(idOf("used"), "text")) << i;
  }
  EXPECT_LE(memo.size().entries, 128U);
  EXPECT_GT(memo.size().entries, 100U);
}

TEST(FactsMemo, IsBoundedByBytesWithTheTexts) {
  FactsMemo memo(CacheLimits{.max_entries = 1'000'000, .max_bytes = 64 * 8192});
  for (int i = 0; i < 2000; ++i) memo.remember(sessionOf("session-" + std::to_string(i), std::string(500, 'x')));
  EXPECT_LE(memo.size().bytes, 64U * 8192U);
  EXPECT_GE(memo.size().bytes, memo.size().entries * 1000U);
  EXPECT_GT(memo.size().entries, 100U);
  memo.remember(sessionOf("too large", std::string(10000, 'x')));
  EXPECT_FALSE(memo.find(idOf("too large"), std::string(10000, 'x')));
}

TEST(FactsMemoDeathTest, RefusesASessionWithoutItsText) {
  FactsMemo memo(CacheLimits{});
  EXPECT_DEATH(memo.remember(KnownSession::make(idOf("a"), SessionFacts(), {})), "check failed");
}

TEST(FactsMemo, ServesManyThreadsEachTheTextItAsksFor) {
  FactsMemo memo(CacheLimits{.max_entries = 64, .max_bytes = 1 << 20});
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&memo, thread] {
      for (unsigned i = 0; i < 5000; ++i) {
        const std::string id = "session" + std::to_string(i % 70);
        const std::string text = "version " + std::to_string((i / 70 + thread) % 3);
        SessionRef session = memo.find(idOf(id), text);
        if (!session) {
          session = sessionOf(id, text);
          memo.remember(session);
        }
        ASSERT_EQ(session->idBytes(), id);
        ASSERT_EQ(session->identity().text(), "X-Text: " + text + "\r\n");
      }
    });
  }
}

}  // namespace
}  // namespace sessiond
