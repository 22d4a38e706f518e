#include "session/session_handles.h"

#include <gtest/gtest.h>

#include <set>

namespace sessiond {
namespace {

TEST(SessionHandles, CanBeTypedOnACommandLine) {
  const SessionHandles handles(Secret(std::string("keyboard cat")));
  for (int i = 0; i < 300; ++i) {
    const std::string handle = handles.of(SessionId::generate());
    EXPECT_EQ(handle.size(), 16U);
    EXPECT_EQ(handle.find_first_not_of("0123456789abcdef"), std::string::npos) << handle;
    EXPECT_TRUE(SessionHandles::canBe(handle)) << handle;
  }
}

TEST(SessionHandles, AreToldFromAnIdAndFromACookie) {
  for (const char* const text : {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg",
                                 "s%3A0123456789ab", "0123456789abcdef0123456789abcdef"})
    EXPECT_FALSE(SessionHandles::canBe(text)) << text;
}

TEST(SessionHandles, AreTheSameForTheSameSecretAndOthersForAnother) {
  const SessionHandles handles(Secret(std::string("keyboard cat")));
  std::set<std::string> all;
  for (int i = 0; i < 300; ++i) {
    const SessionId id = SessionId::generate();
    EXPECT_EQ(handles.of(id), SessionHandles(Secret(std::string("keyboard cat"))).of(id));
    all.insert(handles.of(id));
    all.insert(SessionHandles(Secret(std::string("another"))).of(id));
  }
  EXPECT_EQ(all.size(), 600U);
}

}  // namespace
}  // namespace sessiond
