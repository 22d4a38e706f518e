#include "session/everybody_ender.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::hours;

/// A few sessions a page, two if nothing else is said, in the order given.
class FakeScan final : public SessionScan {
 public:
  Expected<Page, StoreError> page(std::string_view from) override {
    if (fails) return Unexpected(StoreError::kTimeout);
    const std::size_t begin = std::stoul(std::string(from));
    Page page;
    for (std::size_t i = begin; i < ids.size() && i < begin + each; ++i) page.ids.push_back(idOf(ids[i]));
    page.next = begin + each < ids.size() ? std::to_string(begin + each) : std::string(kEnd);
    return page;
  }

  std::size_t each = 2;
  std::vector<std::string> ids;
  bool fails = false;
};

class EverybodyEnderTest : public testing::Test {
 protected:
  void put(const std::string& id, const std::string& json) {
    scan_.ids.push_back(id);
    store_.put(idOf(id), json, hours(1));
  }
  bool lives(const std::string& id) { return store_.value(idOf(id)).has_value(); }

  const EverybodyEnder::Moved moved_{.epoch = 1, .at = WallTime(std::chrono::milliseconds(5000))};
  FakeClock clock_;
  MemorySessionStore store_{clock_};
  FakeScan scan_;
  FactsExtractor extractor_{ExtractionRules{}};
  EverybodyEnder enderFor(std::size_t max_bytes) {
    return EverybodyEnder(
        {store_, scan_, extractor_, {.latest_writer = hours(24), .usual_life = hours(24)}, max_bytes});
  }
  EverybodyEnder ender_ = enderFor(ExtractionRules().max_bytes);
};

TEST_F(EverybodyEnderTest, MovesTheCounter) {
  EXPECT_EQ(*ender_.endLogins(), 1U);
  EXPECT_EQ(*ender_.endLogins(), 2U);
  store_.putEpoch(std::nullopt);
  EXPECT_EQ(ender_.endLogins().error(), StoreError::kCorrupt);
  store_.failWith(StoreError::kUnavailable);
  EXPECT_EQ(ender_.endLogins().error(), StoreError::kUnavailable);
}

TEST_F(EverybodyEnderTest, SweepsWhatApplicationsMadePageByPage) {
  put("application", R"({"cookie":{},"user":{"id":7}})");
  put("login", R"({"cookie":{},"user":{"id":7},"_sd":{"created":1}})");
  put("cart", R"({"cookie":{},"items":[1]})");
  put("list", "[]");
  put("another", R"({"cookie":{},"user":{"id":8}})");
  const auto first = ender_.sweep("0", moved_);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->looked_at, 2U);
  EXPECT_EQ(first->ended, 1U);
  EXPECT_EQ(first->next, "2");
  EXPECT_FALSE(lives("application"));
  EXPECT_TRUE(store_.tombstoneTtl(idOf("application")));
  EXPECT_EQ(ender_.sweep("2", moved_)->ended, 0U);
  const auto last = ender_.sweep("4", moved_);
  EXPECT_EQ(last->ended, 1U);
  EXPECT_EQ(last->next, SessionScan::kEnd);
  for (const char* id : {"login", "cart", "list"}) EXPECT_TRUE(lives(id)) << id;
}

/// A thief can make their session one that is refused at this moment, and readable again later.
TEST_F(EverybodyEnderTest, SweepsWhatCannotBeReadButMayBeSomebodys) {
  const std::string much(ExtractionRules().max_bytes, 'x');
  const std::vector<std::string> sessions = {
      R"({"cookie":{},"user":{"id":7},"much":")" + much + "\"}",
      R"({"much":")" + much + R"(","cookie":{},"user":{"id":7}})",
      R"({"cookie":{},"cookie":{},"user":{"id":7}})",
      R"({"cookie":{},"user":{"id":7},"user":null})",
      R"({"cookie":{"originalMaxAge":0},"user":{"id":7}})",
      R"( {"cookie":{},"user":{"id":7},"deep":)" + std::string(100, '[') + std::string(100, ']') + "}",
      R"({"cookie":7,"user":{"id":7}})"};
  const std::vector<std::string> others = {"", "null", "7", "\"text\"", "text", R"({"user":{"id":7}})", "[{}]"};
  for (std::size_t i = 0; i < sessions.size(); ++i) put("session" + std::to_string(i), sessions[i]);
  for (std::size_t i = 0; i < others.size(); ++i) put("other" + std::to_string(i), others[i]);
  scan_.ids.emplace_back("no string");
  store_.putWrongType(idOf("no string"));
  std::string from(SessionScan::kEnd);
  std::size_t ended = 0;
  do {
    const auto swept = ender_.sweep(from, moved_);
    ASSERT_TRUE(swept);
    ended += swept->ended;
    from = swept->next;
  } while (from != SessionScan::kEnd);
  EXPECT_EQ(ended, sessions.size());
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    EXPECT_FALSE(lives("session" + std::to_string(i))) << i;
    EXPECT_TRUE(store_.tombstoneTtl(idOf("session" + std::to_string(i)))) << i;
  }
  for (std::size_t i = 0; i < others.size(); ++i) EXPECT_TRUE(lives("other" + std::to_string(i))) << i;
  EXPECT_TRUE(lives("no string"));
}

TEST_F(EverybodyEnderTest, EndsLoginsOneByOneWhereTheCounterCannotBeMoved) {
  put("application", R"({"cookie":{},"user":{"id":7}})");
  put("login", R"({"cookie":{},"user":{"id":7},"_sd":{"created":1}})");
  EXPECT_EQ(ender_.sweep("0", std::nullopt)->ended, 2U);
  for (const char* id : {"application", "login"}) EXPECT_FALSE(lives(id)) << id;
}

/// Somebody deleted the key, say: it says 1 again, and there are logins with 1 and with 5.
TEST_F(EverybodyEnderTest, EndsLoginsOneByOneThatOutliveACounterThatWasLost) {
  const auto login = [](int epoch, int created) {
    return R"({"cookie":{},"user":{"id":7},"_sd":{"created":)" + std::to_string(created) + R"(,"epoch":)" +
           std::to_string(epoch) + "}}";
  };
  put("same", login(1, 4999));
  put("later", login(5, 4999));
  put("meanwhile", login(1, 5000));
  put("before", login(0, 1));
  EXPECT_EQ(ender_.sweep("0", moved_)->ended, 2U);
  EXPECT_EQ(ender_.sweep("2", moved_)->ended, 0U);
  EXPECT_FALSE(lives("same"));
  EXPECT_FALSE(lives("later"));
  EXPECT_TRUE(lives("meanwhile"));
  EXPECT_TRUE(lives("before")) << "the counter ends it";
}

TEST_F(EverybodyEnderTest, LooksAtNoMoreInOneRoundTripThanFitsHoweverLargeTheyAre) {
  scan_.each = 512;
  for (int i = 0; i < 500; ++i) put("a" + std::to_string(i), R"({"cookie":{},"user":{"id":7}})");
  const auto swept = enderFor(std::size_t{1024} * 1024).sweep("0", moved_);
  ASSERT_TRUE(swept);
  EXPECT_EQ(swept->looked_at, 500U);
  EXPECT_EQ(swept->ended, 500U);
  EXPECT_EQ(store_.largestLoad(), 8U);
  ASSERT_TRUE(enderFor(std::size_t{16} * 1024).sweep("0", moved_));
  EXPECT_EQ(store_.largestLoad(), 500U) << "small ones cost no round trips";
}

TEST_F(EverybodyEnderTest, WhatFailsIsSaidAndCanBeDoneAgain) {
  put("application", R"({"cookie":{},"user":{"id":7}})");
  store_.failWith(StoreError::kTimeout);
  EXPECT_EQ(ender_.sweep("0", moved_).error(), StoreError::kTimeout);
  store_.failWith(std::nullopt);
  scan_.fails = true;
  EXPECT_EQ(ender_.sweep("0", moved_).error(), StoreError::kTimeout);
  scan_.fails = false;
  EXPECT_EQ(ender_.sweep("0", moved_)->ended, 1U);
}

}  // namespace
}  // namespace sessiond
