// WithdrawnLogins: logins whose user is gone from the password file, locked there or has another password since. A
// check refuses their sessions while that is so; here they end for good, so that nobody has them again when the old
// line is put back.
//
// It ends what was begun by that very password, and not after that was seen to be gone: who has logged in by another
// one meanwhile, at any instance, stays, and so does what applications began. Several instances may do the same.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/expected.h"
#include "base/guarded.h"
#include "session/facts_extractor.h"
#include "session/session_ender.h"
#include "session/session_id.h"
#include "session/session_store.h"
#include "session/user_session_index.h"

namespace sessiond {

/// Thread-safe. Outlives a reload, so that what waits for the store is not forgotten by one. Another store than the one
/// whose logins they were is not asked: it would find nothing, and nobody would look again.
class WithdrawnLogins {
 public:
  /// What their sessions are found and ended with.
  struct Parts {
    const std::string& where;  ///< as add() is told
    SessionStore& store;
    UserSessionIndex& index;
    const SessionEnder& ender;
    const FactsExtractor& extractor;
    std::size_t max_bytes;  ///< RecordSettings::max_bytes
    const HmacKey& log_key;
  };

  static constexpr std::size_t kAtOnce = 16;
  static constexpr std::size_t kMost = 65536;
  /// So many of what is listed for a user is looked at, those that end last. Some of it may be gone, or another
  /// login's.
  static constexpr std::size_t kMostListed = 65536;
  static constexpr std::chrono::hours kPatience{1};

  explicit WithdrawnLogins(const Clock& clock) : clock_(clock) {}

  /// From now on nobody can log in as that user with the password of that tag. `where` names the store that holds the
  /// sessions. Beyond kMost their sessions are only refused, which the next endSome() logs; where the user has no id
  /// there are none.
  void add(const std::string& where, std::string user_id, std::uint64_t password_tag);
  /// Ends the sessions there of kAtOnce of them at most. What the store cannot do now is left to the next call, and
  /// what is elsewhere to whoever asks for it there, for kPatience. Waits for the store.
  void endSome(const Parts& parts);

 private:
  struct Login {
    std::string where;
    std::string user_id;
    std::uint64_t password_tag = 0;
    WallTime seen;
    SteadyTime given_up;
  };

  struct Waiting {
    std::deque<Login> logins;
    std::size_t beyond = 0;  ///< so many found no room, and nobody was told yet
  };

  void sayWhoFoundNoRoom();
  /// The first one there, or whose time is over.
  std::optional<Login> take(const std::string& where);
  static bool isOf(const Login& login, const SessionFacts& facts);
  /// Of those that are listed.
  static Expected<std::vector<SessionId>, StoreError> begunBy(const Login& login, std::span<const SessionId> listed,
                                                              const Parts& parts);
  static bool end(const Login& login, const Parts& parts);

  const Clock& clock_;
  Guarded<Waiting> waiting_;
};

}  // namespace sessiond
