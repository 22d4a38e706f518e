// WaitingRequests: what one lane has read and not begun, because it gives way to session checks (Handler::givesWay). In
// a round of the lane checks are answered first, and of these then so many are begun:
//
//   one, so that a check that comes meanwhile waits behind no more than that;
//   and one more for each sixteen checks of the round, so that no number of checks keeps them waiting for long.
//
// They begin in the order in which they came. A connection whose request waits is lent (connection.h): what it sends
// meanwhile is looked at afterwards.

#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "fastcgi/active_request.h"

namespace sessiond {

/// Of the lane's thread.
class WaitingRequests {
 public:
  static constexpr std::size_t kChecksForOneMore = 16;
  /// Of the requests as they came, all together: nginx sends few that are larger than a kilobyte or two.
  static constexpr std::size_t kMostBytes = std::size_t{4} * 1024 * 1024;

  bool empty() const { return waiting_.empty(); }
  /// A check was begun in this round.
  void noteCheck() { ++checks_; }
  /// Takes a request of so many bytes. False: there is no room, and it is to be begun at once.
  [[nodiscard]] bool put(ActiveRequestPtr& request, std::size_t bytes) {
    if (bytes_ + bytes > kMostBytes) return false;
    waiting_.emplace_back(nullptr, bytes);
    waiting_.back().first = std::move(request);
    bytes_ += bytes;
    return true;
  }
  /// How many may begin in this round, which is over then.
  std::size_t endRound() { return 1 + std::exchange(checks_, 0) / kChecksForOneMore; }
  /// REQUIRES: not empty().
  ActiveRequestPtr take() {
    auto [request, bytes] = std::move(waiting_.front());
    waiting_.pop_front();
    bytes_ -= bytes;
    return std::move(request);
  }

 private:
  std::deque<std::pair<ActiveRequestPtr, std::size_t>> waiting_;
  std::size_t bytes_ = 0;
  std::size_t checks_ = 0;
};

}  // namespace sessiond
