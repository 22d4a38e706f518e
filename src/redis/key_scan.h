// KeyScan: every key that begins in a certain way, page by page, server after server, for an administrator who looks
// for what no index names. The daemon itself never scans.
//
// What is there from the beginning to the end is found, perhaps more than once; of what comes or goes meanwhile some.
// When other servers serve than before, it begins again by itself. A slot of a cluster that moves meanwhile, from a
// server that is yet to come to one that has been looked at, takes its keys past it: while slots move nobody can
// promise that all is found.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"
#include "redis/redis_access.h"
#include "redis/scan_cursor.h"
#include "session/session_store.h"

namespace sessiond {

/// Not thread-safe; waits for the server.
class KeyScan {
 public:
  /// Where it begins, and what comes behind the last page. In between: scan_cursor.h.
  static constexpr std::string_view kEnd = ScanCursor::kEnd;

  /// `client` must outlive it. `from`: cursor() of a scan that was cut off.
  KeyScan(RedisAccess& client, std::string prefix, std::string_view from = kEnd)
      : client_(client), prefix_(std::move(prefix)), cursor_(from) {}

  /// The next page, which may be empty; absent: there is no other.
  Expected<std::optional<std::vector<std::string>>, StoreError> next();

  /// Where it goes on; kEnd: that was all.
  const std::string& cursor() const { return cursor_; }
  /// How many keys of all kinds have been passed, about.
  std::uint64_t passed() const { return passed_; }
  /// How many there are; absent: the server does not say.
  std::optional<std::uint64_t> all();

  static constexpr std::uint64_t kPage = 512;

 private:
  RedisAccess& client_;
  const std::string prefix_;
  std::string cursor_;
  bool begun_ = false;
  std::uint64_t passed_ = 0;
};

}  // namespace sessiond
