// A writer of indexes beside an index in memory, and what to say to it.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "session/index_writer.h"
#include "session/known_session.h"
#include "support/fake_clock.h"
#include "support/memory_session_store.h"
#include "support/session_ids.h"

namespace sessiond {

inline SessionRef sessionOf(const std::string& id, const std::string& user,
                            std::optional<std::chrono::seconds> touch_ttl = std::chrono::hours(1)) {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  facts.touch_ttl = touch_ttl;
  facts.user_id = user;
  return KnownSession::make(idOf(id), facts, "");
}

/// Made by a login of that user's.
inline SessionRef loginOf(const std::string& id, const std::string& user, WallTime authenticated) {
  SessionFacts facts;
  facts.state = CheckStatus::kValid;
  facts.touch_ttl = std::chrono::hours(1);
  facts.user_id = user;
  facts.authenticated = authenticated;
  return KnownSession::make(idOf(id), facts, "");
}

/// Holds its first write until it is let go, and counts. Without memory it throws.
class HeldIndex final : public UserSessionIndex {
 public:
  explicit HeldIndex(const Clock& clock) : index(clock) {}

  void addAll(std::span<IndexNote> notes) override {
    if (first_.exchange(false)) {
      entered.count_down();
      latch.wait();
    }
    if (no_memory) throw std::bad_alloc();
    const std::lock_guard lock(mutex_);
    ++writes;
    for (IndexNote& note : notes) {
      lives.push_back(note.session.life);
      ++tries[note.session.user_id];
      const auto failing = failures.find(note.session.user_id);
      if (failing == failures.end()) {
        index.addAll({&note, 1});
      } else {
        note.result = Unexpected(failing->second);
      }
    }
  }
  int triesOf(const std::string& user) {
    const std::lock_guard lock(mutex_);
    return tries[user];
  }
  /// From now on, of these users.
  void fail(std::map<std::string, StoreError> users) {
    const std::lock_guard lock(mutex_);
    failures = std::move(users);
  }
  Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                        std::span<const SessionId> leaving) override {
    return index.admit(session, limit, leaving);
  }
  Expected<void, StoreError> remove(std::string_view user, std::span<const SessionId> ids) override {
    return index.remove(user, ids);
  }
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user, std::span<const SessionId> kept,
                                               std::chrono::milliseconds life) override {
    return index.noteAllEnded(user, kept, life);
  }
  Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override {
    if (deaf) return Unexpected(StoreError::kUnavailable);
    ++looks;
    return index.endedLately(count);
  }
  Expected<IndexPage, StoreError> listBefore(std::string_view user, EndMoment moment, std::string_view from,
                                             std::size_t count) override {
    return index.listBefore(user, moment, from, count);
  }
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user, std::size_t count) override {
    return index.list(user, count);
  }

  MemoryUserSessionIndex index;
  std::latch entered{1};
  std::latch latch{1};
  std::atomic<bool> no_memory = false;
  std::atomic<bool> deaf = false;  ///< to who asks whose sessions have all ended
  std::atomic<int> looks = 0;
  std::vector<std::chrono::milliseconds> lives;
  int writes = 0;
  std::map<std::string, int> tries;
  std::map<std::string, StoreError> failures;

 private:
  std::atomic<bool> first_ = true;
  std::mutex mutex_;
};

class IndexWriterTest : public testing::Test {
 protected:
  std::vector<SessionId> listed(IndexWriter& writer, const std::string& user) {
    const auto ids = writer.list(user, 1'000'000);
    EXPECT_TRUE(ids.hasValue());
    return ids ? *ids : std::vector<SessionId>();
  }
  std::uint64_t count(const char* name) { return metrics_.counter(name, "").read(); }
  /// Of user 42. To be looked at once the writer has finished.
  static IndexWriter::EndMissed into(std::vector<SessionId>& ended) {
    return [&ended](std::string_view user, const std::vector<SessionId>& ids) {
      EXPECT_EQ(user, "42");
      ended.insert(ended.end(), ids.begin(), ids.end());
    };
  }

  FakeClock clock_;
  MetricsRegistry metrics_;
  MemoryUserSessionIndex index_{clock_};
};

}  // namespace sessiond
