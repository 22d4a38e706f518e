#include "base/reused.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace sessiond {
namespace {

/// A type of its own for each test, so that their spare ones are not shared.
template <int kTest>
struct Buffer {
  std::string text;
};

TEST(Reused, GivesTheNextUserWhatTheLastOneLeft) {
  const Buffer<1>* first = nullptr;
  {
    const Reused<Buffer<1>> buffer;
    buffer->text = "memory";
    first = &*buffer;
  }
  const Reused<Buffer<1>> again;
  EXPECT_EQ(&*again, first);
  EXPECT_EQ(again->text, "memory");
}

TEST(Reused, GivesEachOfSeveralUsersAnObjectOfItsOwn) {
  const Reused<Buffer<2>> one;
  const Reused<Buffer<2>> two;
  EXPECT_NE(&*one, &*two);
}

TEST(Reused, StaysOnItsThread) {
  { const Reused<Buffer<3>> buffer; }
  const Reused<Buffer<3>> mine;
  mine->text = "mine";
  std::jthread([] {
    const Reused<Buffer<3>> other;
    EXPECT_EQ(other->text, "");
  }).join();
}

}  // namespace
}  // namespace sessiond
