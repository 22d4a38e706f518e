// What there is no memory for when it comes: of a session nobody can tell what it is, and of the others one can.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

#include "index_writer_fixture.h"
#include "session_loader_fixture.h"
#include "support/scarce_memory.h"

namespace sessiond {
namespace {

TEST_F(SessionLoaderTest, WhatThereIsNoMemoryForIsUnavailableAndTheOthersAreLoaded) {
  const std::string large =
      R"({"cookie":{"originalMaxAge":600000},"user":{"id":7},"basket":")" + std::string(200'000, 'x') + "\"}";
  store_.texts["large"] = large;
  const SessionWant& first = want("a");
  const SessionWant& second = want("large");
  const SessionWant& third = want("b");
  loader_.flush();
  ASSERT_TRUE(store_.asked());
  {
    const ScarceMemory scarce(100'000);
    store_.answer();
  }
  EXPECT_EQ(loaded_.size(), 3U);
  EXPECT_FALSE(first.found.absence);
  EXPECT_EQ(second.found.absence, CheckStatus::kUnavailable);
  EXPECT_FALSE(third.found.absence);

  const SessionWant& again = want("large");
  loader_.flush();
  store_.answer();
  EXPECT_FALSE(again.found.absence) << "there is memory again";
}

TEST_F(SessionLoaderTest, WhoeverWaitsIsToldAlsoWhereThereIsNoMemoryToKeepTheirTouch) {
  want("a");
  loader_.flush();
  TouchWant& unsent = touch_wants_.emplace_back(TouchWant{.id = idOf(std::string(200, 'x')),
                                                          .ttl = seconds(60),
                                                          .ends = SteadyTime::max(),
                                                          .arrived = clock_.steadyNow() - milliseconds(300)});
  loader_.want(unsent);
  clock_.advance(milliseconds(450));
  {
    const ScarceMemory scarce(100);
    loop_.reach();
  }
  EXPECT_EQ(touched_, (std::vector<TouchWant*>{&unsent}));
  EXPECT_TRUE(late_.empty());
  store_.answer();
  EXPECT_EQ(loaded_.size(), 1U) << "the loader goes on";
}

TEST_F(IndexWriterTest, WhatThereIsNoMemoryToWriteWaitsNoLongerAndTakesNoRoom) {
  HeldIndex held(clock_);
  IndexWriter writer(held, clock_, metrics_);
  writer.note(*sessionOf("first", "7"), std::nullopt, clock_.steadyNow());
  held.entered.wait();
  const std::string large(200'000, 'x');
  writer.note(*sessionOf("a", large), std::nullopt, clock_.steadyNow());
  {
    const ScarceMemory scarce(100'000);
    EXPECT_THROW(static_cast<void>(writer.list(large, 10)), std::bad_alloc);
  }
  EXPECT_THAT(listed(writer, large), testing::IsEmpty());
  writer.note(*sessionOf("b", "42"), std::nullopt, clock_.steadyNow());
  EXPECT_THAT(listed(writer, "42"), testing::ElementsAre(idOf("b")));
  EXPECT_EQ(count("sessiond_index_notes_left_out_total"), 0U);
  held.latch.count_down();
}

}  // namespace
}  // namespace sessiond

#endif
