// EndedUsers: all sessions of these users have been ended, here or at another instance, by what their indexes name.
// What an index has lost, since somebody deleted it or the server had to make room, ends as well if memory knows of it:
// it is noted anew (index_writer.h).
//
// The store is asked once in kInterval who they are. Whether a subscription stands does not matter: applications that
// write every session at every request leave none. Only what was noted before the store was asked last is noted anew,
// which was before the end of all that it tells of now; so no login after that is ended because a clock was wrong, or
// an answer late.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "session/index_writer.h"
#include "session/session_cache.h"

namespace sessiond {

/// Runs a thread of its own, which goes through the memory for all users at once that are new, and rests for kRests
/// times as long, or kLongestRest: whoever ends all of theirs again and again has it do no more than that.
class EndedUsers {
 public:
  /// All must outlive it. `interval`: by the machine's clock.
  EndedUsers(const SessionCache& cache, IndexWriter& index, const Clock& clock,
             std::chrono::milliseconds interval = kInterval);
  ~EndedUsers();
  EndedUsers(const EndedUsers&) = delete;
  EndedUsers& operator=(const EndedUsers&) = delete;

  static constexpr std::chrono::seconds kInterval{1};
  /// Where it could be that more have come since it asked last, all that memory knows of is noted anew as it is used.
  static constexpr std::size_t kMost = 1024;
  static constexpr int kRests = 10;
  static constexpr std::chrono::seconds kLongestRest{10};

 private:
  using UserIds = std::set<std::string, std::less<>>;

  void run(const std::stop_token& stop);
  std::chrono::milliseconds look();

  const SessionCache& cache_;
  IndexWriter& index_;
  const Clock& clock_;
  const std::chrono::milliseconds interval_;
  // Of the thread.
  std::set<EndedUser> seen_;
  SteadyTime looked_;    ///< last, as far as the store answered
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace sessiond
