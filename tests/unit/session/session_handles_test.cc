#include "session/session_handles.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "support/secrets.h"

namespace sessiond {
namespace {

SessionHandles handlesOf(const std::vector<std::string>& secrets) {
  return SessionHandles(secretsOf(secrets));
}

TEST(SessionHandles, CanBeTypedOnACommandLine) {
  const SessionHandles handles = handlesOf({"keyboard cat"});
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
  const SessionHandles handles = handlesOf({"keyboard cat"});
  std::set<std::string> all;
  for (int i = 0; i < 300; ++i) {
    const SessionId id = SessionId::generate();
    EXPECT_EQ(handles.of(id), handlesOf({"keyboard cat"}).of(id));
    all.insert(handles.of(id));
    all.insert(handlesOf({"another"}).of(id));
  }
  EXPECT_EQ(all.size(), 600U);
}

TEST(SessionHandles, OfAnOlderSecretStillMeanTheSession) {
  const SessionHandles before = handlesOf({"keyboard cat"});
  const SessionHandles after = handlesOf({"another", "keyboard cat"});
  const SessionId id = SessionId::generate();
  const SessionId other = SessionId::generate();
  EXPECT_EQ(after.of(id), handlesOf({"another"}).of(id)) << "the first makes it";
  EXPECT_TRUE(after.means(after.of(id), id));
  EXPECT_TRUE(after.means(before.of(id), id));
  EXPECT_FALSE(after.means(before.of(other), id));
  EXPECT_FALSE(before.means(after.of(id), id));
  EXPECT_FALSE(after.means("", id));
  EXPECT_EQ(after.all(id), (std::vector{after.of(id), before.of(id)}));
  EXPECT_EQ(before.all(id), std::vector{before.of(id)});
}

}  // namespace
}  // namespace sessiond
