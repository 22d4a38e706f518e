#include "session/facts_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/log_summary.h"
#include "base/secret.h"
#include "support/fake_clock.h"
#include "support/session_ids.h"

namespace sessiond {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FactsReaderTest : public testing::Test {
 protected:
  /// What a read with this result means, and from then on what is known.
  FoundSession read(const std::string& name, const Expected<StoredSession, StoreError>& result,
                    const std::string& cookie = "s:a.signature") {
    const SessionId id = idOf(name);
    const SessionLoad load{.id = &id, .result = result};
    const FoundSession found = reader_.read(load, SteadyTime(seconds(1000)), cookie, known_);
    if (found.session) known_ = found.session;
    return found;
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }
  std::uint64_t lost(const char* header) {
    return metrics_.counter("sessiond_identity_values_lost_total", "", {{"header", header}}).read();
  }

  static constexpr TombstoneLifetime kTombstones{.latest_writer = hours(24), .usual_life = hours(2)};
  static constexpr const char* kSeven = R"({"cookie":{},"user":{"id":7}})";

  FactsExtractor extractor_{ExtractionRules{.identity = {{.name = "X-User-Id", .from = "/user/id"}}}};
  HmacKey log_names_{Secret(std::string("key for the names in logs"))};
  MetricsRegistry metrics_;
  std::map<std::string, seconds> buried_;
  FakeClock clock_;
  RevokedSessions revoked_{clock_, metrics_};
  LoginEpoch epoch_;
  FactsReader reader_{
      extractor_, kTombstones, revoked_, epoch_, log_names_, metrics_, [this](const SessionId& id, seconds lifetime) {
        buried_[id.bytes()] = lifetime;
      }};
  SessionRef known_;
};

TEST_F(FactsReaderTest, KeepsNotThereCannotTellAndDamagedApart) {
  const FoundSession here = read("here", StoredSession{.json = kSeven});
  EXPECT_EQ(here.absence, std::nullopt);
  EXPECT_EQ(here.session->id(), idOf("here"));
  EXPECT_EQ(here.session->cookie(), "s:a.signature");
  EXPECT_EQ(here.session->identity().text(), "X-User-Id: 7\r\n");
  EXPECT_EQ(read("gone", StoredSession{}).absence, CheckStatus::kUnknown);
  EXPECT_EQ(read("revoked", StoredSession{.revoked = true}).absence, CheckStatus::kRevoked);
  EXPECT_EQ(read("down", Unexpected(StoreError::kUnavailable)).absence, CheckStatus::kUnavailable);
  EXPECT_EQ(read("slow", Unexpected(StoreError::kTimeout)).absence, CheckStatus::kUnavailable);
  for (const Expected<StoredSession, StoreError>& damaged :
       {Expected<StoredSession, StoreError>(Unexpected(StoreError::kCorrupt)),
        Expected<StoredSession, StoreError>(StoredSession{.json = "[]"})}) {
    const FoundSession found = read("damaged", damaged);
    EXPECT_EQ(found.absence, std::nullopt);
    EXPECT_EQ(found.session->facts().state, CheckStatus::kCorrupt);
  }
  EXPECT_EQ(count("sessiond_corrupt_records_total"), 2U);
}

TEST_F(FactsReaderTest, TheLogSaysWhatIsWrongAndWhatToDo) {
  SteadyTime now(seconds(1000));
  const auto logged = [&](const Expected<StoredSession, StoreError>& result) {
    const SessionId id = idOf("damaged");
    const SessionLoad load{.id = &id, .result = result};
    testing::internal::CaptureStderr();
    const FoundSession found = reader_.read(load, now += LogSummary::kInterval, "", {});
    EXPECT_NE(found.session->facts().damage, RecordDamage::kNone);
    return testing::internal::GetCapturedStderr();
  };
  const std::string large = R"({"cookie":{},"x":")" + std::string(256 * 1024, 'x') + "\"}";
  const std::string line = logged(StoredSession{.json = large});
  EXPECT_NE(line.find("why=\"it is larger than session.max_bytes, 262144 bytes\""), std::string::npos) << line;
  EXPECT_NE(line.find("remedy=\"raise session.max_bytes"), std::string::npos) << line;
  for (const auto& [json, why] :
       {std::pair("{", "it is no JSON"), std::pair("{}", "it has no `cookie`"),
        std::pair(R"({"cookie":{},"_sd":1})", "its `_sd` is none"),
        std::pair(R"({"cookie":{},"user":{"id":1,"id":2}})", "a name by which something is decided comes twice")}) {
    const std::string said = logged(StoredSession{.json = json});
    EXPECT_NE(said.find(why), std::string::npos) << said;
  }
  const std::string said = logged(Unexpected(StoreError::kCorrupt));
  EXPECT_NE(said.find("its key holds something that is no string"), std::string::npos) << said;
}

TEST_F(FactsReaderTest, ALifeEndsAsItWasReadCountedFromBefore) {
  EXPECT_FALSE(read("a", StoredSession{.json = kSeven}).ends);
  EXPECT_EQ(read("a", StoredSession{.json = kSeven, .ttl = milliseconds(5500)}).ends,
            SteadyTime(milliseconds(1005500)));
  EXPECT_EQ(read("a", StoredSession{.json = kSeven, .ttl = kNoEnd}).ends, SteadyTime::max());
  EXPECT_EQ(read("a", StoredSession{.json = kSeven, .ttl = hours(24 * 365 * 1000)}).ends, SteadyTime::max());
}

TEST_F(FactsReaderTest, ARevokedSessionThatCameBackIsBuriedAgain) {
  read("gone", StoredSession{.revoked = true});
  EXPECT_TRUE(buried_.empty());
  const FoundSession back = read("back", StoredSession{.json = kSeven, .revoked = true});
  EXPECT_EQ(back.absence, CheckStatus::kRevoked);
  EXPECT_FALSE(back.session);
  EXPECT_EQ(buried_.size(), 1U);
  EXPECT_EQ(count("sessiond_resurrected_sessions_total"), 1U);
}

TEST_F(FactsReaderTest, WhatWasRevokedHereIsRevokedWhateverTheStoreSays) {
  revoked_.note(idOf("a"), hours(24));
  EXPECT_EQ(read("a", StoredSession{.json = kSeven}).absence, CheckStatus::kRevoked);
  EXPECT_EQ(buried_.size(), 1U) << "a copy that is there without a tombstone";
  EXPECT_EQ(read("a", StoredSession{}).absence, CheckStatus::kRevoked);
  EXPECT_EQ(read("a", Unexpected(StoreError::kTimeout)).absence, CheckStatus::kUnavailable);
  EXPECT_EQ(read("b", StoredSession{.json = kSeven}).absence, std::nullopt);
}

TEST_F(FactsReaderTest, ItsTombstoneOutlivesEveryCopyOfTheCopyThatWasStored) {
  const std::vector<std::pair<StoredSession, seconds>> copies = {
      {{.json = R"({"cookie":{"originalMaxAge":2592000000},"user":{}})", .revoked = true}, hours(24 * 30)},
      {{.json = R"({"cookie":{"originalMaxAge":1000},"user":{}})", .revoked = true, .ttl = hours(48)}, hours(48)},
      {{.json = R"({"cookie":{"originalMaxAge":"1e30"},"user":{}})", .revoked = true}, hours(24 * 400)},
      {{.json = R"({"cookie":{"originalMaxAge":0},"user":{}})", .revoked = true}, hours(2)},
      {{.json = "[]", .revoked = true}, hours(2)},
      {{.json = "[]", .revoked = true, .ttl = hours(5)}, hours(5)},
  };
  for (const auto& [copy, life] : copies) {
    read("back", copy);
    EXPECT_EQ(buried_["back"], hours(24) + life) << *copy.json;
  }
}

TEST_F(FactsReaderTest, TheSameTextIsTheSameSessionAndKeepsWhatItKnowsOfTouches) {
  const FoundSession first = read("a", StoredSession{.json = kSeven});
  first.session->notBefore(SteadyTime(seconds(100)));
  const FoundSession second = read("a", StoredSession{.json = kSeven, .ttl = seconds(5)});
  EXPECT_EQ(second.session, first.session);
  EXPECT_FALSE(second.session->mayBeTouched(SteadyTime(seconds(99))));
}

TEST_F(FactsReaderTest, AnotherTextOrAnotherSessionIsExtractedAnew) {
  read("a", StoredSession{.json = kSeven});
  EXPECT_EQ(read("a", StoredSession{.json = R"({"cookie":{},"user":{"id":8}})"}).session->identity().text(),
            "X-User-Id: 8\r\n");
  read("a", StoredSession{.json = kSeven});
  EXPECT_EQ(read("b", StoredSession{.json = kSeven}).session->idBytes(), "b");
}

TEST_F(FactsReaderTest, EveryByteOfTheTextCounts) {
  const std::string text = R"({"cookie":{},"user":{"id":"7"}})";
  const SessionRef first = read("a", StoredSession{.json = text}).session;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    known_ = first;
    EXPECT_NE(read("a", StoredSession{.json = changed}).session, first) << i;
  }
}

TEST_F(FactsReaderTest, AnotherSpellingOfTheCookieIsASessionOfItsOwnToBeFoundBy) {
  read("a", StoredSession{.json = kSeven});
  EXPECT_EQ(read("a", StoredSession{.json = kSeven}, "s%3Aa.signature").session->cookie(), "s%3Aa.signature");
  EXPECT_EQ(read("a", StoredSession{.json = kSeven}, "").session->cookie(), "s%3Aa.signature");
}

TEST_F(FactsReaderTest, WhatIsCountedIsCountedAtEveryRead) {
  for (int i = 0; i < 2; ++i) read("corrupt", StoredSession{.json = "[]"});
  for (int i = 0; i < 2; ++i) {
    read("untouchable", StoredSession{.json = R"({"cookie":{"originalMaxAge":"1d"},"user":{"id":7}})"});
  }
  for (int i = 0; i < 2; ++i) read("unsafe", StoredSession{.json = R"({"cookie":{},"user":{"id":"a\nb"}})"});
  EXPECT_EQ(count("sessiond_corrupt_records_total"), 2U);
  EXPECT_EQ(count("sessiond_untouchable_records_total"), 2U);
  EXPECT_EQ(lost("X-User-Id"), 2U);
}

TEST_F(FactsReaderTest, WhatIsMetAgainAndAgainIsSummedUpInTheLog) {
  const struct {
    std::string name;
    std::string json;
    std::string line;
  } cases[] = {{"corrupt", "[]", "session: corrupt"},
               {"unsafe", R"({"cookie":{},"user":{"id":"a\nb"}})", "identity: a value cannot be sent"}};
  for (const auto& [name, json, line] : cases) {
    const SessionId id = idOf(name);
    const SessionLoad load{.id = &id, .result = StoredSession{.json = json}};
    const auto logged = [&](int times, SteadyTime now) {
      testing::internal::CaptureStderr();
      for (int i = 0; i < times; ++i) reader_.read(load, now, "", {});
      return testing::internal::GetCapturedStderr();
    };
    const SteadyTime now(seconds(1000));
    const std::string first = logged(100, now);
    EXPECT_NE(first.find(line), std::string::npos) << first;
    EXPECT_EQ(first.find(line), first.rfind(line)) << first;
    const std::string next = logged(100, now + LogSummary::kInterval);
    EXPECT_EQ(next.find(line), next.rfind(line)) << next;
    EXPECT_NE(next.find("count=100"), std::string::npos) << next;
  }
}

TEST_F(FactsReaderTest, ASessionFromBeforeEverybodyWasLoggedOutIsRefused) {
  const auto absence = [this](const std::string& own, std::optional<std::uint64_t> epoch) {
    const std::string json = R"({"cookie":{},"user":{"id":7})" + own + "}";
    return read("a", StoredSession{.json = json, .epoch = epoch}).absence;
  };
  const std::string third = R"(,"_sd":{"created":1,"epoch":3})";
  EXPECT_EQ(absence(third, 3), std::nullopt);
  EXPECT_EQ(absence(third, 4), CheckStatus::kRevoked);
  EXPECT_EQ(absence(third, 3), CheckStatus::kRevoked) << "the greatest that was seen counts: the key is lost, say";
  EXPECT_EQ(absence(third, std::nullopt), CheckStatus::kRevoked) << "certain, whatever has become of the counter";
  EXPECT_EQ(absence(R"(,"_sd":{"created":1})", 4), CheckStatus::kRevoked) << "from before the first time";
  EXPECT_EQ(absence(R"(,"_sd":{"created":1,"epoch":4})", 4), std::nullopt);
  EXPECT_EQ(absence(R"(,"_sd":{"created":1,"epoch":4})", std::nullopt), CheckStatus::kUnavailable) << "nobody can tell";
  EXPECT_EQ(absence("", std::nullopt), std::nullopt) << "no login of ours";
  EXPECT_EQ(count("sessiond_outdated_sessions_total"), 4U);
}

TEST_F(FactsReaderTest, ASessionWhoseUserTheStoreKeepsIsReadWithHim) {
  const SessionId id = idOf("a");
  const std::string json = R"({"cookie":{},"user":{"id":7},"_sd":{"login":"ada","auth":"redis:00000000000000ff"}})";
  const auto found = [&](std::string_view user, std::uint64_t tag) {
    return reader_.read({.id = &id, .user = user, .result = StoredSession{.json = json, .user_tag = tag}},
                        SteadyTime(seconds(1000)));
  };
  EXPECT_TRUE(found("", 0).needsUser());
  EXPECT_TRUE(found("grace", 0xff).needsUser()) << "somebody else logged in there meanwhile";
  EXPECT_EQ(found("", 0).session->login(), "ada");
  EXPECT_EQ(found("ada", 0xff).absence, std::nullopt);
  EXPECT_EQ(found("ada", 0xfe).absence, CheckStatus::kRevoked) << "another password";
  EXPECT_EQ(found("ada", 0).absence, CheckStatus::kRevoked) << "locked or gone";
  EXPECT_EQ(count("sessiond_disabled_user_sessions_total"), 2U);
}

TEST_F(FactsReaderTest, ASessionWhoseUserIsGoneIsRefusedWheneverItIsRead) {
  std::uint64_t standing = 0x1234;
  const FactsReader reader(
      extractor_, kTombstones, revoked_, epoch_, log_names_, metrics_, [](const SessionId&, seconds) {},
      [&](std::uint64_t tag) { return tag == standing; });
  const SessionId id = idOf("a");
  const std::string own = R"({"cookie":{},"user":{"id":7},"_sd":{"auth":"htpasswd:0000000000001234"}})";
  const auto found = [&](const std::string& json, const SessionRef& known = {}) {
    return reader.read({.id = &id, .result = StoredSession{.json = json}}, SteadyTime(seconds(1000)), "", known);
  };
  const FoundSession before = found(own);
  EXPECT_EQ(before.absence, std::nullopt);
  standing = 0x5678;
  EXPECT_EQ(found(own).absence, CheckStatus::kRevoked);
  EXPECT_EQ(found(own, before.session).absence, CheckStatus::kRevoked) << "also of a text that is known";
  EXPECT_EQ(found(kSeven).absence, std::nullopt) << "nobody can tell of an application's";
  EXPECT_EQ(count("sessiond_disabled_user_sessions_total"), 2U);
}

/// Which instances there are and what they are configured with, nobody here knows: another one may have the file.
TEST_F(FactsReaderTest, WhereThereIsNoPasswordFileItsUsersSessionsStand) {
  const std::string json = R"({"cookie":{},"user":{"id":7},"_sd":{"auth":"htpasswd:0000000000001234"}})";
  EXPECT_EQ(read("a", StoredSession{.json = json}).absence, std::nullopt);
  EXPECT_EQ(count("sessiond_disabled_user_sessions_total"), 0U);
}

}  // namespace
}  // namespace sessiond
