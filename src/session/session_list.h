// SessionList: what there is to say of a user's sessions, and which of them a handle means.
//
// For its user a session is listed when a check would find it and it is theirs at this moment; the index says only
// where to look. What is known of it stands in the session itself (`_sd`, which sessiond's login writes) and in how
// long its key has to live, so a check has nothing to write. Of a session that an application made there is no more
// than that.

#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/expected.h"
#include "session/session_finder.h"
#include "session/session_handles.h"
#include "session/session_settings.h"
#include "session/session_store.h"
#include "session/user_id.h"
#include "session/user_session_index.h"

namespace sessiond {

/// A plain value.
struct ListedSession {
  SessionId id;
  std::string handle;
  std::string user_id = {};                       ///< empty: nobody's
  bool own = false;                               ///< the asking browser's
  std::optional<WallTime> created;                ///< absent: an application made it
  std::optional<std::chrono::milliseconds> idle;  ///< how long it has not been used, to touch_interval; absent: unknown
  std::optional<std::chrono::milliseconds> left;  ///< how long its key has to live; absent: for ever
  std::string address;                            ///< a prefix; empty: not recorded
  std::string family;                             ///< of the program; empty: unknown
  std::string system;                             ///< the same
};

/// Thread-safe. Waits for the store. What it works with outlives it.
class SessionList {
 public:
  struct Parts {
    const SessionSettings& settings;
    SessionStore& store;
    const SessionFinder* finder;  ///< null: what no check lets pass is listed as well, as an administrator wants it
    UserSessionIndex& index;
    const SessionHandles& handles;
    const Clock& clock;
  };
  explicit SessionList(const Parts& parts);

  /// `own` first, if there is one, whether the index has it or not; then those that were used last.
  Expected<std::vector<ListedSession>, StoreError> of(const std::string& user_id,
                                                      const std::optional<SessionId>& own) const;
  /// The user's session of that handle; absent when there is none, or it is somebody else's or has ended.
  Expected<std::optional<SessionId>, StoreError> find(const std::string& user_id, std::string_view handle) const;

  /// Takes out of the user's index what is somebody else's session by now, or nobody's. It finds its way back if that
  /// changes. Gives back the user's sessions that no check lets pass, and what cannot be read, which may be theirs.
  /// Does nothing where there are fewer than `enough`.
  Expected<std::vector<SessionId>, StoreError> prune(const std::string& user_id, std::size_t enough) const;

  /// Those of them that are sessions, whoever's, in the same order.
  Expected<std::vector<ListedSession>, StoreError> describe(std::span<const SessionId> ids) const;

  /// So many are looked at, those that end last; who has more sees these. Where what is gone stands among so many, it
  /// is taken out of the index and others come into view, so often at most; the next one who looks goes on.
  static constexpr std::size_t kMost = 2048;
  static constexpr int kRounds = 4;

 private:
  struct Looked {
    bool is_there;  ///< its key is, whatever that holds
    bool is_session;
    std::optional<ListedSession> session = {};  ///< if it can be read
  };

  Expected<std::vector<SessionId>, StoreError> indexed(const std::string& user_id) const;
  Expected<std::vector<Looked>, StoreError> look(std::span<const SessionId> ids) const;
  Expected<std::vector<ListedSession>, StoreError> describe(const std::string& user_id,
                                                            std::span<const SessionId> ids) const;
  Expected<std::vector<bool>, StoreError> areSessions(std::span<SessionLoad> loads) const;
  std::optional<ListedSession> read(const SessionLoad& load) const;
  std::optional<std::chrono::milliseconds> idleOf(const StoredSession& stored, std::chrono::seconds touch_ttl,
                                                  std::optional<WallTime> created) const;

  const Parts parts_;
  const SessionOwner owner_;
};

}  // namespace sessiond
