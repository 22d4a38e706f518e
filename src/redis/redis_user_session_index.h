// RedisUserSessionIndex: a user's sessions as a sorted set (redis_keys.h), member = session id, score = the latest time
// at which the session will have ended, in milliseconds by the server's clock.
//
// An application may have given a session another life than is noted here, so a score in the past says where to look
// and nothing more: an entry goes when its session is gone as well. Not before `latest_writer` after its end, either:
// until then a slow application may bring the session back (session/tombstone_lifetime.h), and it is to be found here.
// The set itself is kept for twice as long as its latest entry, in case that one is extended where no check sees it.
//
// The empty text is no session's id: its score is when all of the user's sessions were ended last, and behind the
// point, in 1024ths, stands that moment's number: 1 to 1023, then 1 again. An entry that is added later has that number
// as its own fraction, wherever it moves: so it is known which ones were in the index at that moment. The user is then
// added to those of whom that is so, for other instances to read.

#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "redis/redis_access.h"
#include "redis/redis_keys.h"
#include "session/user_session_index.h"

namespace sessiond {

/// Thread-safe.
class RedisUserSessionIndex final : public UserSessionIndex {
 public:
  /// `client` must outlive it. `latest_writer`: logout.tombstone_lifetime.
  RedisUserSessionIndex(RedisAccess& client, RedisKeys keys, std::chrono::seconds latest_writer)
      : client_(client), keys_(std::move(keys)), latest_writer_(latest_writer) {}

  /// Also drops entries whose sessions are gone: where some look past, as many as kLooks each time, so that the index
  /// stays about as large as the number of sessions that live.
  void addAll(std::span<IndexNote> notes) override;
  /// Three round trips: which sessions there are, how long each has to live, and the decision. Of more than
  /// kMostCounted entries those that end first are counted as the index has them.
  Expected<Admission, StoreError> admit(const IndexedSession& session, const SessionLimit& limit,
                                        std::span<const SessionId> leaving) override;
  Expected<void, StoreError> remove(std::string_view user_id, std::span<const SessionId> ids) override;
  Expected<EndMoment, StoreError> noteAllEnded(std::string_view user_id, std::span<const SessionId> kept,
                                               std::chrono::milliseconds life) override;
  Expected<std::vector<EndedUser>, StoreError> endedLately(std::size_t count) override;
  Expected<IndexPage, StoreError> listBefore(std::string_view user_id, EndMoment moment, std::string_view from,
                                             std::size_t count) override;
  Expected<std::vector<SessionId>, StoreError> list(std::string_view user_id, std::size_t count) override;

  static constexpr std::uint32_t kLooks = 64;
  static constexpr std::size_t kMostCounted = 1024;
  static constexpr std::size_t kMostInScript = 256;
  /// Bytes of an id that others are told of. A session holds longer ones, of nobody who types them.
  static constexpr std::size_t kLongestToSay = 1024;

 private:
  /// So many entries of an index look past since then.
  struct Past {
    std::string key;
    std::uint32_t entries = 0;
    std::string since;
  };

  Expected<std::vector<std::int64_t>, StoreError> livesOf(std::span<const SessionId> ids, SteadyTime deadline);
  /// Those of one user, by their places among all.
  struct OfUser {
    std::string key;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<OfUser> writeAdds(std::span<const IndexNote> notes, RedisCommands& commands) const;
  void dropPast(const Past& past, SteadyTime deadline);
  void sayEnded(std::string_view user_id, SteadyTime deadline);

  RedisAccess& client_;
  const RedisKeys keys_;
  const std::chrono::milliseconds latest_writer_;
};

}  // namespace sessiond
