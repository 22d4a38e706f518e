// MemorySessionStore and MemoryUserSessionIndex: the stores' contracts in memory, for unit tests. Time is the test's
// own Clock, so keys expire when the test moves it.

#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"
#include "session/session_store.h"
#include "session/user_session_index.h"

namespace sessiond {

/// Thread-safe.
class MemorySessionStore final : public SessionStore {
 public:
  explicit MemorySessionStore(const Clock& clock) : clock_(clock) {}

  void load(std::span<SessionLoad> loads) override;
  Expected<void, StoreError> create(const SessionId& id, std::string_view json, std::chrono::seconds ttl) override;
  Expected<ReplaceOutcome, StoreError> replace(const SessionId& id, std::string_view expected,
                                               std::string_view next) override;
  using SessionStore::revoke;
  void revoke(std::span<SessionRevocation> revocations) override;
  Expected<std::uint64_t, StoreError> raiseEpoch(std::uint64_t at_least) override;

  // What a test does behind the store's back.

  /// As another program would: stores a value whatever stood there, tombstone or not.
  void put(const SessionId& id, std::string_view json, std::chrono::seconds ttl);
  /// Makes the key something that is no string.
  void putWrongType(const SessionId& id);
  void erase(const SessionId& id);
  /// The value stored, also behind a tombstone.
  std::optional<std::string> value(const SessionId& id);
  std::optional<std::chrono::seconds> ttl(const SessionId& id);
  std::optional<std::chrono::seconds> tombstoneTtl(const SessionId& id);
  /// The counter of how often everybody was logged out; nullopt: damaged.
  void putEpoch(std::optional<std::uint64_t> epoch) { data_.lock()->epoch = epoch; }
  /// The user's password has this tag.
  void putUser(const std::string& login, std::uint64_t tag) { data_.lock()->users[login] = tag; }
  /// A full server takes no new tombstones, but deletes.
  void beFull(bool full) { data_.lock()->full = full; }
  /// From now on every call answers so; nullopt: no more.
  void failWith(std::optional<StoreError> error) { data_.lock()->failure = error; }
  /// How many round trips there were: a call of any of the interface's functions is one.
  std::size_t calls() { return data_.lock()->calls; }
  /// As many sessions as were loaded in one round trip.
  std::size_t largestLoad() { return data_.lock()->largest_load; }

 private:
  struct Entry {
    std::string value;
    bool wrong_type = false;
    SteadyTime expires;
  };
  struct Data {
    std::map<std::string, Entry> sessions;
    std::map<std::string, SteadyTime> tombstones;
    std::map<std::string, std::uint64_t, std::less<>> users;
    std::optional<std::uint64_t> epoch = 0;
    std::optional<StoreError> failure;
    bool full = false;
    std::size_t calls = 0;
    std::size_t largest_load = 0;
  };

  /// The text is put in `texts`.
  Expected<StoredSession, StoreError> read(Data& data, const SessionId& id, std::deque<std::string>& texts) const;
  Entry* find(Data& data, const SessionId& id) const;
  bool isRevoked(Data& data, const SessionId& id) const;

  const Clock& clock_;
  Guarded<Data> data_;
};

/// Thread-safe.
class MemoryUserSessionIndex final : public UserSessionIndex {
 public:
  explicit MemoryUserSessionIndex(const Clock& clock) : clock_(clock) {}

  void addAll(std::span<IndexNote> notes) override;
  Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                        std::span<const SessionId> leaving) override;
  Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) override;
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user_id, std::span<const SessionId> kept,
                                               std::chrono::milliseconds life) override;
  Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override;
  Expected<IndexPage, StoreError> listBefore(std::string_view user_id, EndMoment moment, std::string_view from,
                                             std::size_t count) override;
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t count) override;
  void failWith(std::optional<StoreError> error) { data_.lock()->failure = error; }

 private:
  struct Entry {
    SteadyTime ends;
    std::uint32_t since = 0;  ///< the last moment before it was added
  };
  struct User {
    std::map<std::string, Entry> sessions;
    SteadyTime all_ended{};    ///< at that moment
    std::uint32_t moment = 0;  ///< 0: never
  };
  struct Data {
    std::map<std::string, User, std::less<>> users;
    std::optional<StoreError> failure;
  };

  const Clock& clock_;
  Guarded<Data> data_;
};

}  // namespace sessiond
