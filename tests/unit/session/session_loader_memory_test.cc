// A session for which there is no memory when it comes: nobody can tell what it is, and of the others one can.

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // their allocators end the process instead

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

}  // namespace
}  // namespace sessiond

#endif
