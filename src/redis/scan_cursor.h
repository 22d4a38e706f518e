// ScanCursor: how far a scan of several servers has come, as a text that somebody can be given to go on from.
//
//   SERVERS:1:17     at the second server, whose own cursor is 17
//
// A server's cursor means nothing to another one, and its place in the list nothing in another list: after a failover,
// say. SERVERS is a sum of the names of all of them, in their order. A text that was not made for just these leads to
// the beginning, so that nothing is left out.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sessiond {

/// A plain value.
class ScanCursor {
 public:
  /// Where every scan begins, and what comes behind the last server.
  static constexpr std::string_view kEnd = "0";
  /// Leads to the beginning, and is not the end.
  static constexpr std::string_view kAgain = "again";

  /// REQUIRES: there is a server.
  ScanCursor(std::string_view text, const std::vector<std::string>& servers);

  std::size_t server() const { return server_; }
  /// That server's.
  const std::string& own() const { return own_; }
  /// Where it goes on when the server has answered with this cursor of its own.
  std::string next(std::string_view own) const;

 private:
  std::string sum_;
  std::size_t count_;
  std::size_t server_ = 0;
  std::string own_{kEnd};
};

}  // namespace sessiond
