// UserSessionIndex: which sessions a user has, whoever made them: an index beside the sessions (session_store.h),
// ordered by when each will have ended. A session in the index may have ended before that; one that is not in it has
// not been seen by any check. In Redis in the product (redis/redis_user_session_index.h), in memory in unit tests
// (tests/support/memory_session_store.h); one contract suite runs against both.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/expected.h"
#include "session/session_id.h"
#include "session/session_settings.h"
#include "session/session_store.h"

namespace sessiond {

/// A session as its user's index notes it.
struct IndexedSession {
  std::string user_id;
  SessionId id;
  std::chrono::milliseconds life{};  ///< how long from now its key will be there, if nobody gives it another life
};

/// One of many that are to be noted: `session` in, `result` and what follows out.
struct IndexNote {
  IndexedSession session;
  Expected<void, StoreError> result = Unexpected(StoreError::kUnavailable);
  bool is_new = false;  ///< it was not in the index
  /// How long ago all of the user's sessions were ended last (noteAllEnded), while this one was not in the index;
  /// absent: it was, or that was not lately.
  std::optional<std::chrono::milliseconds> ended_without = {};
};

/// One of the moments at which all of a user's sessions were ended.
struct EndMoment {
  std::uint32_t number = 0;
};

/// All sessions of a user were ended at this moment, in milliseconds by the store's clock.
struct EndedUser {
  std::string user_id;
  std::int64_t at = 0;
  bool operator==(const EndedUser& other) const = default;
  bool operator<(const EndedUser& other) const { return std::tie(user_id, at) < std::tie(other.user_id, other.at); }
};

struct IndexPage {
  std::vector<SessionId> ids;
  std::string next;  ///< where the next page begins; empty: this was the last
};

/// Whether one more session finds room.
struct Admission {
  bool admitted = true;
  std::vector<SessionId> surplus;  ///< what has to end for it, and is not noted any more
};

/// Thread-safe. No call takes longer than the configured budget.
class UserSessionIndex {
 public:
  virtual ~UserSessionIndex() = default;
  /// Notes sessions, in one round trip; those of one user stand together. What is noted as ending later stays so. Fills
  /// in each `result`; to note again is safe.
  virtual void addAll(std::span<IndexNote> notes) = 0;
  /// The same for one.
  Expected<void, StoreError> add(const IndexedSession& session) {
    IndexNote note{.session = session};
    addAll({&note, 1});
    return note.result;
  }
  /// Notes one that is stored already, if there is room for it. Of many at once each is counted. What is surplus is
  /// counted no more, but listed, and surplus to every next one, until it is removed. `leaving`: sessions that do not
  /// count, because they are about to end. REQUIRES: limit.max is not 0.
  virtual Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                                std::span<const SessionId> leaving) = 0;
  virtual Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) = 0;
  /// All that are in the index end at this moment, but `kept`, which are in it from now on for `life` at least. Whoever
  /// notes one only later that they met before is told (IndexNote::ended_without). Kept for as long as the index.
  virtual Expected<EndMoment, StoreError> noteAllEnded(std::string_view user_id, std::span<const SessionId> kept,
                                                       std::chrono::milliseconds life) = 0;
  /// Of whom that was said in the last kEndedLately and before, whoever said it: `count` at most, the last first.
  /// REQUIRES: count is not 0.
  virtual Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) = 0;
  static constexpr std::chrono::seconds kEndedLately{60};
  /// A page of those that were in the index at that moment, those first that end first: `count` at most, or all that
  /// end together with the last of them.
  /// `from`: empty, or what the last page says. What is noted or removed meanwhile keeps no other from being listed,
  /// but one that becomes surplus.
  virtual Expected<IndexPage, StoreError> listBefore(std::string_view user_id, EndMoment moment, std::string_view from,
                                                     std::size_t count) = 0;
  /// `count` at most, those first that end last.
  virtual Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t count) = 0;
};

}  // namespace sessiond
